/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random supervisor calls of several components, of what they make, and of groups, against a naive model: who
 * owns each page, what right each has to each word by itself, who made whom, who is in which group, what
 * everybody may own. After each call the tables are walked by a walker of the test's own; each status is what
 * the model says, but for memory that may be short. Words between which no call's range begins or ends are
 * alike, so one of each such part of a page stands for it.
 */
// links: kernel/supervisor/memory.c kernel/supervisor/pages.c kernel/supervisor/share.c
// links: kernel/supervisor/group.c kernel/supervisor/pd.c kernel/supervisor/gates.c kernel/supervisor/names.c
// links: kernel/layout/layout.c kernel/layout/domain.c kernel/layout/partition.c kernel/layout/history.c
// links: kernel/layout/population.c kernel/layout/union.c kernel/layout/share.c kernel/layout/dma.c
// links: kernel/layout/check.c kernel/mmp/view.c kernel/mmp/domain.c kernel/mmp/gate.c
// links: kernel/system.c kernel/text.c tests/host/seeded.c
// includes: kernel kernel/include build/interface mmp_hw/include tests/host
// flags: -no-pie -fno-pie -Wno-unused-parameter
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "caller.h"
#include "layout/layout.h"
#include "mmp/arch.h"
#include "reboot.h"
#include "seeded.h"
#include "supervisor/calls.h"
#include "supervisor/group.h"
#include "supervisor/memory.h"
#include "supervisor/pages.h"
#include "supervisor/pd.h"
#include "system.h"
#include "thread.h"

#define STATIC 4u /* of the manifest; the last one is no maker */
#define INDICES 10u
#define GROUPS_MAX 3u
#define EVERYBODY (INDICES + GROUPS_MAX)
#define PRINCIPALS (EVERYBODY + 1)
#define PAGES 6u /* looked at in each slot */
#define PARTS 5u
#define BUDGET 0x18000u

static const uint32_t border[PARTS + 1] = {0, 4, 2048, 2052, 4092, 4096};

/* ---- The model ---- */

struct pd_model {
    bool there;
    component_t id;
    int parent; /* -1: none */
    uint32_t budget;
    unsigned domain; /* a number of the model's own */
};
static struct pd_model pd[INDICES];
static struct {
    component_t id; /* 0: none */
    int owner;
    bool admitted[INDICES], in[INDICES];
} group[GROUPS_MAX];
static int owner[INDICES][PAGES];
static uint8_t right[PRINCIPALS][INDICES][PAGES][PARTS];
static unsigned next_domain, refused, done;

static uint32_t page_at(unsigned slot, unsigned page)
{
    return ARENA_BASE + slot * SLOT_BYTES + page * PAGE_BYTES;
}

static uint32_t used(int index)
{
    uint32_t bytes = 0;

    for (unsigned s = 0; s < INDICES; s++)
        for (unsigned p = 0; p < PAGES; p++)
            bytes += owner[s][p] == index ? PAGE_BYTES : 0;
    return bytes;
}

static bool is_within(int index, int above)
{
    for (; index != -1; index = pd[index].parent)
        if (index == above)
            return true;
    return false;
}

static uint8_t expected(unsigned component, unsigned s, unsigned p, unsigned part)
{
    uint8_t most = right[EVERYBODY][s][p][part];

    for (unsigned c = 0; c < INDICES; c++) {
        if (!pd[c].there || pd[c].domain != pd[component].domain)
            continue;
        if (right[c][s][p][part] > most)
            most = right[c][s][p][part];
        for (unsigned g = 0; g < GROUPS_MAX; g++)
            if (group[g].id != 0 && group[g].in[c] && right[INDICES + g][s][p][part] > most)
                most = right[INDICES + g][s][p][part];
    }
    return most;
}

static void page_clear(unsigned s, unsigned p)
{
    owner[s][p] = -1;
    for (unsigned who = 0; who < PRINCIPALS; who++)
        memset(right[who][s][p], 0, PARTS);
}

