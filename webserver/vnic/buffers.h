/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where things are in pool `net`. The pool is cut into 2 KiB buffers, those for receiving first, then those
 * for sending. Nothing of them is this component's: it may neither read nor write them. By offset in a
 * buffer:
 *
 *      0   4   6               18        32        52        72                    1532      2048
 *      |   |   | device header | Ethernet | IP      | TCP     | payload ...          |         |
 *      |   |<---------------- receiving: the device writes ------------------------->|         |
 *      |                   |<- 16: sending: the device reads ------------------------>|         |
 *
 * A packet begins BUFFER_ROOM bytes into its buffer, so that the IP header behind the 14 bytes of Ethernet is
 * aligned. Rights are for words: so they begin 2 bytes early.
 */
#ifndef VNIC_BUFFERS_H
#define VNIC_BUFFERS_H

#include <stdint.h>

#include "queue.h"
#include "virtio.h"
#include "vnic.h"

#define BUFFER_BYTES VNIC_BUFFER_BYTES
#define BUFFER_ROOM VNIC_PACKET_AT
#define HEADER_ROOM (BUFFER_ROOM - VIRTIO_NET_HDR_BYTES)
#define PACKET_MIN 14u   /* an Ethernet header */
#define PACKET_MAX 1514u /* the same and an MTU of 1500 */
#define RX_BYTES (VIRTIO_NET_HDR_BYTES + PACKET_MAX)

#define RX_BUFFERS QUEUE_ENTRIES_MAX
#define TX_BUFFERS (QUEUE_ENTRIES_MAX / 2)
#define TX_FIRST ((uint32_t)RX_BUFFERS * BUFFER_BYTES) /* offset of the first transmit buffer, number RX_BUFFERS */
#define NET_BYTES (TX_FIRST + (uint32_t)TX_BUFFERS * BUFFER_BYTES)

/* The words that the device is given of a buffer, [from, BUFFER_WORDS_END). */
#define RX_WORDS_FROM (HEADER_ROOM & ~3u)
#define TX_WORDS_FROM (BUFFER_ROOM & ~3u)
#define BUFFER_WORDS_END ((BUFFER_ROOM + PACKET_MAX + 3) & ~3u)
_Static_assert((BUFFER_ROOM + 14) % 4 == 0, "the IP header is aligned");
_Static_assert(BUFFER_WORDS_END <= BUFFER_BYTES, "a packet fits into its buffer");

#endif
