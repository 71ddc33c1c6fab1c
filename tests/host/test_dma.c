/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a device may access: random grants, revocations and reboots against a naive oracle, an array of rights
 * by word. The tables are read by a walker of the test's own, beginning at what was written to the
 * processor's register.
 */
// links: kernel/device/dma.c kernel/layout/layout.c kernel/layout/domain.c kernel/layout/partition.c
// links: kernel/layout/population.c kernel/layout/history.c kernel/layout/union.c
// links: kernel/layout/share.c kernel/layout/dma.c
// links: kernel/layout/check.c kernel/mmp/view.c kernel/mmp/domain.c kernel/mmp/device.c kernel/system.c
// links: kernel/text.c tests/host/seeded.c
// includes: kernel kernel/include build/interface mmp_hw/include tests/host
// flags: -no-pie -fno-pie
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console.h"
#include "device/dma.h"
#include "device/virtio.h"
#include "fault_words.h"
#include "layout/layout.h"
#include "mmp/arch.h"
#include "mmp/registers.h"
#include "panic.h"
#include "reboot.h"
#include "reports.h"
#include "seeded.h"
#include "served/supervisor.h"
#include "system.h"

#define COMPONENTS 3u
#define OWNER 1u /* has the device */
#define POOL 4u  /* slot of the pool that the device has parts of; slot 3 is another pool */
#define SLOTS 5u
#define REQUESTER 0x18
#define WORDS 0x6000u /* looked at, of each slot, from its beginning */
#define POOL_RW 0x5000u
#define POOL_RO 0x9000u

/* ---- Fakes ---- */

static struct sup_fault reported;

struct sup_fault *reports_begin(void)
{
    reported = (struct sup_fault){.number = reported.number + 1};
    return &reported;
}
void reports_fell(struct sup_fault *report, const char *name)
{
    assert_ptr_equal(report, &reported);
    assert_string_equal(name, report->component_name);
    report->fell_count++;
}

static uint64_t dtbase, device_said, fault_info, fault_address, fault_count;
static bool checks = true, can_reboot = true;
static unsigned stops, reboots;
static char printed[512], reason[256];

void mmp_register_write(uint32_t number, uint64_t value)
{
    if (number == MMP_MSR_DTBASE)
        dtbase = value;
    if (number == MMP_MSR_DMA)
        device_said = value;
    if (number == MMP_MSR_DMA_FAULT_INFO) {
        assert_int_equal(value, 0);
        fault_info = 0;
    }
}

uint64_t mmp_register_read(uint32_t number)
{
    return number == MMP_MSR_CAPS               ? checks ? MMP_CAPS_DMA : 0
           : number == MMP_MSR_DMA_FAULT_INFO   ? fault_info
           : number == MMP_MSR_DMA_FAULT_ADDR   ? fault_address
           : number == MMP_MSR_COUNT_DMA_FAULTS ? fault_count
                                                : 0;
}

void mmp_domains_start(void);
void thread_domains_named(uint64_t named[2])
{
    (void)named;
}
bool virtio_net_is(unsigned component)
{
    return component == OWNER;
}
void virtio_net_stop(void)
{
    stops++;
}
void words_owner(char *out, size_t size, uint64_t address)
{
    (void)address;
    snprintf(out, size, "a word");
}
const char *protection_fault_text(uint8_t kind)
{
    return kind == MMP_FAULT_PERMISSION ? "no permission" : "?";
}
bool reboot_can(void)
{
    return can_reboot;
}
void reboot_later(unsigned component, const char *why)
{
    assert_int_equal(component, OWNER);
    snprintf(reason, sizeof reason, "%s", why);
    reboots++;
}
void console_line_begin(void) {}
void console_print(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(printed, sizeof printed, format, list);
    va_end(list);
}
void panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    abort();
}

/* ---- The walker ---- */

static uint32_t word_at(uint64_t address)
{
    uint32_t value;

    memcpy(&value, (const void *)(uintptr_t)address, 4);
    return value;
}

static unsigned walk(uint32_t address)
{
    uint32_t descriptor = (uint32_t)dtbase + 16 * (device_said >> 16 & 0x7fff);
    uint32_t entry = word_at(word_at(descriptor) + 4 * (address >> 22));

    assert_int_equal(device_said & 0xffff, REQUESTER);
    assert_int_equal(word_at(descriptor + 4) >> 16, MMP_DD_VALID);
    if ((entry & 3) != 0 || entry == 0)
        return entry >> (16 + 2 * (address >> 19 & 7)) & 3;
    entry = word_at(entry + 4 * (address >> 12 & 0x3ff));
    if ((entry & 3) != 0 || entry == 0)
        return entry >> (16 + 2 * (address >> 9 & 7)) & 3;
    return word_at(entry + 4 * (address >> 6 & 63)) >> (address >> 2 & 15) * 2 & 3;
}

/* ---- The oracle ---- */

static uint8_t may[SLOTS][WORDS / 4];

static uint32_t base(unsigned slot)
{
    return ARENA_BASE + slot * SLOT_BYTES;
}

