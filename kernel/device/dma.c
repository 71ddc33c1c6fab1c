/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rights of the one device that a component may have, and what happens when it tries more.
 *
 * 1. The device may do with words of its component's slot what the component may do with them itself, but
 * execute; with words of the pool that the manifest names what it says there, whether or not the component
 * may.
 * 2. A denied access has had no effect, and the device can access nothing any more. It is stopped before it
 * is reported, and its component counts as failed: it programs the device.
 */
#include "device/dma.h"

#include <stddef.h>

#include "caller.h"
#include "console.h"
#include "device/virtio.h"
#include "fault_words.h"
#include "layout/layout.h"
#include "reboot.h"
#include "reports.h"
#include "shoji/status.h"
#include "supervisor/calls.h"
#include "system.h"
#include "text.h"

#define DEVICE 0u

static uint16_t requester;
static const struct manifest_device *device; /* NULL: there is none, or it is not checked */
static uint64_t denials;                     /* that have been reported */

const char *dma_start(const struct manifest_device *said, uint16_t function)
{
    if (!said->checked)
        return NULL;
    if (!protection_checks_devices())
        return "this machine cannot check it (-device mmp-dma)";
    layout_dma_clear(DEVICE);
    device = said;
    requester = function;
    protection_device_check(requester, pd_of_device(DEVICE));
    return NULL;
}

void dma_forget(unsigned component)
{
    if (device == NULL || device->component != component)
        return;
    layout_dma_clear(DEVICE);
    protection_device_check(requester, pd_of_device(DEVICE));
}

/* ---- Rights ---- */

static unsigned pool_slot(void)
{
    return device->pool == MANIFEST_NO_POOL ? NO_SLOT : system_state.manifest.component_count + device->pool;
}

/* Words of the pool: does the manifest allow it? */
static bool pool_allows(uint32_t offset, uint64_t bytes, enum right right)
{
    uint32_t end = right == RIGHT_WRITE ? device->writes : device->writes + device->reads;

    return offset <= end && bytes <= end - offset;
}

SUPERVISOR_CALL(sup_device_perm, uint64_t address, uint64_t bytes, uint32_t perm, component_t badge)
{
    unsigned caller = caller_of(badge).component;
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;
    uint32_t offset = (uint32_t)address % SLOT_BYTES;
    enum right right = (enum right)perm;

    if ((address | bytes) % 4 != 0 || bytes == 0 || perm > RIGHT_WRITE)
        return SHOJI_EINVAL;
    if (!virtio_net_is(caller))
        return SHOJI_ENOENT;
    if (device == NULL)
        return SHOJI_OK;
    if (slot == NO_SLOT || bytes > SLOT_BYTES - offset || (slot != caller && slot != pool_slot()))
        return SHOJI_EPERM;
    if (slot == caller ? offset + bytes > GATES_OFFSET ||
                             !layout_covers(caller, (uint32_t)address, (uint32_t)bytes, right)
                       : !pool_allows(offset, bytes, right))
        return SHOJI_EPERM;
    return layout_dma_share(DEVICE, slot, (uint32_t)address, (uint32_t)bytes, right);
}

/* ---- Denials ---- */

static void allowed_text(char *out, size_t size, uint64_t address, bool store)
{
    const struct manifest *manifest = &system_state.manifest;
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;
    uint32_t offset = (uint32_t)address % SLOT_BYTES;

    if (slot == device->component ||
        (slot != NO_SLOT && slot == pool_slot() && pool_allows(offset, 4, store ? RIGHT_WRITE : RIGHT_READ)))
        text_format(out, size, "sup_device_perm by %s would allow it", system_name(device->component));
    else if (slot >= manifest->component_count && slot < manifest->component_count + manifest->pool_count)
        text_format(out, size, "`device %s %s checked %s ...` would allow it", system_name(device->component),
                    device->kind, manifest->pools[slot - manifest->component_count].name);
    else
        text_copy(out, size, "nothing allows it");
}

/* Who is rebooted for it: the device's component and those in its domain now. */
static void rebooted_text(char *out, size_t size)
{
    uint64_t members = layout_members(layout_domain(device->component));
    size_t length;

    out[0] = '\0';
    if (!reboot_can())
        return;
    length = text_format(out, size, ", rebooting");
    for (; members != 0; members &= members - 1)
        length +=
            text_format(out + length, size - length, " %s", system_name((unsigned)__builtin_ctzll(members)));
}

static __attribute__((noinline)) void denied(const struct protection_device_fault *fault)
{
    char owner[WORDS_OWNER_BYTES], allowed[120], what[240], rebooted[300];
    struct sup_fault *report;
    bool store = fault->access == 1;

    virtio_net_stop();
    words_owner(owner, sizeof owner, fault->address);
    allowed_text(allowed, sizeof allowed, fault->address, store);
    rebooted_text(rebooted, sizeof rebooted);
    text_format(what, sizeof what, "its device: %s 0x%08lx, %s; %s", store ? "store to" : "load at",
                fault->address, owner, protection_fault_text(fault->kind));
    report = reports_begin();
    text_format(report->text, sizeof report->text,
                "fault: %s (device %s, domain %u): %s; %s; %lu denied; the device is stopped%s",
                system_name(device->component), device->kind, pd_of_device(DEVICE).number,
                what + sizeof "its device: " - 1, allowed, fault->count - denials, rebooted);
    console_line_begin();
    console_print("%s\n", report->text);
    report->device = 1;
    report->component = system_state.manifest.components[device->component].id;
    report->domain = pd_of_device(DEVICE).number;
    text_copy(report->owner, sizeof report->owner, owner);
    text_copy(report->tried, sizeof report->tried, what);
    text_copy(report->allowed, sizeof report->allowed, allowed);
    text_format(report->outcome, sizeof report->outcome, "the device is stopped%s", rebooted);
    text_copy(report->component_name, sizeof report->component_name, system_name(device->component));
    reports_fell(report, report->component_name);
    denials = fault->count;
    system_state.components[device->component].faults++;
    reboot_later(device->component, what);
}

void dma_tick(void)
{
    struct protection_device_fault fault;

    if (device != NULL && protection_device_fault(&fault))
        denied(&fault);
}
