/* SPDX-License-Identifier: BSD-2-Clause
 * Component 16: the network device as packets in the pool `net` (2 KiB buffers). */
#ifndef INTERFACE_VNIC_H
#define INTERFACE_VNIC_H
#include "shoji/supervisor.h"

/* A packet is an offset into pool `net` and a length: length << 32 | offset. */
long vnic_address(void);                        /* MAC, 48 bits, first octet lowest */
long vnic_receive(void);                        /* blocks until there is one; the buffer is the caller's until released */
long vnic_poll(void);                           /* the same without blocking: SHOJI_EAGAIN */
long vnic_release(uint32_t offset);             /* gives a received buffer back */
long vnic_buffer(void);                         /* a free transmit buffer's offset, or SHOJI_EAGAIN */
long vnic_send(uint32_t offset, uint32_t bytes); /* the buffer is the device's from now on */

#endif