/* ---- Fakes of what the files call besides ---- */

static uint64_t dtbase;
static struct thread nobody;

void mmp_register_write(uint32_t number, uint64_t value)
{
    if (number == MMP_MSR_DTBASE)
        dtbase = value;
}
uint64_t mmp_register_read(uint32_t number)
{
    return 0;
}
void mmp_domains_start(void);
void thread_domains_named(uint64_t named[2]) {}
void thread_gate_slots(uint64_t *slots) {}
struct thread *thread_current(void)
{
    return &nobody;
}
struct thread *thread_at(uint64_t number)
{
    return NULL;
}
void call_stack_save(struct call_stack *running) {}
struct frame call_stack_frame(const struct call_stack *stack, unsigned n)
{
    return (struct frame){.kind = FRAME_NONE};
}
uint64_t abort_closure(uint64_t components)
{
    return components;
}
void abort_invocations(uint64_t components) {}
void recorder_moved(void) {}
void recorder_gone(unsigned component) {}
void recorder_named(unsigned component) {}
void reboot_begin(unsigned component) {}
void reboot_gone(unsigned component) {}
bool reboot_is_told(unsigned component)
{
    return true;
}
long reboot_open(unsigned component)
{
    return SHOJI_ESAME;
}
struct reboot_state reboot_state(unsigned component)
{
    return (struct reboot_state){.state = SUP_RUNS};
}
bool caller_may_read(struct caller caller, struct caller_address address, uint64_t bytes)
{
    return false;
}
bool caller_may_write(struct caller caller, struct caller_address address, uint64_t bytes)
{
    return false;
}
bool loader_keeps(unsigned component, uint32_t function)
{
    return false;
}
uint32_t loader_function(unsigned component, const char *name)
{
    return 0;
}
void heap_forget(unsigned component, uint32_t address, uint32_t bytes) {}
bool words_kept(unsigned component, uint32_t address)
{
    return false;
}
const struct loader_call supervisor_calls[] = {{NULL, NULL, NULL}};
const char *const manifest_groups[] = {NULL};

void panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    abort();
}

extern __typeof__(mmp_alloc_at_call) pd_mmp_alloc_at_call;
extern __typeof__(mmp_free_call) pd_mmp_free_call;

/* ---- The walker ---- */

static uint32_t word_at(uint32_t address)
{
    uint32_t value;

    memcpy(&value, (const void *)(uintptr_t)address, 4);
    return value;
}

static unsigned walk(uint32_t root, uint32_t address)
{
    uint32_t entry = word_at(root + 4 * (address >> 22));

    if ((entry & 3) == 1)
        return entry >> (16 + 2 * (address >> 19 & 7)) & 3;
    if (entry == 0)
        return 0;
    entry = word_at(entry + 4 * (address >> 12 & 0x3ff));
    if ((entry & 3) == 1)
        return entry >> (16 + 2 * (address >> 9 & 7)) & 3;
    if (entry == 0)
        return 0;
    return word_at(entry + 4 * (address >> 6 & 63)) >> (address >> 2 & 15) * 2 & 3;
}

static void everything_look(void)
{
    const char *broken = layout_check();
    uint64_t budgets = 0;

    if (broken != NULL)
        fail_msg("%s", broken);
    for (unsigned c = 0; c < INDICES; c++) {
        uint64_t descriptor;

        assert_int_equal(system_has(c), pd[c].there);
        if (!pd[c].there)
            continue;
        memcpy(&descriptor, (const void *)(dtbase + 16u * pd[c].id), 8);
        for (unsigned s = 0; s < INDICES; s++)
            for (unsigned p = 0; p < PAGES; p++)
                for (unsigned part = 0; part < PARTS; part++)
                    if (walk((uint32_t)descriptor, page_at(s, p) + border[part]) != expected(c, s, p, part))
                        fail_msg("component %u, slot %u, page %u, part %u: %u, and not %u", c, s, p, part,
                                 walk((uint32_t)descriptor, page_at(s, p) + border[part]),
                                 expected(c, s, p, part));
        assert_int_equal(system_state.components[c].heap_used, used((int)c));
        assert_int_equal(system_state.components[c].budget, pd[c].budget);
        assert_true(used((int)c) <= pd[c].budget);
        budgets += pd[c].budget;
    }
    assert_int_equal(budgets, STATIC * BUDGET);
    for (unsigned s = 0; s < INDICES; s++)
        for (unsigned p = 0; p < PAGES; p++)
            assert_int_equal(pages_owner(page_at(s, p)),
                             owner[s][p] == -1 ? NO_COMPONENT : (unsigned)owner[s][p]);
}

