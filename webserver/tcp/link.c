/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lwIP's network interface over component ip. A received packet is not copied: a pbuf of ours points to it. A
 * packet to send is gathered into one of ip's buffers, and its checksum is made there. Packets go to and from
 * ip several at a time. Owns the interface, the pbuf for a received packet, and the packets that are here.
 *
 * 1. lwIP frees a received pbuf before link_input returns (nothing is queued, see lwipopts.h). So one is
 * enough, and what came with one ip_receive goes back with the next.
 * 2. Packets to send and free buffers are together at most VNIC_PACKETS: buffers are asked for only when
 * there is neither, and a send brings no more than it took.
 * 3. link_failed: ip, or vnic below it, has begun anew since it was opened, or is about to. What was on its
 * way to the network is lost, perhaps, and is sent again when ip is opened; what was on its way here vnic
 * gives again (vnic.h).
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
#include "peers.h"
#include "runtime.h"
#include "sums.h"
#include "time_wait.h"
#include "vnic.h"

#define FRAME_MAX 1514

/* Expands ADDRESS and the like to four numbers before IP4_ADDR counts them. */
#define SET_ADDRESS(to, ...) IP4_ADDR(to, __VA_ARGS__)

extern char pool_net[], pool_net_end[];

static struct pbuf_custom frame_pbuf;
static bool frame_out; /* lwIP has it */
static struct netif netif;
static bool sums;     /* the device helps with TCP's checksums */
static uint64_t done; /* received, and not given back */
static uint64_t to_send, buffers;
unsigned link_waiting; /* how many of to_send there are */
bool link_failed;

static void frame_freed(struct pbuf *pbuf)
{
    (void)pbuf;
    frame_out = false;
}

/* Whether lwIP shall see the frame: not a SYN for which there is no room. Dropped, it comes again when there
 * may be; lwIP would answer it and then have to reset the connection. */
static bool frame_admitted(const char *frame, uint32_t bytes)
{
    const struct eth_hdr *ethernet = (const void *)frame;
    const struct ip_hdr *ip = (const void *)(frame + SIZEOF_ETH_HDR);
    const struct tcp_hdr *tcp = (const void *)(frame + SIZEOF_ETH_HDR + IP_HLEN);

    if (ethernet->type != PP_HTONS(ETHTYPE_IP)) {
        neighbour_heard(frame, bytes);
        return true;
    }
    if (bytes < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN || IPH_PROTO(ip) != IP_PROTO_TCP ||
        IPH_HL_BYTES(ip) != IP_HLEN || (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
        return true;
    time_wait_reopen(ip, tcp);
    return connections_admit();
}

static void frame_feed(char *frame, uint32_t bytes)
{
    struct pbuf *pbuf;

    frame_out = true;
    pbuf = pbuf_alloced_custom(PBUF_RAW, (u16_t)bytes, PBUF_REF, &frame_pbuf, frame, (u16_t)bytes);
    if (netif.input(pbuf, &netif) != ERR_OK)
        pbuf_free(pbuf);
    if (frame_out)
        runtime_panic("lwIP keeps a packet", __FILE__, __LINE__);
}

static void frame_input(char *frame, uint32_t bytes)
{
    if (frame_admitted(frame, bytes) &&
        ((sums && frame[-VNIC_KNOWN_BEFORE] & VNIC_KNOWN_GOOD) || sums_good(frame, bytes)))
        frame_feed(frame, bytes);
}

void link_input(uint64_t packets)
{
    if (link_failed) { /* vnic may have given the buffers to others */
        link_reopen();
        return;
    }
    done = packets;
    for (; packets; packets >>= VNIC_PACKET_BITS) {
        uint32_t packet = VNIC_FIRST(packets);

        if (VNIC_BYTES(packet) <= FRAME_MAX)
            frame_input(pool_net + VNIC_OFFSET(packet), VNIC_BYTES(packet));
    }
}

uint64_t link_done(void)
{
    uint64_t packets = done;

    done = 0;
    return packets;
}

void link_flush(void)
{
    long got;

    if (link_waiting == 0)
        return;
    got = ip_send(to_send);
    link_failed |= got < 0;
    for (; got > 0; got >>= VNIC_PACKET_BITS)
        buffers = buffers << VNIC_PACKET_BITS | VNIC_FIRST((uint64_t)got);
    to_send = 0;
    link_waiting = 0;
}

void link_reopen(void)
{
    done = to_send = buffers = 0;
    link_waiting = 0;
    link_failed = ip_open() < 0;
    if (!link_failed)
        connections_resend();
}

/* Gates to who has failed are closed, so that a call that changes nothing tells. */
void link_look(void)
{
    link_failed |= ip_send(0) == SHOJI_EFAULT;
}

/* A buffer for sending, or 0. */
static uint32_t buffer_take(void)
{
    uint32_t packet;

    if (buffers == 0)
        link_flush();
    if (buffers == 0) {
        long got = ip_buffers();

        buffers = got > 0 ? (uint64_t)got : 0;
    }
    packet = VNIC_FIRST(buffers);
    buffers >>= VNIC_PACKET_BITS;
    return packet;
}

static err_t frame_send(struct netif *to, struct pbuf *chain)
{
    uint32_t packet;
    char *at;
    bool tcp;

    (void)to;
    if (chain->tot_len > FRAME_MAX)
        return ERR_BUF;
    packet = buffer_take();
    if (packet == 0)
        return ERR_MEM;
    at = pool_net + VNIC_OFFSET(packet);
    for (const struct pbuf *part = chain; part != NULL; part = part->next) {
        fast_copy(at, part->payload, part->len);
        at += part->len;
    }
    tcp = sums_make(pool_net + VNIC_OFFSET(packet), chain->tot_len, sums);
    to_send |= (VNIC_PACKET(VNIC_NUMBER(packet), chain->tot_len) | (tcp && sums ? VNIC_SUM_TCP : 0))
               << link_waiting++ * VNIC_PACKET_BITS;
    return ERR_OK;
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
    uint32_t bytes;
    char *heard;

    if ((uint64_t)(pool_net_end - pool_net) < VNIC_NET_BYTES)
        return SHOJI_EMEMORY;
    frame_pbuf.custom_free_function = frame_freed;
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
    for (unsigned at = 0; (heard = neighbour_next(&at, &bytes)) != NULL;)
        frame_feed(heard, bytes);
    return SHOJI_OK;
}