/* Own slots: text, constants, data, nothing; see boot(). */
static uint8_t own_right(uint32_t offset)
{
    return offset < 0x1000 ? 3 : offset < 0x2000 ? 1 : offset < 0x4000 ? 2 : 0;
}

static bool allowed(unsigned slot, uint32_t offset, uint8_t right)
{
    if (right == 0)
        return slot == OWNER || (slot == POOL && offset < POOL_RO);
    if (slot == OWNER)
        return right == 1 ? own_right(offset) != 0 : own_right(offset) == 2;
    return slot == POOL && offset < (right == 2 ? POOL_RW : POOL_RO);
}

static void everything_look(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        for (uint32_t at = 0; at < WORDS; at += 4)
            assert_int_equal(walk(base(slot) + at), may[slot][at / 4]);
    for (uint64_t at = 0; at < 1ull << 32; at += SLOT_BYTES / 2) /* and nothing elsewhere */
        if (at < ARENA_BASE || at >= base(SLOTS))
            assert_int_equal(walk((uint32_t)at), 0);
}

static void boot(bool checked)
{
    struct manifest_device *said = &system_state.manifest.devices[0];

    checks = can_reboot = true;
    layout_reset();
    mmp_domains_start();
    memset(may, 0, sizeof may);
    memset(system_state.index_of_id, NO_COMPONENT, sizeof system_state.index_of_id);
    system_state.manifest.component_count = COMPONENTS;
    system_state.manifest.pool_count = 2;
    strcpy(system_state.manifest.components[OWNER].name, "driver");
    strcpy(system_state.manifest.components[2].name, "other");
    strcpy(system_state.manifest.pools[1].name, "net");
    strcpy(system_state.manifest.pools[0].name, "other");
    for (unsigned c = 0; c < COMPONENTS; c++) {
        system_state.index_of_id[10 + c] = (uint8_t)c;
        assert_int_equal(layout_component_add(c, 10 + c), SHOJI_OK);
        system_state.present |= 1ull << c;
        view_set(layout_view(c, c), base(c), 0x1000, RIGHT_EXECUTE);
        view_set(layout_view(c, c), base(c) + 0x1000, 0x1000, RIGHT_READ);
        layout_own_pages(c, base(c) + 0x2000, 0x2000);
    }
    layout_grant(OWNER, 3,
                 view_uniform(0x80000, RIGHT_WRITE)); /* its own right to a pool is none of its device's */
    *said = (struct manifest_device){
        .component = OWNER, .checked = checked, .pool = 1, .writes = POOL_RW, .reads = POOL_RO - POOL_RW};
    strcpy(said->kind, "virtio-net");
    assert_null(dma_start(said, REQUESTER));
}

/* ---- Tests ---- */

static void grants_are_what_component_and_manifest_allow(void **state)
{
    unsigned granted = 0, refused = 0;

    (void)state;
    random_start("dma");
    boot(true);
    everything_look();
    for (unsigned i = 0; i < 4000; i++) {
        unsigned slot = (unsigned)random_below(SLOTS);
        uint32_t from = (uint32_t)random_below(WORDS / 4 - 1) * 4;
        uint32_t bytes = (uint32_t)random_from(1, random_one_in(3)   ? (WORDS - from) / 4
                                                  : random_one_in(2) ? 4
                                                                     : 1) *
                         4;
        uint8_t right = (uint8_t)random_below(3);
        bool ok = true;
        long status;

        if (from + bytes > WORDS)
            continue;
        for (uint32_t at = from; at < from + bytes; at += 4)
            ok = ok && allowed(slot, at, right);
        status = sup_device_perm_call(base(slot) + from, bytes, right, 10 + OWNER);
        assert_int_equal(status, ok ? SHOJI_OK : SHOJI_EPERM);
        granted += ok;
        refused += !ok;
        if (ok)
            memset(&may[slot][from / 4], right, bytes / 4);
        if (random_one_in(20)) { /* pages of the component's are taken from it */
            uint32_t page = (uint32_t)random_below(4) * 0x1000;

            layout_unshare(OWNER, base(OWNER) + page, 0x1000);
            memset(&may[OWNER][page / 4], 0, 0x400);
        }
        if (random_one_in(200)) {
            dma_forget(0);
            dma_forget(OWNER);
            memset(may, 0, sizeof may);
        }
        if (random_one_in(10)) { /* moves are nothing to the device */
            (void)layout_merge(OWNER, 0);
            (void)layout_split(OWNER);
        }
        if (i % 16 == 0)
            everything_look();
    }
    assert_null(layout_check());
    assert_true(granted > 500 && refused > 500);
}

