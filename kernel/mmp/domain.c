/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Domains as MMP sees them: the root tables, the domain table, and what the hardware is told to forget.
 *
 * Ids: 0x8000 + component id is a component's home; 0x8000 + TAG_FIRST + domain number is a domain's tag.
 *
 * Invariants:
 * 1. Every component's root table has the global slots' entries, whatever else it selects.
 * 2. A descriptor is written by one store: it is never half valid.
 */
#include "protection.h"

#include "mmp/arch.h"
#include "mmp/parts.h"
#include "mmp/registers.h"
#include "panic.h"

#define TAG_FIRST 256u
#define PD_TABLES (PD_COUNT + PD_DEVICES)
#define ID_COUNT (TAG_FIRST + PD_TABLES)

struct descriptor {
    uint64_t name; /* root | tag << 32 | flags << 48 */
    uint64_t zero;
};
_Static_assert(sizeof(struct descriptor) == MMP_DD_SIZE, "domain descriptor (manual 3)");
_Static_assert(MMP_DD_ROOT == 0 && MMP_DD_TAG == 4 && MMP_DD_FLAGS == 6, "domain descriptor (manual 3)");
_Static_assert(ARENA_BASE % SLOT_BYTES == 0 && GATES_OFFSET == MMP_GATE_SPACE_OFFSET,
               "gate space (manual 5.1)");

static uint32_t roots[PD_TABLES][MMP_ROOT_ENTRIES] __attribute__((aligned(MMP_ROOT_BYTES)));
static struct descriptor descriptors[ID_COUNT] __attribute__((aligned(MMP_DD_SIZE)));

void pd_select(struct pd pd, unsigned root_slot, struct view view)
{
    roots[pd.number][root_slot] = view.word;
}

void pd_select_same(struct pd pd, struct pd like, unsigned first, uint64_t slots)
{
    uint32_t *to = roots[pd.number] + first;
    const uint32_t *from = roots[like.number] + first;

    for (; slots != 0; slots &= slots - 1)
        to[__builtin_ctzll(slots)] = from[__builtin_ctzll(slots)];
}

void pd_select_none(struct pd pd, unsigned first, uint64_t slots)
{
    for (; slots != 0; slots &= slots - 1)
        roots[pd.number][first + (unsigned)__builtin_ctzll(slots)] = 0;
}

struct view pd_selected(struct pd pd, unsigned root_slot)
{
    return (struct view){roots[pd.number][root_slot]};
}

unsigned pd_bytes(void)
{
    return sizeof roots[0] + sizeof descriptors[0];
}

struct pd_id pd_tag(struct pd pd)
{
    return (struct pd_id){(uint16_t)(MMP_PD_USER | (TAG_FIRST + pd.number))};
}

struct pd_id pd_home(uint32_t component)
{
    ASSERT(component > 0 && component < TAG_FIRST, "component ids are 1 to 255");
    return (struct pd_id){(uint16_t)(MMP_PD_USER | component)};
}

uint8_t pd_home_of(struct pd_id id)
{
    return (uint8_t)id.value;
}

struct pd pd_of_tag(uint16_t id)
{
    uint32_t index = id & MMP_PD_INDEX_MASK;

    return (struct pd){(uint8_t)(index >= TAG_FIRST && index < TAG_FIRST + PD_COUNT ? index - TAG_FIRST : 0)};
}

static uint64_t name_of(struct pd pd)
{
    return (uint32_t)(uintptr_t)roots[pd.number] | (uint64_t)pd_tag(pd).value << 32 |
           (uint64_t)MMP_DD_VALID << 48;
}

struct pd pd_of_device(unsigned device)
{
    return (struct pd){(uint8_t)(PD_COUNT + device)};
}

void pd_name(struct pd_id id, struct pd pd)
{
    descriptors[id.value & MMP_PD_INDEX_MASK].name = name_of(pd);
}

void pd_name_each(const struct pd_id ids[64], uint64_t which, struct pd pd)
{
    uint64_t name = name_of(pd);

    for (; which != 0; which &= which - 1)
        descriptors[ids[__builtin_ctzll(which)].value & MMP_PD_INDEX_MASK].name = name;
}

void pd_name_tags(const uint64_t numbers[2], struct pd pd)
{
    uint64_t name = name_of(pd);

    for (unsigned i = 0; i < 2; i++)
        for (uint64_t left = numbers[i]; left != 0; left &= left - 1)
            descriptors[TAG_FIRST + 64 * i + (unsigned)__builtin_ctzll(left)].name = name;
}

void pd_unname(struct pd_id id)
{
    descriptors[id.value & MMP_PD_INDEX_MASK].name = 0;
}

void pd_close(struct pd_id id)
{
    descriptors[id.value & MMP_PD_INDEX_MASK].name &= ~((uint64_t)MMP_DD_VALID << 48);
}

struct pd pd_named(struct pd_id id)
{
    return pd_of_tag((uint16_t)(descriptors[id.value & MMP_PD_INDEX_MASK].name >> 32));
}

static void invalidate(uint16_t id, uint32_t address, unsigned log2)
{
    mmp_register_write(MMP_MSR_INVAL, (uint64_t)address << 32 | (uint64_t)log2 << 16 | id);
}

void pd_forget(struct pd pd)
{
    invalidate(pd_tag(pd).value, 0, 32);
}

void memory_forget(uint32_t address, uint32_t bytes)
{
    uint32_t differs = address ^ (address + bytes - 1);
    unsigned log2 = differs < 4 ? 2 : 32 - (unsigned)__builtin_clz(differs);

    invalidate(0, log2 < 32 ? address >> log2 << log2 : 0, log2);
}

void protection_global(unsigned root_slot, struct view view)
{
    for (unsigned i = 0; i < PD_COUNT; i++)
        roots[i][root_slot] = view.word;
}

void mmp_domains_start(void)
{
    mmp_register_write(MMP_MSR_DTBASE, (uintptr_t)descriptors);
    mmp_register_write(MMP_MSR_DTCOUNT, ID_COUNT);
    mmp_register_write(MMP_MSR_GWLO, ARENA_BASE);
    mmp_register_write(MMP_MSR_GWHI, ARENA_END);
}
