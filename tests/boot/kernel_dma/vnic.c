/* SPDX-License-Identifier: BSD-2-Clause
 * A network driver that does its work, and attacks when it is told to. Its queues are vnic's own code. */
#include "dma.h"

#include "../../../webserver/vnic/queue.c"

extern char pool_net[], pool_net_end[];

static struct sup_device device;
static struct queue queues[2];
enum { IN, OUT };
#define IN_BUFFERS 64u
static const uint8_t header[VIRTIO_NET_HDR_BYTES] __attribute__((aligned(4)));
static uint8_t own_page[4096] __attribute__((aligned(4096))) = {1};
static uint32_t received;

static long allow(const volatile void *from, uint64_t bytes, uint32_t perm)
{
    return sup_device_perm((uintptr_t)from, bytes, perm);
}

static bool rights(void)
{
    long status = allow(header, sizeof header, SUP_DMA_READ);

    for (unsigned i = 0; i < 2; i++) {
        status |= allow(queues[i].desc, sizeof queues[i].desc, SUP_DMA_READ);
        status |= allow(&queues[i].avail, sizeof queues[i].avail, SUP_DMA_READ);
        status |= allow(&queues[i].used, sizeof queues[i].used, SUP_DMA_WRITE);
    }
    for (uint32_t i = 0; i < IN_BUFFERS; i++) {
        status |= allow(pool_net + i * BUFFER + 4, 1528, SUP_DMA_WRITE);
        status |= allow(pool_net + IN_BYTES + i * BUFFER + 16, 1516, SUP_DMA_READ);
    }
    return status == SHOJI_OK;
}

static volatile struct virtio_common *common(void)
{
    return (volatile struct virtio_common *)device.common;
}

/* The sending queue, elsewhere: queue_open would not. */
static void open_at(volatile struct virtio_common *to, uint64_t desc, uint64_t avail, uint64_t used)
{
    struct queue *queue = &queues[OUT];

    to->queue_select = OUT;
    to->queue_size = QUEUE_ENTRIES_MAX;
    write_address(to->queue_desc, desc != 0 ? (void *)desc : queue->desc);
    write_address(to->queue_driver, avail != 0 ? (void *)avail : &queue->avail);
    write_address(to->queue_device, used != 0 ? (void *)used : &queue->used);
    to->queue_enable = 1;
    queue->put = queue->seen = 0;
}

/* desc, avail, used: where the sending queue's are, or NULL for where they belong. */
static void start(uint64_t desc, uint64_t avail, uint64_t used)
{
    volatile struct virtio_common *to = common();

    to->device_status = 0;
    while (to->device_status != 0)
        ;
    to->device_status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
    to->driver_feature_select = 0;
    to->driver_feature = VIRTIO_NET_F_MAC;
    to->driver_feature_select = 1;
    to->driver_feature = VIRTIO_F_VERSION_1;
    to->device_status = to->device_status | VIRTIO_STATUS_FEATURES_OK;
    queue_open(&queues[IN], to, IN, VIRTIO_NO_VECTOR, device.notify, device.notify_multiplier);
    if ((desc | avail | used) == 0)
        queue_open(&queues[OUT], to, OUT, VIRTIO_NO_VECTOR, device.notify, device.notify_multiplier);
    else
        open_at(to, desc, avail, used);
    to->msix_config = VIRTIO_NO_VECTOR;
    to->device_status = to->device_status | VIRTIO_STATUS_DRIVER_OK;
}

static void receive_into(uint64_t address, uint16_t n)
{
    queues[IN].desc[n] = (struct virtq_desc){
        .address = address, .length = VIRTIO_NET_HDR_BYTES + 1514, .flags = VIRTQ_DESC_WRITE};
    queue_put(&queues[IN], n);
    queue_publish(&queues[IN]);
}

static void send_from(uint64_t address)
{
    uint16_t n = (uint16_t)(queues[OUT].put % 100 * 2);

    queues[OUT].desc[n] = (struct virtq_desc){.address = (uintptr_t)header,
                                              .length = sizeof header,
                                              .flags = VIRTQ_DESC_NEXT,
                                              .next = (uint16_t)(n + 1)};
    queues[OUT].desc[n + 1] = (struct virtq_desc){.address = address, .length = PACKET};
    queue_put(&queues[OUT], n);
    queue_publish(&queues[OUT]);
    *queues[OUT].bell = OUT;
}

