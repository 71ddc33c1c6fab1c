/* SPDX-License-Identifier: BSD-2-Clause */
// links: webserver/vnic/queue.c
// includes: webserver/vnic components/atomic components/interface components/runtime kernel/include
/* The driver against a device played by this file, which reads and writes the rings as VIRTIO 2.4 has it, and
 * looks before each access whether the driver has asked for its right to it. The driver itself cannot touch
 * the pool: it is not mapped for it. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffers.h"
#include "export.h"
#include "mutex.h"
#include "queue.h"
#include "runtime.h"
#include "vnic.h"

/* Its data are reset here as the supervisor resets them. */
#include "vnic.c"

#define POOL_BYTES (1024 * 1024)

char pool_net[POOL_BYTES] __attribute__((aligned(4096)));
__asm__(".globl pool_net_end\n.set pool_net_end, pool_net + 0x100000");
static char *pool; /* the same memory, for device and caller */

/* ---- The device's rights, as the driver asked for them ---- */

#define GRANTS 1024
static struct {
    uint64_t from, end;
    uint32_t perm;
} grants[GRANTS];
static unsigned grant_count;

long sup_device_perm(uint64_t address, uint64_t bytes, uint32_t perm)
{
    assert_int_equal((address | bytes) % 4, 0);
    assert_true(bytes != 0 && grant_count < GRANTS && perm != SUP_DMA_NONE);
    for (unsigned i = 0; i < grant_count; i++) /* each word once */
        assert_true(address + bytes <= grants[i].from || address >= grants[i].end);
    grants[grant_count].from = address;
    grants[grant_count].end = address + bytes;
    grants[grant_count++].perm = perm;
    return SHOJI_OK;
}

static uint32_t right_to(uint64_t address)
{
    for (unsigned i = 0; i < grant_count; i++)
        if (address >= grants[i].from && address < grants[i].end)
            return grants[i].perm;
    return SUP_DMA_NONE;
}

/* What the device may do with every byte; then where that is in this test. */
static void *device_at(uint64_t address, uint64_t bytes, uint32_t perm)
{
    for (uint64_t at = address; at < address + bytes; at++)
        assert_true(right_to(at) >= perm);
    return address - (uintptr_t)pool_net < POOL_BYTES ? pool + (address - (uintptr_t)pool_net)
                                                      : (void *)(uintptr_t)address;
}

#define DEVICE(lvalue, perm) (*(__typeof__(lvalue) *)device_at((uintptr_t) & (lvalue), sizeof(lvalue), perm))

/* ---- The device ---- */

struct ring_avail {
    uint16_t flags, idx, ring[QUEUE_ENTRIES_MAX];
};
struct ring_used {
    uint16_t flags, idx;
    struct virtq_used_elem ring[QUEUE_ENTRIES_MAX];
};

static struct virtio_common common;
static uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static uint16_t bells[4];
static int line_waits;
static void (*on_line_wait)(void);
/* The common configuration is plain memory here, so the queue addresses in it are what was written last: the
 * transmit queue's. The receive queue lies before it in the driver. */
static struct virtq_desc *tx_desc;
static struct ring_avail *tx_avail;
static struct ring_used *tx_used;
static uint16_t tx_seen;

static void *joined(const uint32_t words[2])
{
    return (void *)(uintptr_t)((uint64_t)words[1] << 32 | words[0]);
}

long sup_device_open(struct sup_device *out)
{
    common = (struct virtio_common){.device_feature = 0xffffffff, .queue_size = 256};
    *out = (struct sup_device){.common = (uintptr_t)&common,
                               .notify = (uintptr_t)bells,
                               .config = (uintptr_t)mac,
                               .notify_multiplier = 2,
                               .line = 1,
                               .vector = 3};
    return SHOJI_OK;
}

long sched_line_wait(uint32_t line)
{
    assert_int_equal(line, 1);
    line_waits++;
    if (on_line_wait == NULL)
        return SHOJI_EFAULT;
    on_line_wait();
    return SHOJI_OK;
}

void print_line(const char *format, ...)
{
    (void)format;
}
void mutex_lock_contended(struct mutex *mutex)
{
    fail_msg("mutex %p taken twice", (void *)mutex);
}
void mutex_unlock_contended(struct mutex *mutex)
{
    (void)mutex;
}