/* ---- Steps ---- */

/* True: nothing has changed, for want of memory. */
static bool short_of_memory(long status)
{
    refused += status == SHOJI_EMEMORY;
    done += status >= 0;
    return status == SHOJI_EMEMORY;
}

static unsigned anybody(void)
{
    return (unsigned)random_below(INDICES);
}

static int principal_of(component_t id)
{
    if (id == PD_ALL)
        return EVERYBODY;
    for (unsigned i = 0; i < INDICES; i++)
        if (pd[i].there && pd[i].id == id)
            return (int)i;
    for (unsigned g = 0; g < GROUPS_MAX; g++)
        if (group[g].id != 0 && group[g].id == id)
            return (int)(INDICES + g);
    return -1;
}

static component_t receiver_pick(void)
{
    unsigned n = (unsigned)random_below(INDICES + GROUPS_MAX + 2);

    if (n < INDICES)
        return pd[n].there ? pd[n].id : 0;
    if (n < INDICES + GROUPS_MAX)
        return group[n - INDICES].id != 0 ? group[n - INDICES].id : SUP_GROUP_FIRST + 0xfff0;
    return n == EVERYBODY ? PD_ALL : 0;
}

struct range {
    unsigned slot, from, end; /* parts, counted from the first page's */
};

static struct range range_pick(void)
{
    struct range range = {.slot = anybody()};
    unsigned page = (unsigned)random_below(PAGES), pages = random_one_in(4) && page + 1 < PAGES ? 2 : 1;

    range.from = page * PARTS;
    range.end = (page + pages) * PARTS;
    if (random_one_in(2)) {
        range.from += (unsigned)random_below(PARTS);
        range.end -= (unsigned)random_below(range.end - range.from);
    }
    return range;
}

static uint32_t part_at(unsigned slot, unsigned part)
{
    return page_at(slot, part / PARTS) + border[part % PARTS];
}

static bool each_has(int who, struct range range, uint8_t least)
{
    for (unsigned at = range.from; at < range.end; at++) {
        uint8_t has = right[who][range.slot][at / PARTS][at % PARTS];

        if (!(least == 0 || (least == 1 ? has != 0 : has == least)))
            return false;
    }
    return true;
}

static bool anybody_has(struct range range, uint8_t what, int but)
{
    for (unsigned who = 0; who < PRINCIPALS; who++)
        for (unsigned at = range.from; at < range.end && (int)who != but; at++)
            if (right[who][range.slot][at / PARTS][at % PARTS] == what)
                return true;
    return false;
}

static void set(int who, struct range range, uint8_t to)
{
    for (unsigned at = range.from; at < range.end; at++)
        right[who][range.slot][at / PARTS][at % PARTS] = to;
}

static bool owns(int who, struct range range)
{
    for (unsigned at = range.from; at < range.end; at++)
        if (owner[range.slot][at / PARTS] != who)
            return false;
    return true;
}

/* A page that somebody owns in the slot of what it has made. */
static bool code_pick(struct range *range)
{
    for (unsigned tried = 0; tried < 50; tried++) {
        unsigned slot = anybody(), page = (unsigned)random_below(PAGES);
        int its = owner[slot][page];

        if (its != -1 && its != (int)slot && pd[slot].there && is_within((int)slot, its)) {
            *range = (struct range){slot, page * PARTS, (page + 1) * PARTS};
            return true;
        }
    }
    return false;
}

