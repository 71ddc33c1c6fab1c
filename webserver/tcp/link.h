/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's network interface over component ip. */
#ifndef TCP_LINK_H
#define TCP_LINK_H

#include "shoji/supervisor.h"

/* Starts lwIP with the one interface; `hardware` as ip_address returns it. */
long link_init(uint64_t hardware);
/* Feeds a packet, as ip_receive and ip_poll return it, to lwIP; its buffer goes back to ip as soon as lwIP
 * has let go of it. */
void link_input(uint64_t packet);

#endif