static struct queue *rx_queue, *tx_queue;
static uint16_t rx_seen;

static struct queue *queue_around(struct virtq_desc *desc)
{
    return (struct queue *)((char *)desc - offsetof(struct queue, desc));
}

static void device_says(struct queue *queue, uint32_t id, uint32_t length)
{
    uint16_t at = DEVICE(queue->used.idx, SUP_DMA_WRITE) % 256;

    DEVICE(queue->used.ring[at], SUP_DMA_WRITE) = (struct virtq_used_elem){id, length};
    DEVICE(queue->used.idx, SUP_DMA_WRITE)++;
}

/* Takes the next receive buffer and fills it; returns its descriptor. */
static uint16_t device_receives(const char *packet, uint32_t bytes, uint32_t said)
{
    uint16_t id;

    char *to;

    assert_true(rx_seen != DEVICE(rx_queue->avail.idx, SUP_DMA_READ));
    id = DEVICE(rx_queue->avail.ring[rx_seen++ % 256], SUP_DMA_READ);
    assert_true(id < 256);
    assert_int_equal(DEVICE(rx_queue->desc[id], SUP_DMA_READ).flags, VIRTQ_DESC_WRITE);
    assert_true(rx_queue->desc[id].length >= VIRTIO_NET_HDR_BYTES + bytes);
    to = device_at(rx_queue->desc[id].address, rx_queue->desc[id].length, SUP_DMA_WRITE);
    memset(to, 0, VIRTIO_NET_HDR_BYTES);
    memcpy(to + VIRTIO_NET_HDR_BYTES, packet, bytes);
    device_says(rx_queue, id, said);
    return id;
}

static int start(void **state)
{
    static int started;
    int file = memfd_create("pool", 0);

    (void)state;
    if (started++)
        return 0;
    assert_int_equal(ftruncate(file, POOL_BYTES), 0);
    assert_ptr_equal(mmap(pool_net, POOL_BYTES, PROT_NONE, MAP_SHARED | MAP_FIXED, file, 0), pool_net);
    pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_ptr_not_equal(pool, MAP_FAILED);
    assert_int_equal(component_init(16), SHOJI_OK);
    assert_int_equal(common.device_status, 0x0f);
    assert_int_equal(common.driver_feature, VIRTIO_F_VERSION_1); /* the word written last */
    tx_desc = joined(common.queue_desc);
    tx_avail = joined(common.queue_driver);
    tx_used = joined(common.queue_device);
    tx_queue = queue_around(tx_desc);
    assert_ptr_equal(tx_avail, (void *)&tx_queue->avail);
    assert_ptr_equal(tx_used, (void *)&tx_queue->used);
    rx_queue = tx_queue - 1;
    return rx_queue->desc[0].address != (uintptr_t)pool_net + 6;
}

/* The leak checker looks everywhere. */
static int stop(void **state)
{
    (void)state;
    return mprotect(pool_net, POOL_BYTES, PROT_READ);
}

/* buffers.h, byte by byte: what the device may do with a buffer, and that nobody asked for more than rings,
 * header and packets. */
static void the_device_has_rings_and_packets_and_nothing_else(void **state)
{
    uint64_t all = 0;

    (void)state;
    for (uint32_t at = 0; at < POOL_BYTES; at++) {
        uint32_t in = at % 2048, wanted = SUP_DMA_NONE;

        if (at < 256 * 2048 && in >= 4 && in < 1532)
            wanted = SUP_DMA_WRITE;
        if (at >= 256 * 2048 && at < 384 * 2048 && in >= 16 && in < 1532)
            wanted = SUP_DMA_READ;
        assert_int_equal(right_to((uintptr_t)pool_net + at), wanted);
    }
    for (int i = 0; i < 2; i++) {
        struct queue *queue = i == 0 ? rx_queue : tx_queue;
        const char *memory = (const char *)queue;

        for (uint32_t at = 0; at < sizeof *queue; at++) {
            uint32_t wanted = at < 4096 + 516 ? SUP_DMA_READ : SUP_DMA_WRITE;

            assert_int_equal(right_to((uintptr_t)memory + at),
                             at < 4096 + 516 + 2052 ? wanted : SUP_DMA_NONE);
        }
    }
    for (unsigned i = 0; i < grant_count; i++)
        all += grants[i].end - grants[i].from;
    assert_int_equal(all, 256 * 1528 + 128 * 1516 + 2 * (4096 + 516 + 2052) + 2 * VIRTIO_NET_HDR_BYTES);
    /* Where the headers of a packet lie. */
    assert_int_equal(rx_queue->desc[3].address, (uintptr_t)pool_net + 3 * 2048 + 6);
    assert_int_equal(rx_queue->desc[3].length, 12 + 1514);
    assert_int_equal(tx_desc[7].address, (uintptr_t)pool_net + (256 + 3) * 2048 + 18);
    assert_int_equal((BUFFER_ROOM + 14) % 4, 0);
}