static void bad_calls_change_nothing(void **state)
{
    static const struct {
        uint64_t address, bytes;
        uint32_t perm;
        component_t badge;
        long status;
    } calls[] = {
        {ARENA_BASE + SLOT_BYTES + 0x2002, 4, 1, 11, SHOJI_EINVAL},
        {ARENA_BASE + SLOT_BYTES + 0x2000, 6, 1, 11, SHOJI_EINVAL},
        {ARENA_BASE + SLOT_BYTES + 0x2000, 0, 1, 11, SHOJI_EINVAL},
        {ARENA_BASE + SLOT_BYTES + 0x2000, 4, 3, 11, SHOJI_EINVAL}, /* devices execute nothing */
        {ARENA_BASE + SLOT_BYTES + 0x2000, 4, 0x101, 11, SHOJI_EINVAL},
        {ARENA_BASE + SLOT_BYTES + 0x2000, 4, 1, 10, SHOJI_ENOENT}, /* another's device */
        {ARENA_BASE + SLOT_BYTES + GATES_OFFSET, 4, 1, 11, SHOJI_EPERM},
        {ARENA_BASE + SLOT_BYTES + GATES_OFFSET - 4, 8, 0, 11, SHOJI_EPERM},
        {ARENA_BASE + 2 * SLOT_BYTES - 4, 8, 1, 11, SHOJI_EPERM},
        {ARENA_BASE + SLOT_BYTES + 0x2000, 1ull << 32, 1, 11, SHOJI_EPERM},
        {ARENA_BASE + SLOT_BYTES + 0x2000, (1ull << 32) + 4, 1, 11, SHOJI_EPERM},
        {ARENA_BASE + SLOT_BYTES + 0x2000, -4ull, 1, 11, SHOJI_EPERM},
        {(1ull << 32) + ARENA_BASE + SLOT_BYTES + 0x2000, 4, 1, 11, SHOJI_EPERM},
        {KERNEL_BASE, 4, 1, 11, SHOJI_EPERM},
        {GLOBAL_BASE, 4, 1, 11, SHOJI_EPERM},
        {0xfee00000u, 4, 2, 11, SHOJI_EPERM},
        {ARENA_BASE + 4 * SLOT_BYTES + POOL_RO - 4, 8, 1, 11, SHOJI_EPERM},
        {ARENA_BASE + 4 * SLOT_BYTES + POOL_RW, 4, 2, 11, SHOJI_EPERM},
    };

    (void)state;
    boot(true);
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_int_equal(
            sup_device_perm_call(calls[i].address, calls[i].bytes, calls[i].perm, calls[i].badge),
            calls[i].status);
    everything_look();
}

static void a_denial_is_reported_once_and_the_component_rebooted(void **state)
{
    (void)state;
    boot(true);
    dma_tick();
    assert_int_equal(stops + reboots, 0);
    fault_info = MMP_FAULT_PERMISSION | MMP_ACCESS_STORE << 8 | (uint64_t)REQUESTER << 32;
    fault_address = base(2) + 0x2004;
    fault_count = 3;
    dma_tick();
    assert_string_equal(
        printed,
        "fault: driver (device virtio-net, domain 128): store to 0x08802004, a word; no permission; nothing "
        "allows it; 3 denied; the device is stopped, rebooting driver\n");
    assert_string_equal(reason, "its device: store to 0x08802004, a word; no permission");
    assert_int_equal(stops, 1);
    dma_tick();
    assert_int_equal(reboots, 1);
    fault_info = MMP_FAULT_PERMISSION | (uint64_t)REQUESTER << 32;
    fault_address = base(POOL) + POOL_RO;
    fault_count = 4;
    can_reboot = false;
    dma_tick();
    assert_string_equal(printed,
                        "fault: driver (device virtio-net, domain 128): load at 0x09009000, a word; no "
                        "permission; `device driver "
                        "virtio-net checked net ...` would allow it; 1 denied; the device is stopped\n");
    fault_info = MMP_FAULT_PERMISSION | MMP_ACCESS_STORE << 8 | (uint64_t)REQUESTER << 32;
    fault_address = base(POOL) + 8;
    dma_tick();
    assert_non_null(strstr(printed, "sup_device_perm by driver would allow it"));
    can_reboot = true;
    assert_int_equal(layout_merge(2, OWNER), SHOJI_OK);
    fault_info = MMP_FAULT_PERMISSION | (uint64_t)REQUESTER << 32;
    dma_tick();
    assert_non_null(strstr(printed, "the device is stopped, rebooting driver other\n"));
    assert_memory_equal(reported.text, printed, strlen(printed) - 1); /* but for the line's end */
    assert_string_equal(reported.outcome, "the device is stopped, rebooting driver other");
    assert_int_equal(reported.device, 1);
}

static void unchecked_is_as_before(void **state)
{
    struct manifest_device said = {.component = OWNER, .pool = MANIFEST_NO_POOL};

    (void)state;
    device_said = 0;
    checks = false;
    assert_null(dma_start(&said, REQUESTER));
    assert_int_equal(device_said, 0);
    said.checked = true;
    assert_string_equal(dma_start(&said, REQUESTER), "this machine cannot check it (-device mmp-dma)");
    assert_int_equal(device_said, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unchecked_is_as_before),
        cmocka_unit_test(grants_are_what_component_and_manifest_allow),
        cmocka_unit_test(bad_calls_change_nothing),
        cmocka_unit_test(a_denial_is_reported_once_and_the_component_rebooted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