static void step_perm(void)
{
    struct range range = range_pick();
    unsigned giver = random_one_in(4) ? anybody() : (unsigned)owner[range.slot][range.from / PARTS] % INDICES;
    component_t to = receiver_pick();
    int receiver = principal_of(to);
    uint32_t address = part_at(range.slot, range.from), bytes = part_at(range.slot, range.end) - address;
    uint8_t perm = (uint8_t)random_below(4);
    bool code = false;
    long status, wanted = SHOJI_OK;

    if (random_one_in(3) && code_pick(&range)) { /* of a page for something that its owner has made */
        giver = (unsigned)owner[range.slot][range.from / PARTS];
        receiver = random_one_in(2) ? (int)range.slot : (int)giver;
        to = pd[receiver].id;
        address = part_at(range.slot, range.from);
        bytes = part_at(range.slot, range.end) - address;
        perm = receiver == (int)giver ? 2 : 3;
    }
    if (!pd[giver].there)
        return;
    if (receiver < 0)
        wanted = SHOJI_ENOENT;
    else if (!owns((int)giver, range))
        wanted = receiver == (int)giver ? SHOJI_EINVAL : SHOJI_EPERM;
    else if (receiver == (int)giver)
        wanted = perm == 3 || (perm == 2 && anybody_has(range, 3, -1)) ? SHOJI_EPERM : SHOJI_OK;
    else if (receiver == EVERYBODY && perm > 1)
        wanted = SHOJI_EPERM;
    else if (perm == 3 && !each_has((int)giver, range, 3)) {
        code = true;
        if (receiver != (int)range.slot || !is_within(receiver, (int)giver))
            wanted = SHOJI_EPERM;
        else if (range.from % PARTS != 0 || range.end % PARTS != 0)
            wanted = SHOJI_EINVAL;
        else if (anybody_has(range, 2, (int)giver))
            wanted = SHOJI_EPERM;
    } else if (!each_has((int)giver, range, perm)) {
        wanted = SHOJI_EPERM;
    }
    status = random_one_in(2) ? mmp_set_perm_call(address, bytes, perm, to, pd[giver].id)
                              : mprot_export_call(address, bytes, perm, to, pd[giver].id);
    if (wanted == SHOJI_OK && short_of_memory(status))
        return;
    /* To take nobody's words of one's own slot from somebody: nothing happens, said in one way or the other.
     */
    if (wanted == SHOJI_EPERM && status == SHOJI_OK && perm == 0 && range.slot == giver)
        return;
    assert_int_equal(status, wanted);
    if (status != SHOJI_OK)
        return;
    set(receiver, range, perm);
    if (code)
        set((int)giver, range, 1);
}

static void step_alloc(void)
{
    unsigned asker = anybody(), slot = anybody(), page = (unsigned)random_below(PAGES);
    bool by_pd = random_one_in(2);
    unsigned of = by_pd && random_one_in(2) ? anybody() : asker;
    uint32_t bytes = page + 1 < PAGES && random_one_in(3) ? 2 * PAGE_BYTES : PAGE_BYTES;
    long status, wanted = page_at(slot, page);

    if (by_pd && random_one_in(2) && pd[slot].there && pd[slot].parent != -1)
        asker = of = (unsigned)pd[slot].parent;
    if (!pd[asker].there || !pd[of].there)
        return;
    if (!by_pd && slot != of)
        wanted = SHOJI_EINVAL;
    else if (by_pd && !is_within((int)of, (int)asker))
        wanted = SHOJI_EPERM;
    else if (by_pd && (!pd[slot].there || !is_within((int)slot, (int)of)))
        wanted = SHOJI_EPERM;
    else if (owner[slot][page] != -1 || (bytes > PAGE_BYTES && owner[slot][page + 1] != -1))
        wanted = SHOJI_EBUSY;
    status = by_pd ? pd_mmp_alloc_at_call(pd[of].id, page_at(slot, page), bytes, pd[asker].id)
                   : mmp_alloc_at_call(pd[of].id, page_at(slot, page), bytes, 99);
    if (wanted > 0 && used((int)of) + bytes > pd[of].budget)
        wanted = SHOJI_EMEMORY;
    if (wanted > 0 && short_of_memory(status))
        return;
    assert_int_equal(status, wanted);
    for (unsigned p = page; status > 0 && p < page + bytes / PAGE_BYTES; p++) {
        page_clear(slot, p);
        owner[slot][p] = (int)of;
        memset(right[of][slot][p], RIGHT_WRITE, PARTS);
    }
}