static void the_address_is_the_devices(void **state)
{
    (void)state;
    assert_int_equal(vnic_open(), 0x563412005452 | VNIC_SUMS); /* it offers everything */
}

/* Packet `i` of those. */
static uint32_t nth(long packets, int i)
{
    return VNIC_FIRST((uint64_t)packets >> i * VNIC_PACKET_BITS);
}

static long nothing_waits(void)
{
    on_line_wait = NULL;
    return vnic_receive(0);
}
#define NOTHING SHOJI_EFAULT /* it waited, and the wait failed */

static uint16_t at_the_device(void)
{
    return (uint16_t)(rx_queue->avail.idx - rx_seen);
}

static void packets_come_in_order_and_buffers_go_back(void **state)
{
    uint64_t done = 0;

    (void)state;
    assert_int_equal(at_the_device(), 256);
    for (int round = 0; round < 1000; round++) {
        char text[64] = {0};
        int came = 0, count = round % 8;

        for (int i = 0; i < count; i++) {
            text[20] = (char)(round + i);
            device_receives(text, 56 + i, 68 + i);
        }
        while (came < count) {
            long packets = vnic_receive(done);

            assert_true(packets > 0);
            done = (uint64_t)packets;
            for (int i = 0; i < 3; i++, came++) {
                uint32_t packet = nth(packets, i);

                if (packet == 0)
                    break;
                assert_int_equal(VNIC_BYTES(packet), 56 + came);
                assert_int_equal(VNIC_OFFSET(packet), VNIC_NUMBER(packet) * 2048 + 18);
                assert_int_equal(pool[VNIC_OFFSET(packet) + 20], (char)(round + came));
                assert_int_equal((VNIC_OFFSET(packet) + 14) % 8, 0);
            }
            assert_int_equal(came, count < came ? count : came); /* as many at once as there were, up to three */
            assert_true(came == count || nth(packets, 2) != 0);
        }
        assert_int_equal(at_the_device(), 256 - (nth((long)done, 0) != 0) - (nth((long)done, 1) != 0) -
                                              (nth((long)done, 2) != 0));
    }
    line_waits = 0;
    on_line_wait = NULL;
    assert_int_equal(vnic_receive(done), NOTHING); /* what was done is taken back before it waits */
    assert_int_equal(line_waits, 1);
    assert_int_equal(at_the_device(), 256);
}

/* Whatever is wrong with one of them, none goes back. */
static void what_is_not_the_callers_is_not_taken_back(void **state)
{
    long packets;
    uint64_t wrong[6];

    (void)state;
    for (int i = 0; i < 3; i++)
        device_receives("fourteen bytes", 14, 26);
    packets = vnic_receive(0);
    assert_true(nth(packets, 2) != 0);
    wrong[0] = VNIC_PACKET((VNIC_NUMBER(nth(packets, 0)) + 128) % 256, 14); /* the device has it */
    wrong[1] = VNIC_PACKET(256, 14);                                        /* one for sending */
    wrong[2] = VNIC_PACKET(511, 14);                                        /* there is none */
    wrong[3] = nth(packets, 0);                                             /* twice */
    wrong[4] = nth(packets, 1);
    wrong[5] = 1;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(vnic_receive((uint64_t)nth(packets, 0) | (uint64_t)nth(packets, 1) << 21 | wrong[i] << 42),
                         SHOJI_EPERM);
        if (i != 3 && i != 4)
            assert_int_equal(vnic_receive(wrong[i]), SHOJI_EPERM);
        assert_int_equal(at_the_device(), 253);
    }
    assert_int_equal(vnic_receive(UINT64_MAX), SHOJI_EPERM);
    assert_int_equal(vnic_receive((uint64_t)packets | 1ull << 63), SHOJI_EPERM);
    assert_int_equal(at_the_device(), 253);
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
    assert_int_equal(vnic_receive((uint64_t)packets), SHOJI_EPERM);
    assert_int_equal(at_the_device(), 256);
}

