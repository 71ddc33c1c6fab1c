/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio.h"

#include "attacks.h"

#define VENDOR 0x1af4
#define NET_MODERN 0x1041
enum { COMMON = 1, NOTIFY = 2, CONFIG = 4 };

struct common {
    uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
    uint16_t msix_config, num_queues;
    uint8_t status, generation;
    uint16_t queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
    uint32_t queue_desc[2], queue_driver[2], queue_device[2];
};

static uint32_t in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static uint32_t pci_read(unsigned slot, unsigned reg)
{
    out32(0xcf8, 0x80000000 | slot << 11 | (reg & ~3u));
    return in32(0xcfc);
}

static uint64_t bar(unsigned slot, unsigned n)
{
    uint32_t value = pci_read(slot, 0x10 + 4 * n);

    return (value & 6) == 4 ? (uint64_t)pci_read(slot, 0x14 + 4 * n) << 32 | (value & ~15u) : value & ~15u;
}

static void capabilities(unsigned slot, struct net *net)
{
    for (unsigned at = pci_read(slot, 0x34) & 0xfc; at != 0; at = pci_read(slot, at) >> 8 & 0xfc) {
        uint64_t where = bar(slot, pci_read(slot, at + 4) & 0xff) + pci_read(slot, at + 8);

        if ((pci_read(slot, at) & 0xff) != 9)
            continue;
        switch (pci_read(slot, at) >> 24) {
        case COMMON:
            net->common = where;
            break;
        case NOTIFY:
            net->notify = where;
            net->multiplier = pci_read(slot, at + 16);
            break;
        case CONFIG:
            net->config = where;
            break;
        }
    }
}

bool net_find(unsigned n, struct net *net)
{
    for (unsigned slot = 0; slot < 32; slot++) {
        if (pci_read(slot, 0) != (NET_MODERN << 16 | VENDOR) || n-- != 0)
            continue;
        net->requester = (uint16_t)(slot << 3);
        out32(0xcf8, 0x80000000 | slot << 11 | 4);
        out32(0xcfc, 0x406); /* memory, bus master, no INTx */
        capabilities(slot, net);
        return net->common != 0 && net->notify != 0 && (net->common | net->notify) >> 32 == 0;
    }
    return false;
}

static volatile struct common *common_of(const struct net *net)
{
    return (volatile struct common *)net->common;
}

void net_reset(struct net *net)
{
    common_of(net)->status = 0;
    while (common_of(net)->status != 0)
        ;
    net->published[RECEIVING] = net->published[SENDING] = 0;
}

static void address_set(volatile uint32_t to[2], uint64_t address)
{
    to[0] = (uint32_t)address;
    to[1] = (uint32_t)(address >> 32);
}

void net_start(struct net *net, uint32_t features)
{
    volatile struct common *common = common_of(net);

    net_reset(net);
    common->status = 1;
    common->status = 3;
    common->driver_feature_select = 0;
    common->driver_feature = features;
    common->driver_feature_select = 1;
    common->driver_feature = 1; /* version 1 */
    common->status = 11;
    check((common->status & 8) != 0, "features", common->status);
    for (uint16_t queue = 0; queue < 2; queue++) {
        common->queue_select = queue;
        common->queue_size = QUEUE;
        address_set(common->queue_desc, net->descriptors[queue]);
        address_set(common->queue_driver, net->avail[queue]);
        address_set(common->queue_device, net->used[queue]);
        common->queue_enable = 1;
    }
    common->status = 15;
}

void net_describe(const struct net *net, unsigned queue, unsigned n, struct descriptor descriptor)
{
    ((volatile struct descriptor *)net->descriptors[queue])[n] = descriptor;
}

void net_publish(struct net *net, unsigned queue, uint16_t head)
{
    volatile uint16_t *avail = (volatile uint16_t *)net->avail[queue];

    avail[2 + net->published[queue] % QUEUE] = head;
    __asm__ volatile("mfence" : : : "memory");
    avail[1] = ++net->published[queue];
    __asm__ volatile("mfence" : : : "memory");
}

void net_kick(const struct net *net, unsigned queue)
{
    volatile struct common *common = common_of(net);

    common->queue_select = (uint16_t)queue;
    *(volatile uint16_t *)(net->notify + (uint64_t)common->queue_notify_off * net->multiplier) =
        (uint16_t)queue;
}

uint16_t net_used(const struct net *net, unsigned queue)
{
    return ((volatile uint16_t *)net->used[queue])[1];
}

uint64_t net_registers(const struct net *net)
{
    return net->common;
}
