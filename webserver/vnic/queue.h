/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A split virtqueue: the descriptors are the caller's to fill in, the two rings are kept here. Addresses are
 * DMA addresses.
 */
#ifndef VNIC_QUEUE_H
#define VNIC_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "shoji/status.h"
#include "virtio.h"

#define QUEUE_ENTRIES_MAX 256

struct queue {
    /* shared with the device, laid out as VIRTIO 2.4 wants it */
    struct virtq_desc desc[QUEUE_ENTRIES_MAX] __attribute__((aligned(16)));
    struct {
        volatile uint16_t flags, idx, ring[QUEUE_ENTRIES_MAX];
    } avail __attribute__((aligned(2)));
    struct {
        volatile uint16_t flags, idx;
        volatile struct virtq_used_elem ring[QUEUE_ENTRIES_MAX];
    } used __attribute__((aligned(4)));
    /* the driver's own */
    volatile uint16_t *bell;
    uint16_t index, entries, mask;
    uint16_t put; /* avail.idx, and what the device does not know of yet */
    uint16_t seen;      /* used entries up to here have been looked at */
};

/* Tells the device about queue number `index`; the device signals it by MSI-X table entry `vector` or
 * VIRTIO_NO_VECTOR. `notify` is the notification structure. Interrupts are off. SHOJI_ENOENT: the device has
 * no such queue; SHOJI_EINVAL: it refuses. Both rings begin empty. */
long queue_open(struct queue *queue, volatile struct virtio_common *common, uint16_t index, uint16_t vector,
                uint64_t notify, uint32_t notify_multiplier);
/* The chain that begins at descriptor `id` is to go to the device, at the next queue_publish. */
void queue_put(struct queue *queue, uint16_t id);
/* Takes the last one put, and not yet published, out again: its id; -1: there is none. */
int32_t queue_unput(struct queue *queue);
/* Hands all that was put to the device. */
void queue_publish(struct queue *queue);
/* Rings the bell if the device wants it. */
void queue_kick(struct queue *queue);
/* Whether the device is done with no further chain. */
static inline bool queue_is_empty(const struct queue *queue)
{
    return __atomic_load_n(&queue->used.idx, __ATOMIC_ACQUIRE) == queue->seen;
}
/* The next chain that the device is done with, if there is one. Neither id nor length has been checked. */
bool queue_next(struct queue *queue, uint32_t *id, uint32_t *length);
/* Whether the device shall interrupt when it is done with a chain. After switching it on, look again. */
void queue_interrupts(struct queue *queue, bool on);

#endif