static void a_lying_device_does_no_harm(void **state)
{
    uint16_t before;
    long packets;

    (void)state;
    device_says(rx_queue, 256, 100);
    device_says(rx_queue, UINT32_MAX, 100);
    assert_int_equal(nothing_waits(), NOTHING);
    before = rx_queue->avail.idx;
    device_receives("", 0, 12);
    device_receives("", 0, 2048);
    device_receives("", 0, UINT32_MAX);
    assert_int_equal(nothing_waits(), NOTHING);
    assert_int_equal((uint16_t)(rx_queue->avail.idx - before), 3); /* all back at the device */
    device_receives("", 0, 100);
    packets = vnic_receive(0);
    assert_int_equal(nth(packets, 1), 0);
    device_says(rx_queue, VNIC_NUMBER(nth(packets, 0)), 100); /* the same once more */
    assert_int_equal(nothing_waits(), NOTHING);
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
}

static void line_brings_packet(void)
{
    assert_int_equal(rx_queue->avail.flags, 0); /* interrupts are on while it waits */
    if (line_waits % 2 == 0)
        device_receives("", 0, 100);
    else
        assert_int_equal(vnic_receive(0), SHOJI_EBUSY); /* somebody else; and the mutex is free */
}

static void receive_blocks_until_there_is_one(void **state)
{
    long packets;

    (void)state;
    line_waits = 0;
    on_line_wait = line_brings_packet;
    packets = vnic_receive(0);
    assert_int_equal(VNIC_BYTES(nth(packets, 0)), 88);
    assert_int_equal(line_waits, 2);
    assert_int_equal(rx_queue->avail.flags, VIRTQ_AVAIL_NO_INTERRUPT);
    on_line_wait = NULL;
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
    assert_int_equal(rx_queue->avail.flags, VIRTQ_AVAIL_NO_INTERRUPT);
}

/* A client that begins again has nothing any more; everything goes round as before. */
static void who_begins_again_has_nothing(void **state)
{
    long packets, buffers[43];

    (void)state;
    for (int i = 0; i < 5; i++)
        device_receives("", 0, 100);
    packets = vnic_receive(0);
    for (int i = 0; i < 43; i++)
        buffers[i] = vnic_buffers();
    assert_true(buffers[41] > 0 && nth(buffers[42], 1) != 0 && nth(buffers[42], 2) == 0);
    assert_int_equal(vnic_buffers(), SHOJI_EAGAIN);
    assert_true(vnic_open() > 0);
    assert_int_equal(vnic_send(buffers[0]), SHOJI_EPERM);
    assert_int_equal(vnic_receive(0), packets); /* they may never have arrived */
    assert_true(vnic_open() > 0);
    assert_int_equal(vnic_receive((uint64_t)packets), SHOJI_EPERM); /* but they may also be why the caller fails */
    packets = vnic_receive(0); /* the two that nobody had been given */
    assert_true(nth(packets, 1) != 0 && nth(packets, 2) == 0);
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
    assert_int_equal(at_the_device(), 256);
}