static void step_free(void)
{
    unsigned slot = anybody(), page = (unsigned)random_below(PAGES), asker = anybody();
    unsigned of = random_one_in(4) ? anybody() : (unsigned)owner[slot][page] % INDICES;
    bool by_pd = random_one_in(2);
    long status, wanted = SHOJI_OK;

    if (!pd[asker].there || !pd[of].there)
        return;
    if (by_pd && !is_within((int)of, (int)asker))
        wanted = SHOJI_EPERM;
    else if (owner[slot][page] != (int)of)
        wanted = slot == of ? SHOJI_EPERM : SHOJI_EINVAL;
    status = by_pd ? pd_mmp_free_call(pd[of].id, page_at(slot, page), PAGE_BYTES, pd[asker].id)
                   : mmp_free_call(pd[of].id, page_at(slot, page), PAGE_BYTES, 99);
    assert_int_equal(status, wanted);
    if (status == SHOJI_OK)
        page_clear(slot, page);
}

static void step_chown(void)
{
    unsigned slot = anybody(), page = (unsigned)random_below(PAGES);
    unsigned from = random_one_in(4) ? anybody() : (unsigned)owner[slot][page] % INDICES, to = anybody();
    long status, wanted = SHOJI_OK;

    if (!pd[from].there)
        return;
    if (!pd[to].there)
        wanted = SHOJI_ENOENT;
    else if (to == from)
        wanted = SHOJI_EINVAL;
    else if (owner[slot][page] != (int)from)
        wanted = SHOJI_EPERM;
    status = mmp_mem_chown_call(page_at(slot, page), PAGE_BYTES, pd[to].there ? pd[to].id : 0, pd[from].id);
    if (wanted == SHOJI_OK && short_of_memory(status))
        return;
    assert_int_equal(status, wanted);
    if (status != SHOJI_OK)
        return;
    owner[slot][page] = (int)to;
    pd[from].budget -= PAGE_BYTES;
    pd[to].budget += PAGE_BYTES;
}

static void step_make(void)
{
    unsigned maker = anybody(), index;
    uint32_t memory = (uint32_t)random_below(4) * PAGE_BYTES;
    long id;

    if (!pd[maker].there || maker == STATIC - 1)
        return;
    id = mmp_alloc_PD_call(SUP_PD_USER, memory, 0, pd[maker].id);
    if (memory > pd[maker].budget - used((int)maker)) {
        assert_int_equal(id, SHOJI_EMEMORY);
        return;
    }
    if (short_of_memory(id))
        return;
    assert_true(id > 0 && id < 256 && principal_of((component_t)id) < 0);
    index = system_component((component_t)id);
    assert_true(index < INDICES && !pd[index].there);
    for (unsigned p = 0; p < PAGES; p++)
        assert_int_equal(owner[index][p], -1);
    pd[maker].budget -= memory;
    pd[index] = (struct pd_model){.there = true,
                                  .id = (component_t)id,
                                  .parent = (int)maker,
                                  .budget = memory,
                                  .domain = next_domain++};
}

