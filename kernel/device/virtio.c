/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Virtio over PCI (Virtual I/O Device specification 1.0, 4.1): only the discovery. The driver is a component.
 *
 * 1. The component gets the pages that hold the four structures, whole pages, and no page that holds any of
 * the MSI-X table or its pending bits: with the table it could write to any address as the device.
 */
#include "device/virtio.h"

#include <stddef.h>

#include "caller.h"
#include "cpu/interrupt.h"
#include "cpu/io.h"
#include "device/dma.h"
#include "device/pci.h"
#include "layout/layout.h"
#include "shoji/status.h"
#include "supervisor/calls.h"

#define COMMON_STATUS 20 /* device_status in the common structure, virtio 1.0, 4.1.4.3 */
#define VENDOR_VIRTIO 0x1af4
#define NET_TRANSITIONAL 0x1000
#define NET_MODERN 0x1041
/* struct virtio_pci_cap */
#define CAP_TYPE 3
#define CAP_BAR 4
#define CAP_OFFSET 8
#define CAP_LENGTH 12
#define CAP_NOTIFY_MULTIPLIER 16
enum { COMMON = 1, NOTIFY = 2, ISR = 3, CONFIG = 4, STRUCTURES = 5 };
/* MSI-X capability and table */
#define MSIX_TABLE 4
#define MSIX_PENDING 8
#define MSIX_ENABLE 0x80000000u
#define MSIX_MASK_ALL 0x40000000u
#define MSIX_COUNT(head) (((head) >> 16 & 0x7ff) + 1)
#define MSIX_ENTRY_BYTES 16u
#define LINE 0u /* the one device's interrupt line and its entry in the table */

struct range {
    uint64_t from, bytes;
};

static struct sup_device device;
static unsigned owner = NO_COMPONENT;

static bool pages_meet(struct range a, struct range b)
{
    uint64_t a_from = a.from / PAGE_BYTES, a_last = (a.from + a.bytes - 1) / PAGE_BYTES;
    uint64_t b_from = b.from / PAGE_BYTES, b_last = (b.from + b.bytes - 1) / PAGE_BYTES;

    return a_from <= b_last && b_from <= a_last;
}

static const char *structures_find(struct pci_function function, struct range structures[STRUCTURES])
{
    for (uint32_t at = pci_capability(function, PCI_CAPABILITY_VENDOR, 0); at != 0;
         at = pci_capability(function, PCI_CAPABILITY_VENDOR, at)) {
        uint32_t type = pci_read(function, at) >> 24;
        uint64_t bar = pci_bar(function, pci_read(function, at + CAP_BAR) & 0xff);
        struct range range = {bar + pci_read(function, at + CAP_OFFSET), pci_read(function, at + CAP_LENGTH)};

        if (type < COMMON || type > CONFIG || structures[type].bytes != 0 || bar == 0 || range.bytes == 0)
            continue;
        if ((range.from + range.bytes - 1) >> 32 != 0)
            return "its registers lie above 4 GiB";
        structures[type] = range;
        if (type == NOTIFY)
            device.notify_multiplier = pci_read(function, at + CAP_NOTIFY_MULTIPLIER);
    }
    for (unsigned type = COMMON; type <= CONFIG; type++)
        if (structures[type].bytes == 0)
            return "it is no virtio 1.0 device (-device virtio-net-pci,disable-legacy=on)";
    return NULL;
}

/* Points the table's one entry at our line and switches MSI-X on. */
static const char *interrupt_start(struct pci_function function, struct range *table, struct range *pending)
{
    uint32_t at = pci_capability(function, PCI_CAPABILITY_MSIX, 0), where;
    uint64_t entry;

    if (at == 0)
        return "it has no MSI-X";
    where = pci_read(function, at + MSIX_TABLE);
    *table = (struct range){pci_bar(function, where & 7) + (where & ~7u),
                            MSIX_COUNT(pci_read(function, at)) * MSIX_ENTRY_BYTES};
    where = pci_read(function, at + MSIX_PENDING);
    *pending = (struct range){pci_bar(function, where & 7) + (where & ~7u), 8};
    if ((table->from + table->bytes) >> 32 != 0)
        return "its MSI-X table lies above 4 GiB";
    pci_write(function, at, (pci_read(function, at) | MSIX_ENABLE) & ~MSIX_MASK_ALL);
    entry = table->from + LINE * MSIX_ENTRY_BYTES;
    *memory_register(entry) = (uint32_t)line_message_address();
    *memory_register(entry + 4) = (uint32_t)(line_message_address() >> 32);
    *memory_register(entry + 8) = line_message_data(LINE);
    *memory_register(entry + 12) = 0;
    return NULL;
}

static const char *pages_grant(unsigned component, const struct range *range)
{
    uint32_t from = (uint32_t)range->from & ~(PAGE_BYTES - 1);
    uint32_t end = (uint32_t)((range->from + range->bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1));
    unsigned slot = layout_slot_of(from);
    struct view view;

    if (from / SLOT_BYTES != (end - 1) / SLOT_BYTES)
        return "its registers cross a slot";
    if (slot == NO_SLOT) {
        slot = layout_device_slot(from);
        if (slot == NO_SLOT || view_create(&view) != SHOJI_OK)
            return "no memory for its tables";
        layout_grant(component, slot, view);
    }
    view_set(layout_view(component, slot), from, end - from, RIGHT_WRITE);
    return NULL;
}

const char *virtio_net_start(const struct manifest_device *said)
{
    unsigned component = said->component;
    struct range structures[STRUCTURES] = {{0, 0}}, table, pending;
    struct pci_function function;
    const char *wrong;

    if (!pci_find(VENDOR_VIRTIO, NET_TRANSITIONAL, NET_MODERN, &function))
        return "there is none (-device virtio-net-pci)";
    pci_write(function, PCI_COMMAND,
              (pci_read(function, PCI_COMMAND) & 0xffff) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                  PCI_COMMAND_NO_INTX);
    if ((wrong = dma_start(said, pci_requester(function))) != NULL ||
        (wrong = structures_find(function, structures)) != NULL ||
        (wrong = interrupt_start(function, &table, &pending)) != NULL)
        return wrong;
    for (unsigned type = COMMON; type <= CONFIG; type++)
        if (pages_meet(structures[type], table) || pages_meet(structures[type], pending))
            return "its registers share a page with the MSI-X table";
    for (unsigned type = COMMON; type <= CONFIG; type++)
        if ((wrong = pages_grant(component, &structures[type])) != NULL)
            return wrong;
    device.common = structures[COMMON].from;
    device.notify = structures[NOTIFY].from;
    device.isr = structures[ISR].from;
    device.config = structures[CONFIG].from;
    device.line = SUP_EVENT_LINE0 + LINE;
    device.vector = LINE;
    owner = component;
    return NULL;
}

bool virtio_net_is(unsigned component)
{
    return device.common != 0 && component == owner;
}

void virtio_net_stop(void)
{
    *(volatile uint8_t *)(device.common + COMMON_STATUS) = 0;
}

void virtio_net_reset(unsigned component)
{
    if (!virtio_net_is(component))
        return;
    virtio_net_stop();
    dma_forget(component);
}

SUPERVISOR_CALL(sup_device_open, uint64_t address, component_t badge)
{
    struct caller caller = caller_of(badge);

    if (!caller_may_write(caller, (struct caller_address){address}, sizeof device))
        return SHOJI_EINVAL;
    if (caller.component != owner)
        return SHOJI_ENOENT;
    *(struct sup_device *)address = device;
    return SHOJI_OK;
}