/* What has come back does not come again, and what comes again is before what is new. */
static void what_may_not_have_arrived_comes_again(void **state)
{
    long packets;

    (void)state;
    for (int i = 0; i < 4; i++)
        device_receives("", 0, 100 + i);
    packets = vnic_receive(0);
    assert_int_equal(vnic_receive((uint64_t)nth(packets, 0)) >> 21, 0); /* and with it comes the fourth */
    assert_true(vnic_open() > 0);
    packets = vnic_receive(0);
    assert_int_equal(VNIC_BYTES(nth(packets, 0)), 103 - 12);
    assert_int_equal(nth(packets, 1), 0);
    for (int i = 0; i < 2; i++)
        device_receives("", 0, 110 + i);
    packets = vnic_receive((uint64_t)packets);
    for (int i = 0; i < 2; i++)
        device_receives("", 0, 120 + i);
    assert_true(vnic_open() > 0);
    assert_true(vnic_open() > 0); /* twice is once */
    assert_int_equal(vnic_receive((uint64_t)nth(packets, 0)), SHOJI_EPERM); /* they are not the caller's before */
    assert_int_equal(vnic_receive(0), packets);
    packets = vnic_receive((uint64_t)packets);
    assert_int_equal(VNIC_BYTES(nth(packets, 0)), 120 - 12);
    assert_true(nth(packets, 1) != 0 && nth(packets, 2) == 0);
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
    assert_true(vnic_open() > 0);
    assert_int_equal(nothing_waits(), NOTHING);
    assert_int_equal(at_the_device(), 256);
}

/* As after a failure: the device has been stopped, and has no rights; data are as in the image, but what is kept. */
static void begins_anew(void)
{
    common.device_status = 0;
    memset(rx_place, 0, sizeof rx_place);
    memset(tx_place, 0, sizeof tx_place);
    memset(again, 0, sizeof again);
    rx_count = tx_count = tx_free_count = again_from = again_end = 0;
    waiting = sums = false;
    grant_count = 0;
    address = 0;
    assert_int_equal(component_init(16), SHOJI_OK);
    rx_seen = tx_seen = 0;
}

/* Packets that the device had written, taken or not, are there for the caller when the driver has begun anew. */
static void what_had_come_outlives_the_driver(void **state)
{
    long packets;

    (void)state;
    begins_anew();
    assert_int_equal(at_the_device(), 256);
    for (int i = 0; i < 5; i++)
        device_receives("", 0, 100 + i);
    packets = vnic_receive(0);
    assert_true(nth(packets, 2) != 0);
    begins_anew();
    assert_int_equal(at_the_device(), 251);
    device_receives("", 0, 105);
    for (int i = 0, came = 0; i < 3; i++) { /* three that were given out, then two, then what is new */
        packets = vnic_receive(i > 0 ? (uint64_t)packets : 0);
        for (int j = 0; j < 3 && nth(packets, j) != 0; j++)
            assert_int_equal(VNIC_BYTES(nth(packets, j)), 100 - 12 + came++);
        assert_int_equal(came, i == 0 ? 3 : i == 1 ? 5 : 6);
    }
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
    assert_int_equal(at_the_device(), 256);
    begins_anew();
    assert_int_equal(nothing_waits(), NOTHING); /* once */
    assert_int_equal(at_the_device(), 256);

    /* What cannot be true is dropped: what was kept may be spoilt. */
    device_says(rx_queue, 256, 100);
    device_says(rx_queue, UINT32_MAX, 100);
    device_says(rx_queue, 7, 11);
    device_says(rx_queue, 7, 12 + 13);
    device_says(rx_queue, 7, 12 + 1515);
    device_says(rx_queue, 8, 100);
    device_says(rx_queue, 8, 101);
    handed = UINT64_MAX;
    begins_anew();
    packets = vnic_receive(0);
    assert_int_equal(packets, VNIC_PACKET(8, 88));
    assert_int_equal(vnic_receive((uint64_t)packets), NOTHING);
    assert_int_equal(at_the_device(), 256);
    for (int i = 0; i < 300; i++)
        device_says(rx_queue, (uint32_t)i % 256, 100);
    rx_queue->mask = 3;
    begins_anew();
    assert_int_equal(nothing_waits(), NOTHING);
    rx_queue->used.idx = 40000;
    begins_anew();
    for (uint64_t done = 0; (packets = vnic_receive(done)) > 0;)
        done = (uint64_t)packets;
    assert_int_equal(at_the_device(), 256);
    begins_anew();
}

static int summed;

