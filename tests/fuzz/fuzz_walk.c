/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables of any content: the model finds what the plain reader finds, byte by byte, and reads nothing
 * outside.
 */
// links: mmp_hw/model/table.c mmp_hw/model/runlength.c mmp_hw/model/permission.c mmp_hw/model/spt.c
// links: mmp_hw/model/domain.c tests/host/mmp_tables.c tests/host/seeded.c
// includes: mmp_hw/include mmp_hw/model tests/host tests/fuzz
#include <stdlib.h>

#include "input.h"
#include "mmp_tables.h"
#include "model.h"

static bool may(unsigned perm, int access)
{
    return access == MMP_ACCESS_LOAD ? perm != 0 : access == MMP_ACCESS_STORE ? perm == 2 : perm == 3;
}

static void access_check(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr, uint64_t size,
                         int access)
{
    struct mmp_fault fault = {0};
    bool ok = mmp_check(s, m, addr, size, access, &fault);
    unsigned kind = 0, perm = 0;
    uint64_t at = addr, entry;

    for (uint64_t i = 0; i < size && kind == 0; i++) {
        uint64_t byte = addr + i, word = byte / 4 * 4;
        bool stack = access != MMP_ACCESS_FETCH && word >= s->sl && word + 3 < s->fb;

        at = byte;
        if (byte >= UINT64_C(0x100000000))
            kind = MMP_FAULT_PERMISSION;
        else if (!plain_permission(m->base, m->size, s->root, word, &perm, &entry)) {
            kind = MMP_FAULT_MALFORMED;
            at = entry;
        } else if (!may(perm, access) && !stack)
            kind = MMP_FAULT_PERMISSION;
    }
    CHECK(ok == (kind == 0));
    CHECK(ok || (fault.kind == kind && fault.addr == at));
}

static void page_check(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr)
{
    uint64_t page = addr / 4096 * 4096;
    struct mmp_page rights;
    struct mmp_fault fault;

    mmp_page_rights(s, m, addr, &rights);
    for (int access = 0; access < 3; access++) {
        unsigned allowed = 0;

        for (uint64_t word = page; word < page + 4096; word += 4)
            allowed += mmp_check(s, m, word, 4, access, &fault);
        CHECK(rights.rights[access] == (allowed == 1024 ? MMP_RIGHTS_ALL
                                        : allowed == 0  ? MMP_RIGHTS_NONE
                                                        : MMP_RIGHTS_MIXED));
    }
}

/* A header of addresses, then memory: entries that lead somewhere are made likely by adding the input's own
 * bytes to a frame of pointers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct mmp_state s = {.enabled = true, .pdid = 0x8001, .root = 0x1000};
    uint32_t frame = (uint32_t)input_take(&in, 1), root_index = (uint32_t)input_below(&in, 1024),
             mid_index = (uint32_t)input_below(&in, 1024);
    uint64_t addr = (uint64_t)root_index << 22 | mid_index << 12 | input_below(&in, 4096);
    uint64_t bytes = input_below(&in, 200), memory_size = 0x3000 + input_below(&in, 0x1000);
    uint8_t *memory = calloc(1, memory_size);
    struct mmp_memory m = {memory, memory_size};
    uint32_t entry;

    s.sl = (addr & ~UINT64_C(0xfff)) + input_below(&in, 0x2000) - 0x800;
    s.fb = s.sl + input_below(&in, 0x1800);
    if (frame % 2 == 0) {
        s.sl = s.fb = 0;
    }
    entry = frame & 2 ? (uint32_t)input_take(&in, 4) : 0x2000;
    memcpy(memory + 0x1000 + 4 * root_index, &entry, 4);
    entry = frame & 4 ? (uint32_t)input_take(&in, 4) : 0x3000u | (frame >> 4 & 7);
    memcpy(memory + 0x2000 + 4 * mid_index, &entry, 4);
    for (uint64_t at = 0x3000; at + 4 <= memory_size && in.size > 0; at += 4) {
        entry = (uint32_t)input_take(&in, 4);
        memcpy(memory + at, &entry, 4);
    }
    for (int access = 0; access < 3; access++)
        access_check(&s, &m, addr, bytes, access);
    page_check(&s, &m, addr);
    free(memory);
    return 0;
}
