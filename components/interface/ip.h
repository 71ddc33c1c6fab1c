/* SPDX-License-Identifier: BSD-2-Clause
 * Component 17: passes packets between tcp and vnic (TSE11 section 4.1.2: simulates an IP layer of its own). */
#ifndef INTERFACE_IP_H
#define INTERFACE_IP_H
#include "shoji/supervisor.h"

/* As those of vnic.h. SHOJI_EINVAL: also packets to send or received that are of no length that Ethernet carries. */
long ip_open(void);
long ip_receive(uint64_t done);
long ip_buffers(void);
long ip_send(uint64_t packets);

#endif
