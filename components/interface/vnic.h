/* SPDX-License-Identifier: BSD-2-Clause
 * Component 16: the network device as packets in the pool `net` (2 KiB buffers). */
#ifndef INTERFACE_VNIC_H
#define INTERFACE_VNIC_H
#include "shoji/supervisor.h"

/* A packet is an offset into pool `net` and a length: length << 32 | offset. */
long vnic_address(void);                        /* MAC, 48 bits, first octet lowest; or-ed with VNIC_SUMS */
long vnic_receive(void);                        /* blocks until there is one; the buffer is the caller's until released */
long vnic_poll(void);                           /* the same without blocking: SHOJI_EAGAIN */
long vnic_release(uint32_t offset);             /* gives a received buffer back */
long vnic_buffer(void);                         /* a free transmit buffer's offset, or SHOJI_EAGAIN */
long vnic_send(uint32_t offset, uint32_t bytes); /* the buffer is the device's from now on; bytes may be or-ed with VNIC_SUM_TCP */

/* The device makes TCP checksums, and knows of those received (VIRTIO 5.1.6). */
#define VNIC_SUMS (1l << 48)
/* TCP behind 20 bytes of IP, and its checksum is that of the pseudo header so far. SHOJI_EINVAL without VNIC_SUMS. */
#define VNIC_SUM_TCP (1u << 31)
/* So many bytes before a received packet is a byte of the device's; with one of these bits and VNIC_SUMS the checksum need not be looked at. */
#define VNIC_KNOWN_BEFORE 12
#define VNIC_KNOWN_GOOD 3

#endif