static void model_end(unsigned index, int heir)
{
    for (unsigned s = 0; s < INDICES; s++)
        for (unsigned p = 0; p < PAGES; p++) {
            if (owner[s][p] == (int)index)
                page_clear(s, p);
            memset(right[index][s][p], 0, PARTS);
        }
    for (unsigned g = 0; g < GROUPS_MAX; g++) {
        group[g].admitted[index] = group[g].in[index] = false;
        if (group[g].id != 0 && group[g].owner == (int)index) {
            group[g].id = 0;
            memset(right[INDICES + g], 0, sizeof *right);
        }
    }
    for (unsigned i = 0; i < INDICES; i++)
        if (pd[i].there && pd[i].parent == (int)index)
            pd[i].parent = heir;
    pd[heir].budget += pd[index].budget;
    pd[index] = (struct pd_model){.there = false, .parent = -1};
}

static void step_end(void)
{
    unsigned index = anybody(), asker = anybody();
    bool recursive = random_one_in(2), ending[INDICES] = {false};
    int heir;
    long status;

    if (!pd[index].there || !pd[asker].there)
        return;
    status = mmp_free_PD_call(pd[index].id, recursive, pd[asker].id);
    if (index == asker || !is_within((int)index, (int)asker)) {
        assert_int_equal(status, SHOJI_EPERM);
        return;
    }
    if (short_of_memory(status)) { /* some may have been split */
        for (unsigned i = 0; i < INDICES; i++)
            if (pd[i].there)
                pd[i].domain = 1000000 + layout_domain(i).number;
        return;
    }
    assert_int_equal(status, SHOJI_OK);
    heir = pd[index].parent;
    for (unsigned i = 0; i < INDICES; i++)
        ending[i] = pd[i].there && (i == index || (recursive && is_within((int)i, (int)index)));
    for (unsigned i = 0; i < INDICES; i++)
        if (ending[i])
            model_end(i, heir);
}

static void step_move(void)
{
    unsigned a = anybody(), b = anybody(), others = 0;

    if (!pd[a].there || !pd[b].there)
        return;
    if (random_one_in(2)) {
        long status = layout_merge(a, b);
        unsigned from = pd[b].domain;

        if (pd[a].domain == from) {
            assert_int_equal(status, SHOJI_ESAME);
        } else if (!short_of_memory(status)) {
            assert_int_equal(status, SHOJI_OK);
            for (unsigned i = 0; i < INDICES; i++)
                if (pd[i].there && pd[i].domain == from)
                    pd[i].domain = pd[a].domain;
        }
        return;
    }
    for (unsigned i = 0; i < INDICES; i++)
        others += i != a && pd[i].there && pd[i].domain == pd[a].domain;
    long status = layout_split(a);

    if (others == 0) {
        assert_int_equal(status, SHOJI_ESAME);
    } else if (!short_of_memory(status)) {
        assert_int_equal(status, SHOJI_OK);
        pd[a].domain = next_domain++;
    }
}

static void step_group(void)
{
    unsigned g = (unsigned)random_below(GROUPS_MAX), asker = anybody(), who = anybody();
    long status, wanted = SHOJI_OK;
    bool is_owner;

    if (!pd[asker].there)
        return;
    if (group[g].id == 0) {
        status = mmp_alloc_group_call(pd[asker].id);
        if (short_of_memory(status))
            return;
        assert_true(status >= SUP_GROUP_FIRST);
        memset(&group[g], 0, sizeof group[g]);
        group[g].id = (component_t)status;
        group[g].owner = (int)asker;
        return;
    }
    is_owner = group[g].owner == (int)asker;
    switch (random_below(9)) {
    case 0:
        status = mmp_free_group_call(group[g].id, pd[asker].id);
        assert_int_equal(status, is_owner ? SHOJI_OK : SHOJI_EPERM);
        if (status == SHOJI_OK) {
            group[g].id = 0;
            memset(right[INDICES + g], 0, sizeof *right);
        }
        return;
    case 1:
    case 2:
    case 3:
        asker = random_one_in(2) ? (unsigned)group[g].owner : asker;
        status = mmp_group_admit_call(group[g].id, pd[who].there ? pd[who].id : 0, pd[asker].id);
        wanted = group[g].owner != (int)asker ? SHOJI_EPERM : !pd[who].there ? SHOJI_ENOENT : SHOJI_OK;
        assert_int_equal(status, wanted);
        if (status == SHOJI_OK)
            group[g].admitted[who] = true;
        return;
    case 4:
        status = mmp_group_expel_call(group[g].id, pd[who].there ? pd[who].id : 0, pd[asker].id);
        wanted = !is_owner                                   ? SHOJI_EPERM
                 : !pd[who].there || !group[g].admitted[who] ? SHOJI_ENOENT
                                                             : SHOJI_OK;
        assert_int_equal(status, wanted);
        if (status == SHOJI_OK)
            group[g].admitted[who] = group[g].in[who] = false;
        return;
    case 5:
        status = mmp_group_leave_call(group[g].id, pd[asker].id);
        assert_int_equal(status, group[g].in[asker] ? SHOJI_OK : SHOJI_ESAME);
        group[g].in[asker] = false;
        return;
    default:
        status = mmp_group_join_call(group[g].id, pd[asker].id);
        wanted = !group[g].admitted[asker] ? SHOJI_EPERM : group[g].in[asker] ? SHOJI_ESAME : SHOJI_OK;
        if (wanted == SHOJI_OK && short_of_memory(status))
            return;
        assert_int_equal(status, wanted);
        group[g].in[asker] |= status == SHOJI_OK;
    }
}

