/* SPDX-License-Identifier: BSD-2-Clause
 * Component 17: passes packets between tcp and vnic (TSE11 section 4.1.2: simulates an IP layer of its own). */
#ifndef INTERFACE_IP_H
#define INTERFACE_IP_H
#include "shoji/supervisor.h"

/* As those of vnic.h. */
long ip_address(void);
long ip_receive(void);
long ip_poll(void);
long ip_release(uint32_t offset);
long ip_buffer(void);
long ip_send(uint32_t offset, uint32_t bytes);

#endif