static bool sent_all(void)
{
    for (uint64_t until = shoji_global.ticks + 300; queues[OUT].used.idx != queues[OUT].put;)
        if (shoji_global.ticks > until)
            return false;
    return true;
}

SHOJI_EXPORT long vnic_start_attack(enum how how, uint64_t address)
{
    switch (how) {
    case SEND:
        send_from(address);
        return SHOJI_OK;
    case RECEIVE:
        start(0, 0, 0); /* no other buffers */
        receive_into(address, 0);
        *queues[IN].bell = IN;
        return SHOJI_OK;
    case DESCRIPTORS:
    case AVAILABLE:
    case USED:
        start(how == DESCRIPTORS ? address : 0, how == AVAILABLE ? address : 0, how == USED ? address : 0);
        send_from((uintptr_t)pool_net + IN_BYTES + ROOM);
        return SHOJI_OK;
    case TAKEN_BACK:
        if (allow(own_page, sizeof own_page, SUP_DMA_READ) != SHOJI_OK)
            return SHOJI_EPERM;
        for (unsigned i = 0; i < 12; i++)
            own_page[i] = 0xff;
        send_from((uintptr_t)own_page);
        if (!sent_all())
            return SHOJI_EINVAL;
        for (unsigned i = 12; i < PACKET; i++)
            own_page[i] = (uint8_t)SECRET;
        if (allow(own_page, sizeof own_page, SUP_DMA_NONE) != SHOJI_OK)
            return SHOJI_EPERM;
        send_from((uintptr_t)own_page);
        return SHOJI_OK;
    case LOAD:
        (void)*(volatile uint32_t *)address;
        return SHOJI_OK;
    case STORE:
        *(volatile uint32_t *)address = 0x11111111;
        return SHOJI_OK;
    }
    return SHOJI_EINVAL;
}

SHOJI_EXPORT long vnic_honest(uint64_t number)
{
    send_from((uintptr_t)pool_net + IN_BYTES + number * BUFFER + ROOM);
    return sent_all() ? SHOJI_OK : SHOJI_EFAULT;
}

SHOJI_EXPORT long vnic_received(void)
{
    uint32_t id, length;

    while (queue_next(&queues[IN], &id, &length))
        received++;
    return received;
}

SHOJI_EXPORT long vnic_own_page(void)
{
    return (long)own_page;
}

SHOJI_EXPORT long vnic_refused(void)
{
    const uint64_t text = (uint64_t)vnic_refused & ~4095ull, net = (uint64_t)pool_net;
    const struct {
        uint64_t address, bytes;
        uint32_t perm;
    } asked[] = {
        {0x101000, 4, SUP_DMA_READ},                         /* the supervisor's */
        {(uint64_t)&shoji_global & ~3ull, 4, SUP_DMA_WRITE}, /* the global page */
        {text, 4, SUP_DMA_WRITE},                            /* own code: we may not write it either */
        {net + IN_BYTES, 4, SUP_DMA_WRITE},                  /* packets to send */
        {net + IN_BYTES - 4, 8, SUP_DMA_WRITE},              /* the same, beginning with what is allowed */
        {net + IN_BYTES + OUT_BYTES, 4, SUP_DMA_READ},       /* behind them */
        {net - 4, 8, SUP_DMA_READ},
        {0xfee00000, 4, SUP_DMA_WRITE},
        {device.common, 4, SUP_DMA_WRITE},
    };
    long got = 0;

    for (unsigned i = 0; i < sizeof asked / sizeof *asked; i++)
        got += sup_device_perm(asked[i].address, asked[i].bytes, asked[i].perm) != SHOJI_EPERM;
    return got;
}

SHOJI_EXPORT long component_init(component_t self)
{
    if (self != VNIC || sup_device_open(&device) != SHOJI_OK || !rights())
        return SHOJI_EINVAL;
    start(0, 0, 0);
    for (uint16_t i = 0; i < IN_BUFFERS; i++)
        receive_into((uintptr_t)pool_net + i * BUFFER + ROOM - VIRTIO_NET_HDR_BYTES, i);
    *queues[IN].bell = IN;
    return SHOJI_OK;
}