/* Sends everything published so far; returns how many packets. Of those it was asked to complete, `summed`. */
static int device_sends(uint32_t bytes)
{
    const struct virtio_net_hdr plain = {0}, tcp = {.flags = 1, .csum_start = 34, .csum_offset = 16};
    int count = 0;

    for (; tx_seen != DEVICE(tx_avail->idx, SUP_DMA_READ); tx_seen++, count++) {
        uint16_t id = DEVICE(tx_avail->ring[tx_seen % 256], SUP_DMA_READ);
        const uint8_t *header;

        header = device_at(DEVICE(tx_desc[id], SUP_DMA_READ).address, VIRTIO_NET_HDR_BYTES, SUP_DMA_READ);
        assert_int_equal(tx_desc[id].length, VIRTIO_NET_HDR_BYTES);
        assert_int_equal(tx_desc[id].flags, VIRTQ_DESC_NEXT);
        summed += header[0] != 0;
        assert_memory_equal(header, header[0] != 0 ? &tcp : &plain, VIRTIO_NET_HDR_BYTES);
        assert_int_equal(tx_desc[tx_desc[id].next].length, bytes);
        device_at(tx_desc[tx_desc[id].next].address, bytes, SUP_DMA_READ);
        assert_int_equal(tx_desc[tx_desc[id].next].flags, 0);
        device_says(tx_queue, id, 0);
    }
    return count;
}

/* A packet of 60 bytes in that buffer, and `flags`. */
static uint64_t sixty(uint32_t buffer, uint32_t flags)
{
    return VNIC_PACKET(VNIC_NUMBER(buffer), 60) | flags;
}

/* All buffers but one or two are given out by threes. */
static void buffers_are_sent_and_come_back(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        uint32_t buffer[128];
        int count = 0;
        long buffers;

        while ((buffers = vnic_buffers()) > 0)
            for (int i = 0; i < 3 && nth(buffers, i) != 0; i++) {
                assert_true(count < 128);
                buffer[count++] = nth(buffers, i);
                assert_true(VNIC_NUMBER(buffer[count - 1]) >= 256 && VNIC_NUMBER(buffer[count - 1]) < 384);
                assert_int_equal(VNIC_BYTES(buffer[count - 1]), 1514);
                for (int j = 0; j < count - 1; j++)
                    assert_int_not_equal(buffer[count - 1], buffer[j]);
            }
        assert_int_equal(count, 128);
        assert_int_equal(buffers, SHOJI_EAGAIN);
        bells[0] = 99;
        for (int i = 0; i < 126; i += 3)
            assert_int_equal(vnic_send(sixty(buffer[i], 0) | sixty(buffer[i + 1], 0) << 21 | sixty(buffer[i + 2], 0) << 42),
                             0); /* there is none for them */
        assert_int_equal(bells[0], 1);
        assert_int_equal(device_sends(60), 126);
        buffers = vnic_send(sixty(buffer[126], 0) | sixty(buffer[127], 0) << 21); /* and now there is: two for two */
        assert_true(nth(buffers, 1) != 0 && nth(buffers, 2) == 0);
        assert_int_equal(vnic_send(sixty(nth(buffers, 0), 0)) >> 21, 0);
        buffers = vnic_send(sixty(nth(buffers, 1), 0));
        assert_int_equal(device_sends(60), 4);
        assert_true(vnic_open() > 0); /* so that those brought anew are not ours */
    }
}

static void packets_are_sent_in_their_order(void **state)
{
    long buffers = vnic_buffers();

    (void)state;
    for (int round = 0; round < 100; round++) {
        uint16_t from = tx_seen;

        long next = vnic_send(sixty(nth(buffers, 0), 0) | sixty(nth(buffers, 1), 0) << 21 | sixty(nth(buffers, 2), 0) << 42);
        assert_int_equal((uint16_t)(tx_avail->idx - from), 3);
        for (int i = 0; i < 3; i++)
            assert_int_equal(tx_avail->ring[(from + i) % 256], 2 * (VNIC_NUMBER(nth(buffers, i)) - 256));
        assert_int_equal(device_sends(60), 3);
        assert_true(nth(next, 2) != 0);
        buffers = next;
    }
    assert_true(vnic_open() > 0);
}

