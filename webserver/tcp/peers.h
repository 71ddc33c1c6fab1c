/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is connected, beyond a failure of this component. Its connections end with it, but their peers do not
 * know that: one that has sent all it wants to, and waits for an answer, would wait for ever. So the next
 * life asks each of them something that it cannot accept. A peer answers that with what it expects (RFC
 * 9293, 3.10.7.4), and to that lwIP, which knows of no such connection, says that there is none.
 */
#ifndef TCP_PEERS_H
#define TCP_PEERS_H

#include <stdbool.h>

#include "lwip/tcp.h"

/* Connection `number`, below TCP_CONNECTIONS, has begun; is over. */
void peer_met(unsigned number, const struct tcp_pcb *pcb);
void peer_left(unsigned number);

/* Somebody listens on a port of this number, below PEERS_PORTS. Clients of the next life ask for it again,
 * but peers that come meanwhile are not to be refused. */
#define PEERS_PORTS MEMP_NUM_TCP_PCB_LISTEN
void port_met(unsigned number, uint16_t port);
/* 0: there was none. */
uint16_t port_inherited(unsigned number);

/* A packet that is not IP has come: if it is ARP's, the next life hears it once more, and so knows where its
 * peers are before it has to ask. */
void neighbour_heard(const void *frame, uint32_t bytes);
/* The next such packet, or NULL; `*at` is 0 before the first one. */
void *neighbour_next(unsigned *at, uint32_t *bytes);

/* Once, before connections are: those that there are were an earlier life's. */
void peers_inherit(void);
/* Asks them. False: the network took no more for now, and there are others. */
bool peers_ask(void);

#endif
