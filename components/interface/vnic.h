/* SPDX-License-Identifier: BSD-2-Clause
 * Component 16: the network device as packets in the pool `net`, which is cut into buffers. */
#ifndef INTERFACE_VNIC_H
#define INTERFACE_VNIC_H
#include "shoji/supervisor.h"

#define VNIC_BUFFER_BYTES 2048u
#define VNIC_PACKET_AT 18u /* a packet begins here in its buffer; behind 14 bytes of Ethernet the IP header is aligned */

/* A packet is its buffer's number and its length, and one bit: TCP behind 20 bytes of IP, with the checksum of the pseudo header so
 * far; the device shall complete it. Up to VNIC_PACKETS of them, the first lowest, are passed in a word; the rest of it is 0. */
#define VNIC_PACKETS 3
#define VNIC_PACKET_BITS 21
#define VNIC_PACKET(number, bytes) ((uint64_t)(number) | (uint64_t)(bytes) << 9)
#define VNIC_SUM_TCP (1u << 20)
#define VNIC_FIRST(packets) ((uint32_t)(packets) & ((1u << VNIC_PACKET_BITS) - 1))
#define VNIC_NUMBER(packet) ((packet) & 511)
#define VNIC_BYTES(packet) ((packet) >> 9 & 2047)
#define VNIC_NET_BYTES (512 * VNIC_BUFFER_BYTES) /* a pool of this size has every buffer that a packet can name */
#define VNIC_OFFSET(packet) (VNIC_NUMBER(packet) * VNIC_BUFFER_BYTES + VNIC_PACKET_AT) /* in the pool */


/* The client begins (again): whatever buffers it had before are vnic's. Packets of the last vnic_receive that did not come back may
 * have been lost on their way: they are given once more. MAC, 48 bits, first octet lowest; or-ed with VNIC_SUMS. */
long vnic_open(void);
/* Takes back the packets in `done`, which vnic_receive gave, and blocks until there are new ones, whose buffers are the caller's from
 * then on. SHOJI_EPERM: one of `done` is not the caller's, nothing was taken back; SHOJI_EBUSY: somebody else waits. */
long vnic_receive(uint64_t done);
/* Buffers to send from, as packets of the greatest length, or SHOJI_EAGAIN. */
long vnic_buffers(void);
/* The packets are the device's from now on. As many buffers anew, or fewer, or 0. SHOJI_EINVAL: one that cannot be sent, or
 * VNIC_SUM_TCP without VNIC_SUMS; SHOJI_EPERM: one whose buffer is not the caller's. Then none was sent. */
long vnic_send(uint64_t packets);

/* The device makes TCP checksums, and knows of those received (VIRTIO 5.1.6). */
#define VNIC_SUMS (1l << 48)
/* So many bytes before a received packet is a byte of the device's; with one of these bits and VNIC_SUMS the checksum need not be looked at. */
#define VNIC_KNOWN_BEFORE 12
#define VNIC_KNOWN_GOOD 3

#endif
