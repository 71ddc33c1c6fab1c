/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's network interface over component ip. */
#ifndef TCP_LINK_H
#define TCP_LINK_H

#include <stdbool.h>

#include "shoji/supervisor.h"

/* Starts lwIP with the one interface; `hardware` as ip_open returns it. Neighbours of an earlier life are
 * known. */
long link_init(uint64_t hardware);
/* Ip, or vnic below it, has failed: it is to be opened again, before the next ip_receive. */
extern bool link_failed;
/* How many packets link_flush would send. */
extern unsigned link_waiting;
/* Feeds packets, as ip_receive returns them, to lwIP. If ip has failed meanwhile they are dropped, and it is
 * opened again: they come once more, if they can. */
void link_input(uint64_t packets);
/* Those fed last, to go back with the next ip_receive. */
uint64_t link_done(void);
/* Sends what lwIP gave out and waits here for company: whoever calls lwIP does this before others may. */
void link_flush(void);
/* Ip, or vnic below it, has failed, and may not know what is whose: all packets here are dropped, and what
 * peers have not acknowledged is sent again, now and not only when its time is over. If ip cannot be opened
 * yet, the link is a failed one still. */
void link_reopen(void);
/* A component has failed: the link has, if it was ip or vnic. */
void link_look(void);

#endif
