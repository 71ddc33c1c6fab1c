/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A network card as a driver without scruples sees it (VIRTIO 1.0): two queues of QUEUE descriptors, 0 for
 * receiving, 1 for sending, whose memory the caller chooses word by word. Numbers and features are whatever
 * it says.
 */
#ifndef ATTACKS_VIRTIO_H
#define ATTACKS_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE 8u
enum { RECEIVING, SENDING };
#define NEXT 1u /* flags of a descriptor */
#define WRITE 2u
#define INDIRECT 4u

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};
#define DESCRIPTORS_BYTES (QUEUE * 16)
#define AVAIL_BYTES 20u /* flags, idx, ring[QUEUE], in words */
#define USED_BYTES (4 + QUEUE * 8)

struct net {
    uint16_t requester;
    uint64_t common, notify, config;
    uint32_t multiplier;
    uint64_t descriptors[2], avail[2], used[2]; /* where the rings are */
    uint16_t published[2];
};

/* The n-th card of bus 0, from 0. It may access memory from now on. */
bool net_find(unsigned n, struct net *net);
/* It stops; what it was doing is over. */
void net_reset(struct net *net);
/* From reset to running, with the rings where *net says; they are zeroed by whoever owns them. features: bits
 * 0 to 31. */
void net_start(struct net *net, uint32_t features);
void net_describe(const struct net *net, unsigned queue, unsigned n, struct descriptor descriptor);
/* Chain `head` is the device's; the bell. */
void net_publish(struct net *net, unsigned queue, uint16_t head);
void net_kick(const struct net *net, unsigned queue);
uint16_t net_used(const struct net *net, unsigned queue); /* chains that it is done with */
uint64_t net_registers(const struct net *net);            /* address of some of its registers */

#endif
