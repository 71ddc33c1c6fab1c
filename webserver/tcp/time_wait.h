/* SPDX-License-Identifier: BSD-2-Clause
 * Connections in TIME_WAIT, kept from becoming a burden. */
#ifndef TCP_TIME_WAIT_H
#define TCP_TIME_WAIT_H

#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"

/* For a SYN that lwIP has not seen yet: if it opens a connection anew, the one in TIME_WAIT ends. */
void time_wait_reopen(const struct ip_hdr *ip, const struct tcp_hdr *syn);
/* Keeps the newest TIME_WAIT_MAX. */
void time_wait_trim(void);

#endif
