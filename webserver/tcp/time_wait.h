/* SPDX-License-Identifier: BSD-2-Clause
 * Connections in TIME_WAIT, kept from becoming a burden. */
#ifndef TCP_TIME_WAIT_H
#define TCP_TIME_WAIT_H

#include "lwip/pbuf.h"

/* Looks at a received Ethernet frame before lwIP does: a SYN that opens a connection anew ends the one in
 * TIME_WAIT. */
void time_wait_look(const struct pbuf *frame);
/* Keeps the newest TIME_WAIT_MAX. */
void time_wait_trim(void);

#endif
