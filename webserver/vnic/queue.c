/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A split virtqueue (VIRTIO 1.0, 2.4). Owns the order in which things become visible to the device; knows
 * nothing of packets.
 *
 * 1. A ring entry is written before the index that covers it.
 * 2. Between writing an index or flag that the device reads, and reading one that it writes in turn, there is
 * a full fence: else both sides may miss each other (a kick that is not made, an interrupt that never comes).
 */
#include "queue.h"

static void write_address(volatile uint32_t to[2], const volatile void *address)
{
    to[0] = (uint32_t)(uintptr_t)address;
    to[1] = (uint32_t)((uint64_t)(uintptr_t)address >> 32);
}

long queue_open(struct queue *queue, volatile struct virtio_common *common, uint16_t index, uint16_t vector,
                uint64_t notify, uint32_t notify_multiplier)
{
    uint16_t entries;

    common->queue_select = index;
    entries = common->queue_size;
    if (entries == 0)
        return SHOJI_ENOENT;
    if ((entries & (entries - 1)) != 0)
        return SHOJI_EINVAL;
    if (entries > QUEUE_ENTRIES_MAX) {
        entries = QUEUE_ENTRIES_MAX;
        common->queue_size = entries;
        if (common->queue_size != entries)
            return SHOJI_EINVAL;
    }
    common->queue_msix_vector = vector;
    if (common->queue_msix_vector != vector)
        return SHOJI_EINVAL;
    write_address(common->queue_desc, queue->desc);
    write_address(common->queue_driver, &queue->avail);
    write_address(common->queue_device, &queue->used);
    queue->bell =
        (volatile uint16_t *)(uintptr_t)(notify + (uint64_t)common->queue_notify_off * notify_multiplier);
    queue->index = index;
    queue->entries = entries;
    queue->mask = (uint16_t)(entries - 1);
    queue->put = queue->seen = 0;
    queue->avail.idx = queue->used.idx = queue->used.flags = 0;
    queue_interrupts(queue, false);
    common->queue_enable = 1;
    return SHOJI_OK;
}

void queue_put(struct queue *queue, uint16_t id)
{
    queue->avail.ring[queue->put++ & queue->mask] = id;
}

int32_t queue_unput(struct queue *queue)
{
    return queue->put == queue->avail.idx ? -1 : queue->avail.ring[--queue->put & queue->mask];
}

void queue_publish(struct queue *queue)
{
    __atomic_store_n(&queue->avail.idx, queue->put, __ATOMIC_RELEASE);
}

void queue_kick(struct queue *queue)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if ((queue->used.flags & VIRTQ_USED_NO_NOTIFY) == 0)
        *queue->bell = queue->index;
}

bool queue_next(struct queue *queue, uint32_t *id, uint32_t *length)
{
    const volatile struct virtq_used_elem *elem;

    if (queue_is_empty(queue))
        return false;
    elem = &queue->used.ring[queue->seen & queue->mask];
    *id = elem->id;
    *length = elem->length;
    queue->seen++;
    return true;
}

void queue_interrupts(struct queue *queue, bool on)
{
    queue->avail.flags = on ? 0 : VIRTQ_AVAIL_NO_INTERRUPT;
    if (on)
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
