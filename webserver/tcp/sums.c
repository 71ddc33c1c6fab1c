/* SPDX-License-Identifier: BSD-2-Clause */
#include "sums.h"

#include "fast.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"

/* The segment in the frame, behind `ip`, and its length; 0: none that lwIP would take. */
static uint32_t segment_of(const char *frame, uint32_t bytes, const struct ip_hdr **ip)
{
    uint32_t head, all;

    *ip = (const void *)(frame + SIZEOF_ETH_HDR);
    if (bytes < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN ||
        ((const struct eth_hdr *)frame)->type != PP_HTONS(ETHTYPE_IP) || IPH_PROTO(*ip) != IP_PROTO_TCP)
        return 0;
    head = IPH_HL_BYTES(*ip);
    all = lwip_ntohs(IPH_LEN(*ip));
    return head >= IP_HLEN && all >= head + TCP_HLEN && all <= bytes - SIZEOF_ETH_HDR ? all - head : 0;
}

static uint16_t folded(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* Of the pseudo header, not folded. */
static uint64_t pseudo_sum(const struct ip_hdr *ip, uint32_t segment)
{
    return (uint64_t)ip->src.addr + ip->dest.addr + PP_HTONS(IP_PROTO_TCP) + lwip_htons((uint16_t)segment);
}

bool sums_good(const char *frame, uint32_t bytes)
{
    const struct ip_hdr *ip;
    uint32_t segment = segment_of(frame, bytes, &ip);

    return segment == 0 || folded(pseudo_sum(ip, segment) +
                                  fast_checksum((const char *)ip + IPH_HL_BYTES(ip), (int)segment)) == 0xffff;
}

bool sums_make(char *frame, uint32_t bytes, bool device)
{
    const struct ip_hdr *ip;
    uint32_t segment = segment_of(frame, bytes, &ip);
    struct tcp_hdr *tcp = (void *)(frame + SIZEOF_ETH_HDR + IP_HLEN); /* we send no options */

    if (segment == 0)
        return false;
    tcp->chksum = 0;
    if (device)
        tcp->chksum = folded(pseudo_sum(ip, segment));
    else
        tcp->chksum = (uint16_t)~folded(pseudo_sum(ip, segment) + fast_checksum(tcp, (int)segment));
    return true;
}
