/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See peers.h. Owns what tcp keeps for its next life.
 *
 * 1. What was kept is to be doubted: numbers are checked, and addresses are only ever written to.
 * 2. A peer is asked once. It is in `met` while it is connected, in `left` from the failure on until it is
 * asked; a life that fails before it has asked all leaves the others to the next one.
 */
#include "peers.h"

#include <stddef.h>
#include <string.h>

#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/etharp.h"
#include "runtime.h"

#define NEIGHBOURS 4
#define ARP_BYTES (SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR)

struct peer {
    uint32_t address; /* 0: none */
    uint16_t port, local_port;
};

static struct {
    struct peer met[TCP_CONNECTIONS], left[TCP_CONNECTIONS];
    struct {
        uint8_t frame[ARP_BYTES];
        bool heard;
    } neighbours[NEIGHBOURS]; /* the newest takes the place of the oldest, or of one of the same address */
    unsigned next;
    uint16_t ports[PEERS_PORTS];
} kept RUNTIME_KEPT;

void peer_met(unsigned number, const struct tcp_pcb *pcb)
{
    kept.met[number] = (struct peer){ip4_addr_get_u32(&pcb->remote_ip), pcb->remote_port, pcb->local_port};
}

void peer_left(unsigned number)
{
    kept.met[number].address = 0;
}

void port_met(unsigned number, uint16_t port)
{
    kept.ports[number] = port;
}

uint16_t port_inherited(unsigned number)
{
    return kept.ports[number];
}

static const void *sender_of(const void *frame)
{
    return (const char *)frame + SIZEOF_ETH_HDR + offsetof(struct etharp_hdr, sipaddr);
}

void neighbour_heard(const void *frame, uint32_t bytes)
{
    unsigned place = 0;

    if (bytes < ARP_BYTES || ((const struct eth_hdr *)frame)->type != PP_HTONS(ETHTYPE_ARP))
        return;
    while (place < NEIGHBOURS && (!kept.neighbours[place].heard ||
                                  memcmp(sender_of(kept.neighbours[place].frame), sender_of(frame), 4) != 0))
        place++;
    if (place == NEIGHBOURS)
        place = kept.next++ % NEIGHBOURS;
    memcpy(kept.neighbours[place].frame, frame, ARP_BYTES);
    kept.neighbours[place].heard = true;
}

void *neighbour_next(unsigned *at, uint32_t *bytes)
{
    while (*at < NEIGHBOURS) {
        unsigned i = (*at)++;

        *bytes = ARP_BYTES;
        if (kept.neighbours[i].heard)
            return kept.neighbours[i].frame;
    }
    return NULL;
}

void peers_inherit(void)
{
    unsigned place = 0;

    for (unsigned number = 0; number < TCP_CONNECTIONS; number++) {
        while (place < TCP_CONNECTIONS && kept.left[place].address != 0)
            place++;
        if (kept.met[number].address != 0 && place < TCP_CONNECTIONS)
            kept.left[place] = kept.met[number];
        kept.met[number].address = 0;
    }
}

/* An acknowledgement of nothing, from nowhere: only who expects just this number takes it for a good one. */
static err_t peer_ask(const struct peer *peer)
{
    struct tcp_pcb pcb = {.ttl = TCP_TTL, .local_port = peer->local_port, .remote_port = peer->port};

    pcb.local_ip = *netif_ip4_addr(netif_default);
    ip4_addr_set_u32(&pcb.remote_ip, peer->address);
    return tcp_keepalive(&pcb);
}

bool peers_ask(void)
{
    for (struct peer *peer = kept.left; peer < kept.left + TCP_CONNECTIONS; peer++) {
        if (peer->address == 0)
            continue;
        if (peer_ask(peer) == ERR_MEM)
            return false;
        peer->address = 0;
    }
    return true;
}
