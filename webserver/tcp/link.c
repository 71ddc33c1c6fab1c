/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lwIP's network interface over component ip. A received packet is not copied: a pbuf of ours points to it. A
 * packet to send is gathered into one of ip's buffers, and its checksum is made there. Owns the interface and
 * the few pbufs for received packets.
 *
 * 1. Every buffer that ip gave is given back exactly once: when lwIP frees the pbuf, or at once if there is
 * no pbuf.
 * 2. lwIP frees a received pbuf before link_input returns (nothing is queued, see lwipopts.h); FRAMES allows
 * for surprises.
 */
#include "link.h"

#include <stdbool.h>

#include "address.h"
#include "connection.h"
#include "fast.h"
#include "ip.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "netif/ethernet.h"
#include "sums.h"
#include "time_wait.h"
#include "vnic.h"

#define FRAMES 8
#define FRAME_MAX 1514

/* Expands ADDRESS and the like to four numbers before IP4_ADDR counts them. */
#define SET_ADDRESS(to, ...) IP4_ADDR(to, __VA_ARGS__)

extern char pool_net[], pool_net_end[];

struct frame {
    struct pbuf_custom pbuf; /* first: lwIP hands it back */
    uint32_t offset;
    struct frame *next;
};

static struct frame frames[FRAMES];
static struct frame *frames_free;
static struct netif netif;
static bool sums; /* the device helps with TCP's checksums */

static bool in_pool(uint64_t offset, uint64_t bytes)
{
    uint64_t pool = (uint64_t)(pool_net_end - pool_net);

    return offset < pool && bytes <= pool - offset;
}

static void frame_freed(struct pbuf *pbuf)
{
    struct frame *frame = (struct frame *)pbuf;

    frame->next = frames_free;
    frames_free = frame;
    (void)ip_release(frame->offset); /* an ip that does not take its own buffer back cannot be helped */
}

/* Whether lwIP shall see the frame: not a SYN for which there is no room. Dropped, it comes again when there
 * may be; lwIP would answer it and then have to reset the connection. */
static bool frame_admitted(const char *frame, uint32_t bytes)
{
    const struct eth_hdr *ethernet = (const void *)frame;
    const struct ip_hdr *ip = (const void *)(frame + SIZEOF_ETH_HDR);
    const struct tcp_hdr *tcp = (const void *)(frame + SIZEOF_ETH_HDR + IP_HLEN);

    if (bytes < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN || ethernet->type != PP_HTONS(ETHTYPE_IP) ||
        IPH_PROTO(ip) != IP_PROTO_TCP || IPH_HL_BYTES(ip) != IP_HLEN ||
        (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
        return true;
    time_wait_reopen(ip, tcp);
    return connections_admit();
}

void link_input(uint64_t packet)
{
    uint32_t offset = (uint32_t)packet, bytes = (uint32_t)(packet >> 32);
    struct frame *frame = frames_free;
    struct pbuf *pbuf;

    if (frame == NULL || offset < VNIC_KNOWN_BEFORE || !in_pool(offset, bytes) || bytes > FRAME_MAX ||
        !frame_admitted(pool_net + offset, bytes)) {
        (void)ip_release(offset);
        return;
    }
    if (!(sums && pool_net[offset - VNIC_KNOWN_BEFORE] & VNIC_KNOWN_GOOD) &&
        !sums_good(pool_net + offset, bytes)) {
        (void)ip_release(offset);
        return;
    }
    frames_free = frame->next;
    frame->offset = offset;
    pbuf =
        pbuf_alloced_custom(PBUF_RAW, (u16_t)bytes, PBUF_REF, &frame->pbuf, pool_net + offset, (u16_t)bytes);
    if (netif.input(pbuf, &netif) != ERR_OK)
        pbuf_free(pbuf);
}

static err_t frame_send(struct netif *to, struct pbuf *chain)
{
    long offset;
    char *at;
    bool tcp;

    (void)to;
    if (chain->tot_len > FRAME_MAX)
        return ERR_BUF;
    offset = ip_buffer();
    if (offset < 0)
        return ERR_MEM;
    if (!in_pool((uint64_t)offset, chain->tot_len))
        return ERR_IF;
    at = pool_net + offset;
    for (const struct pbuf *part = chain; part != NULL; part = part->next) {
        fast_copy(at, part->payload, part->len);
        at += part->len;
    }
    tcp = sums_make(pool_net + offset, chain->tot_len, sums);
    return ip_send((uint32_t)offset, chain->tot_len | (tcp && sums ? VNIC_SUM_TCP : 0)) == SHOJI_OK ? ERR_OK
                                                                                                    : ERR_IF;
}

static err_t netif_open(struct netif *to)
{
    const uint64_t *hardware = to->state;

    to->name[0] = 'n';
    to->name[1] = '0';
    to->mtu = 1500;
    to->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    to->hwaddr_len = ETH_HWADDR_LEN;
    for (int i = 0; i < ETH_HWADDR_LEN; i++)
        to->hwaddr[i] = (u8_t)(*hardware >> (8 * i));
    to->output = etharp_output;
    to->linkoutput = frame_send;
    return ERR_OK;
}

long link_init(uint64_t hardware)
{
    ip4_addr_t address, netmask, gateway;

    for (int i = 0; i < FRAMES; i++) {
        frames[i].pbuf.custom_free_function = frame_freed;
        frames[i].next = frames_free;
        frames_free = &frames[i];
    }
    sums = (hardware & VNIC_SUMS) != 0;
    lwip_init();
    SET_ADDRESS(&address, ADDRESS);
    SET_ADDRESS(&netmask, NETMASK);
    SET_ADDRESS(&gateway, GATEWAY);
    if (netif_add(&netif, &address, &netmask, &gateway, &hardware, netif_open, ethernet_input) == NULL)
        return SHOJI_EINVAL;
    netif.state = NULL;
    netif_set_default(&netif);
    netif_set_link_up(&netif);
    netif_set_up(&netif); /* announces the address */
    return SHOJI_OK;
}