static void checksums_are_the_devices_where_it_is_asked(void **state)
{
    long buffers = vnic_buffers();

    (void)state;
    summed = 0;
    for (int i = 0; i < 1000; i++) { /* buffers are used again with the other header */
        int before = summed;

        buffers = vnic_send(sixty(nth(buffers, 0), i % 3 == 0 ? VNIC_SUM_TCP : 0));
        assert_true(buffers > 0);
        assert_int_equal(device_sends(60), 1);
        assert_int_equal(summed - before, i % 3 == 0);
    }
    assert_true(vnic_open() > 0);
}

static void the_bell_is_rung_only_if_wanted(void **state)
{
    long buffers = vnic_buffers();

    (void)state;
    bells[0] = 99;
    tx_used->flags = VIRTQ_USED_NO_NOTIFY;
    assert_true(vnic_send(sixty(nth(buffers, 0), 0)) > 0);
    assert_int_equal(bells[0], 99);
    tx_used->flags = 0;
    assert_true(vnic_send(sixty(nth(buffers, 1), 0)) > 0);
    assert_int_equal(bells[0], 1);
    assert_int_equal(device_sends(60), 2);
    assert_true(vnic_open() > 0);
}

/* Whatever is wrong with one of them, none is sent, and all are the caller's as before. */
static void what_is_not_the_callers_is_not_sent(void **state)
{
    long buffers = vnic_buffers();
    uint32_t first = VNIC_NUMBER(nth(buffers, 0)), second = VNIC_NUMBER(nth(buffers, 1));
    struct {
        uint64_t packet;
        long status;
    } wrong[] = {
        {VNIC_PACKET(second, 13), SHOJI_EINVAL},
        {VNIC_PACKET(second, 1515), SHOJI_EINVAL},
        {VNIC_PACKET(second, 2047), SHOJI_EINVAL},
        {VNIC_PACKET(0, 60), SHOJI_EINVAL},   /* a receive buffer */
        {VNIC_PACKET(384, 60), SHOJI_EINVAL}, /* there is none */
        {VNIC_PACKET(511, 60), SHOJI_EINVAL},
        {VNIC_PACKET(first, 60), SHOJI_EPERM}, /* twice */
        {VNIC_PACKET(first == 256 + 64 ? 256 + 65 : 256 + 64, 60), SHOJI_EPERM},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(vnic_send(VNIC_PACKET(first, 60) | wrong[i].packet << 21), wrong[i].status);
        assert_int_equal(device_sends(60), 0);
    }
    assert_int_equal(vnic_send(VNIC_PACKET(first, 60) | VNIC_PACKET(second, 60) << 21 | 1ull << 63), SHOJI_EINVAL);
    assert_int_equal(vnic_send(UINT64_MAX), SHOJI_EINVAL);
    assert_true(vnic_send(VNIC_PACKET(first, 60) | VNIC_PACKET(second, 60) << 21) > 0);
    assert_int_equal(vnic_send(VNIC_PACKET(second, 60)), SHOJI_EPERM);
    /* a device that gives back what it does not have */
    device_says(tx_queue, 1, 0);
    device_says(tx_queue, 256, 0);
    device_says(tx_queue, UINT32_MAX - 1, 0);
    assert_int_equal(device_sends(60), 2);
    assert_true(vnic_open() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_has_rings_and_packets_and_nothing_else),
        cmocka_unit_test(the_address_is_the_devices),
        cmocka_unit_test(packets_come_in_order_and_buffers_go_back),
        cmocka_unit_test(what_is_not_the_callers_is_not_taken_back),
        cmocka_unit_test(a_lying_device_does_no_harm),
        cmocka_unit_test(receive_blocks_until_there_is_one),
        cmocka_unit_test(who_begins_again_has_nothing),
        cmocka_unit_test(what_may_not_have_arrived_comes_again),
        cmocka_unit_test(buffers_are_sent_and_come_back),
        cmocka_unit_test(packets_are_sent_in_their_order),
        cmocka_unit_test(checksums_are_the_devices_where_it_is_asked),
        cmocka_unit_test(the_bell_is_rung_only_if_wanted),
        cmocka_unit_test(what_is_not_the_callers_is_not_sent),
        cmocka_unit_test(what_had_come_outlives_the_driver),
        cmocka_unit_test(packets_come_in_order_and_buffers_go_back),
        cmocka_unit_test(buffers_are_sent_and_come_back),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