static void boot(void)
{
    void *arena = mmap((void *)(uintptr_t)ARENA_BASE, INDICES * SLOT_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

    assert_ptr_equal(arena, (void *)(uintptr_t)ARENA_BASE);
    layout_reset();
    mmp_domains_start();
    memset(system_state.index_of_id, NO_COMPONENT, sizeof system_state.index_of_id);
    system_state.manifest.component_count = STATIC;
    system_state.manifest.pool_count = 0;
    for (unsigned c = 0; c < INDICES; c++) {
        pd[c].parent = -1;
        for (unsigned p = 0; p < PAGES; p++)
            owner[c][p] = -1;
    }
    /* The rest of the slots is somebody's, whom nobody knows. */
    for (unsigned i = INDICES; i < MANIFEST_SLOTS; i++)
        pages_give(page_at(i, 0), PAGE_BYTES, MANIFEST_SLOTS - 1);
    for (unsigned c = 0; c < STATIC; c++) {
        uint32_t base = ARENA_BASE + c * SLOT_BYTES;

        pd[c] = (struct pd_model){
            .there = true, .id = c + 1, .parent = -1, .budget = BUDGET, .domain = next_domain++};
        system_state.present |= 1ull << c;
        system_state.index_of_id[c + 1] = (uint8_t)c;
        system_state.manifest.components[c].id = c + 1;
        system_state.components[c] = (struct component){.base = base,
                                                        .gates = base + GATES_OFFSET,
                                                        .heap_base = base,
                                                        .heap_next = base,
                                                        .heap_end = base + GATES_OFFSET,
                                                        .budget = BUDGET,
                                                        .parent = NO_COMPONENT};
        assert_int_equal(layout_component_add(c, c + 1), SHOJI_OK);
    }
}

static void test_random_calls(void **state)
{
    static void (*const steps[])(void) = {step_perm,  step_perm,  step_perm,  step_perm, step_alloc,
                                          step_alloc, step_free,  step_chown, step_make, step_end,
                                          step_move,  step_group, step_group};

    (void)state;
    random_start("random_calls");
    boot();
    for (unsigned i = 0; i < 36000; i++) {
        steps[random_below(sizeof steps / sizeof *steps)]();
        if (i < 400 || i % 6 == 0)
            everything_look();
    }
    print_message("random_calls: %u done, %u short of memory\n", done, refused);
    assert_true(done > 2000);
    /* All that was made goes, and nothing is left of it. */
    for (unsigned i = STATIC; i < INDICES; i++)
        while (pd[i].there) {
            int heir = pd[i].parent;

            assert_int_equal(mmp_free_PD_call(pd[i].id, 0, pd[heir].id), SHOJI_OK);
            model_end(i, heir);
        }
    everything_look();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_calls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
