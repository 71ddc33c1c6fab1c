/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 16: the virtio network device as packets in pool `net`. Owns the device, its two queues (in this
 * component's memory: the device's addresses are the processor's) and which of the pool's buffers (buffers.h)
 * is whose. It has no right to the pool: the device moves the bytes, and has rights of its own
 * (device_rights).
 *
 * 1. A buffer is with the device, with the caller, or (sending) free, or (receiving) about to be the
 * caller's; only the functions here move it, and only on from where it is.
 * 2. Receive buffer i has descriptor i; transmit buffer i has descriptors 2i (a header in our memory: one for
 * all, or one for all whose TCP checksum the device completes) and 2i + 1. So a descriptor never changes
 * after component_init, but for the length of what is sent, and which header.
 * 3. What the device says (id, length) is checked like what a caller says. A wrong id is dropped.
 * 4. Transmit interrupts are never on, receive interrupts only while vnic_receive is about to block.
 * 5. What belongs to receiving is under rx_mutex, what belongs to sending under tx_mutex. Nobody blocks with
 * either, and the bell is rung without: it often brings an interrupt, and with it a thread of higher priority
 * that wants to receive or send.
 * 6. Packets on their way to a caller that fails, or by way of one, may never have arrived. So those that
 * were given last, and have not come back, are given once more after vnic_open, before any other; and not a
 * third time, in case it is one of them that the caller fails of. Meanwhile their place is AGAIN.
 * 7. The rings outlive a failure of this component, and with them what the device had received and nobody has
 * looked at: it is given AGAIN. The device has been stopped by then. What cannot be true of them is dropped.
 */
#include <stdbool.h>

#include "buffers.h"
#include "export.h"
#include "mutex.h"
#include "queue.h"
#include "runtime.h"
#include "scheduler.h"
#include "vnic.h"

enum { QUEUE_RX = 0, QUEUE_TX = 1 };
enum place { FREE, DEVICE, CALLER, AGAIN };

extern char pool_net[], pool_net_end[];

static struct mutex rx_mutex = MUTEX_FREE, tx_mutex = MUTEX_FREE;
static struct sup_device device;
static uint64_t address;

static struct queue queues[2] RUNTIME_KEPT;
static struct queue *const rx = &queues[QUEUE_RX], *const tx = &queues[QUEUE_TX];
static uint8_t rx_place[RX_BUFFERS], tx_place[TX_BUFFERS];
static uint8_t tx_free[TX_BUFFERS];
static uint32_t rx_count, tx_count, tx_free_count;
static uint64_t handed RUNTIME_KEPT; /* what vnic_receive gave last; 0: it was given once more */
static uint32_t again[RX_BUFFERS];   /* packets that are given once more, in their order */
static uint32_t again_from, again_end;
static bool waiting; /* a thread is in vnic_receive, beyond the first look */
static bool sums;    /* the device completes checksums, and says which it knows */
enum { HEADER_PLAIN, HEADER_SUM_TCP, HEADERS };
static const struct virtio_net_hdr tx_headers[HEADERS] __attribute__((aligned(4))) = {
    [HEADER_SUM_TCP] = {.flags = VIRTIO_NET_HDR_NEEDS_CSUM, .csum_start = 14 + 20, .csum_offset = 16},
};
_Static_assert(VNIC_KNOWN_GOOD == (VIRTIO_NET_HDR_NEEDS_CSUM | VIRTIO_NET_HDR_DATA_VALID) &&
                   VNIC_KNOWN_BEFORE == VIRTIO_NET_HDR_BYTES,
               "what vnic.h says of the byte before a packet");

/* ---- Receiving ---- */

/* The next packet received, or 0. */
static uint64_t rx_next(void)
{
    uint32_t id, length;

    while (queue_next(rx, &id, &length)) {
        if (id >= rx_count || rx_place[id] != DEVICE)
            continue;
        if (length < VIRTIO_NET_HDR_BYTES + PACKET_MIN || length > VIRTIO_NET_HDR_BYTES + PACKET_MAX) {
            queue_put(rx, (uint16_t)id);
            queue_publish(rx);
            queue_kick(rx);
            continue;
        }
        rx_place[id] = CALLER;
        return VNIC_PACKET(id, length - VIRTIO_NET_HDR_BYTES);
    }
    return 0;
}

/* The packet is to be given once more, if that can be. */
static void again_add(uint32_t packet, enum place from)
{
    uint32_t id = VNIC_NUMBER(packet);

    if (id >= RX_BUFFERS || rx_place[id] != from || VNIC_BYTES(packet) - PACKET_MIN > PACKET_MAX - PACKET_MIN)
        return;
    rx_place[id] = AGAIN;
    again[again_end++] = packet;
}

static __attribute__((cold, noinline)) uint64_t again_take(void)
{
    uint64_t packets = 0;

    for (unsigned i = 0; i < VNIC_PACKETS && again_from < again_end; i++) {
        uint32_t packet = again[again_from++];

        rx_place[VNIC_NUMBER(packet)] = CALLER;
        packets |= (uint64_t)packet << i * VNIC_PACKET_BITS;
    }
    if (again_from == again_end)
        again_from = again_end = 0;
    return packets;
}

static __attribute__((noinline)) long rx_take_some(void)
{
    uint64_t packets = 0, packet;

    if (again_end != 0) {
        handed = 0;
        return (long)again_take();
    }
    for (unsigned i = 0; i < VNIC_PACKETS && (packet = rx_next()) != 0; i++)
        packets |= packet << i * VNIC_PACKET_BITS;
    handed = packets;
    return packets != 0 ? (long)packets : SHOJI_EAGAIN;
}

static inline __attribute__((always_inline)) long rx_take(void)
{
    if (again_end != 0 || !queue_is_empty(rx))
        return rx_take_some();
    handed = 0;
    return SHOJI_EAGAIN;
}

/* All or none. */
static long rx_put(uint64_t packets)
{
    int32_t back;

    for (; packets; packets >>= VNIC_PACKET_BITS) {
        uint32_t id = VNIC_NUMBER((uint32_t)packets);

        if (id >= rx_count || rx_place[id] != CALLER) {
            while ((back = queue_unput(rx)) >= 0)
                rx_place[back] = CALLER;
            return SHOJI_EPERM;
        }
        rx_place[id] = DEVICE;
        queue_put(rx, (uint16_t)id);
    }
    queue_publish(rx);
    return SHOJI_OK;
}

/* With rx_mutex: until there are packets, or the wait ends otherwise. */
static long rx_wait(void)
{
    long packets;

    if (waiting || rx_count == 0)
        return rx_count == 0 ? SHOJI_ENOENT : SHOJI_EBUSY;
    waiting = true;
    queue_interrupts(rx, true);
    while ((packets = rx_take()) == SHOJI_EAGAIN) {
        long status;

        mutex_unlock(&rx_mutex);
        queue_kick(rx);
        status = sched_line_wait(device.line);
        mutex_lock(&rx_mutex);
        if (status != SHOJI_OK) {
            packets = status;
            break;
        }
    }
    queue_interrupts(rx, false);
    waiting = false;
    return packets;
}

SHOJI_EXPORT long vnic_receive(uint64_t done)
{
    long packets;
    bool kick;

    mutex_lock(&rx_mutex);
    packets = rx_put(done);
    if (packets == SHOJI_OK)
        packets = rx_take();
    kick = packets > 0 && done != 0;
    if (packets == SHOJI_EAGAIN)
        packets = rx_wait();
    mutex_unlock(&rx_mutex);
    if (kick)
        queue_kick(rx);
    return packets;
}

/* ---- Sending ---- */

static void tx_reap(void)
{
    uint32_t id, length;

    while (queue_next(tx, &id, &length)) {
        uint32_t buffer = id / 2;

        if (id % 2 != 0 || buffer >= tx_count || tx_place[buffer] != DEVICE)
            continue;
        tx_place[buffer] = FREE;
        tx_free[tx_free_count++] = (uint8_t)buffer;
    }
}

/* At most `wanted` free buffers, or 0. */
static uint64_t tx_take(unsigned wanted)
{
    uint64_t packets = 0;

    if (tx_free_count < wanted)
        tx_reap();
    for (unsigned i = 0; i < wanted && tx_free_count > 0; i++) {
        uint32_t buffer = tx_free[--tx_free_count];

        tx_place[buffer] = CALLER;
        packets |= VNIC_PACKET(RX_BUFFERS + buffer, PACKET_MAX) << i * VNIC_PACKET_BITS;
    }
    return packets;
}

SHOJI_EXPORT long vnic_buffers(void)
{
    uint64_t packets;

    mutex_lock(&tx_mutex);
    packets = tx_take(VNIC_PACKETS);
    mutex_unlock(&tx_mutex);
    return packets != 0 ? (long)packets : SHOJI_EAGAIN;
}

/* Puts a packet into the queue, if it may be sent. */
static long tx_put(uint32_t packet)
{
    uint32_t buffer = VNIC_NUMBER(packet) - RX_BUFFERS, bytes = VNIC_BYTES(packet);

    if (buffer >= tx_count || bytes - PACKET_MIN > PACKET_MAX - PACKET_MIN ||
        (packet & VNIC_SUM_TCP && !sums))
        return SHOJI_EINVAL;
    if (tx_place[buffer] != CALLER)
        return SHOJI_EPERM;
    tx_place[buffer] = DEVICE;
    tx->desc[2 * buffer].address =
        (uintptr_t)&tx_headers[packet & VNIC_SUM_TCP ? HEADER_SUM_TCP : HEADER_PLAIN];
    tx->desc[2 * buffer + 1].length = bytes;
    queue_put(tx, (uint16_t)(2 * buffer));
    return SHOJI_OK;
}

SHOJI_EXPORT long vnic_send(uint64_t packets)
{
    long buffers = SHOJI_OK;
    unsigned count = 0;
    int32_t back;

    mutex_lock(&tx_mutex);
    for (; packets != 0 && buffers == SHOJI_OK; packets >>= VNIC_PACKET_BITS, count++)
        buffers = tx_put(VNIC_FIRST(packets));
    if (buffers == SHOJI_OK) {
        queue_publish(tx);
        buffers = (long)tx_take(count);
    } else {
        while ((back = queue_unput(tx)) >= 0)
            tx_place[back / 2] = CALLER;
    }
    mutex_unlock(&tx_mutex);
    if (buffers >= 0)
        queue_kick(tx);
    return buffers;
}

/* ---- The device ---- */

SHOJI_EXPORT long vnic_open(void)
{
    mutex_lock(&rx_mutex);
    for (; handed; handed >>= VNIC_PACKET_BITS)
        again_add(VNIC_FIRST(handed), CALLER);
    for (uint32_t i = 0; i < rx_count; i++) {
        if (rx_place[i] != CALLER)
            continue;
        rx_place[i] = DEVICE;
        queue_put(rx, (uint16_t)i);
    }
    queue_publish(rx);
    mutex_unlock(&rx_mutex);
    if (rx_count > 0)
        queue_kick(rx);
    mutex_lock(&tx_mutex);
    for (uint32_t i = 0; i < tx_count; i++) {
        if (tx_place[i] != CALLER)
            continue;
        tx_place[i] = FREE;
        tx_free[tx_free_count++] = (uint8_t)i;
    }
    mutex_unlock(&tx_mutex);
    return rx_count == 0 ? SHOJI_ENOENT : (long)address | (sums ? VNIC_SUMS : 0);
}

/* One right to words of ours or of the pool, if `status` is SHOJI_OK. */
static long allow(long status, const volatile void *from, uint64_t bytes, uint32_t perm)
{
    return status == SHOJI_OK ? sup_device_perm((uintptr_t)from, bytes, perm) : status;
}

/* The device may do what it must, word by word: read descriptors, what we publish, and packets to send; write
 * what it has used, and packets received. */
static long device_rights(void)
{
    long status = SHOJI_OK;

    for (unsigned i = 0; i < 2; i++) {
        status = allow(status, queues[i].desc, sizeof queues[i].desc, SUP_DMA_READ);
        status = allow(status, &queues[i].avail, sizeof queues[i].avail, SUP_DMA_READ);
        status = allow(status, &queues[i].used, sizeof queues[i].used, SUP_DMA_WRITE);
    }
    status = allow(status, tx_headers, sizeof tx_headers, SUP_DMA_READ);
    for (uint32_t i = 0; i < RX_BUFFERS; i++)
        status = allow(status, pool_net + i * BUFFER_BYTES + RX_WORDS_FROM, BUFFER_WORDS_END - RX_WORDS_FROM,
                       SUP_DMA_WRITE);
    for (uint32_t i = 0; i < TX_BUFFERS; i++)
        status = allow(status, pool_net + TX_FIRST + i * BUFFER_BYTES + TX_WORDS_FROM,
                       BUFFER_WORDS_END - TX_WORDS_FROM, SUP_DMA_READ);
    return status;
}

/* VIRTIO 3.1.1, up to FEATURES_OK. */
static long device_negotiate(volatile struct virtio_common *common)
{
    const uint32_t both = VIRTIO_NET_F_CSUM | VIRTIO_NET_F_GUEST_CSUM;

    common->device_status = 0;
    for (uint32_t tries = 0; common->device_status != 0; tries++)
        if (tries == 1000)
            return SHOJI_EBUSY;
    common->device_status = VIRTIO_STATUS_ACKNOWLEDGE;
    common->device_status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

    common->device_feature_select = 0;
    if ((common->device_feature & VIRTIO_NET_F_MAC) == 0)
        return SHOJI_ENOENT;
    sums = (common->device_feature & both) == both;
    common->device_feature_select = 1;
    if ((common->device_feature & VIRTIO_F_VERSION_1) == 0)
        return SHOJI_ENOENT;
    common->driver_feature_select = 0;
    common->driver_feature = VIRTIO_NET_F_MAC | (sums ? both : 0);
    common->driver_feature_select = 1;
    common->driver_feature = VIRTIO_F_VERSION_1;
    common->device_status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK;
    return (common->device_status & VIRTIO_STATUS_FEATURES_OK) != 0 ? SHOJI_OK : SHOJI_EINVAL;
}

/* What the last life of this component leaves, if there was one. */
static void rx_rescue(void)
{
    uint32_t id, length;

    if (rx->entries == 0 || rx->entries > QUEUE_ENTRIES_MAX || rx->mask != rx->entries - 1)
        return;
    for (; handed; handed >>= VNIC_PACKET_BITS)
        again_add(VNIC_FIRST(handed), FREE);
    for (uint32_t i = 0; i < rx->entries && queue_next(rx, &id, &length); i++)
        if (id < rx->entries && length >= VIRTIO_NET_HDR_BYTES && length <= RX_BYTES)
            again_add((uint32_t)VNIC_PACKET(id, length - VIRTIO_NET_HDR_BYTES), FREE);
}

static void rx_fill(void)
{
    for (uint32_t i = 0; i < rx->entries; i++) {
        rx->desc[i] = (struct virtq_desc){
            .address = (uintptr_t)pool_net + i * BUFFER_BYTES + HEADER_ROOM,
            .length = RX_BYTES,
            .flags = VIRTQ_DESC_WRITE,
        };
        if (rx_place[i] == AGAIN)
            continue;
        rx_place[i] = DEVICE;
        queue_put(rx, (uint16_t)i);
    }
    queue_publish(rx);
    rx_count = rx->entries;
}

static void tx_fill(void)
{
    tx_count = tx->entries / 2;
    for (uint32_t i = 0; i < tx_count; i++) {
        tx->desc[2 * i] = (struct virtq_desc){
            .address = (uintptr_t)&tx_headers[HEADER_PLAIN],
            .length = sizeof *tx_headers,
            .flags = VIRTQ_DESC_NEXT,
            .next = (uint16_t)(2 * i + 1),
        };
        tx->desc[2 * i + 1].address = (uintptr_t)pool_net + TX_FIRST + i * BUFFER_BYTES + BUFFER_ROOM;
        tx_place[i] = FREE;
        tx_free[tx_free_count++] = (uint8_t)i;
    }
}

static long device_start(void)
{
    volatile struct virtio_common *common = (volatile struct virtio_common *)(uintptr_t)device.common;
    const volatile uint8_t *mac = (const volatile uint8_t *)(uintptr_t)device.config;
    long status = device_rights();

    if (status == SHOJI_OK)
        status = device_negotiate(common);
    if (status == SHOJI_OK)
        status = queue_open(rx, common, QUEUE_RX, (uint16_t)device.vector, device.notify,
                            device.notify_multiplier);
    if (status == SHOJI_OK)
        status = queue_open(tx, common, QUEUE_TX, VIRTIO_NO_VECTOR, device.notify, device.notify_multiplier);
    if (status != SHOJI_OK)
        return status;
    common->msix_config = VIRTIO_NO_VECTOR;
    for (int i = 0; i < 6; i++)
        address |= (uint64_t)mac[i] << (8 * i);
    rx_fill();
    tx_fill();
    common->device_status = common->device_status | VIRTIO_STATUS_DRIVER_OK;
    queue_kick(rx);
    return SHOJI_OK;
}

long component_init(component_t self)
{
    long status;

    (void)self;
    if ((uint64_t)(pool_net_end - pool_net) < NET_BYTES)
        return SHOJI_EMEMORY;
    status = sup_device_open(&device);
    rx_rescue();
    if (status == SHOJI_OK)
        status = device_start();
    if (status != SHOJI_OK)
        print_line("no network device that works: status %ld", status);
    return status;
}
