/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The GLB of glb.h.
 */
#include "glb.h"

#include "parts.h"

#define ENTRIES_MAX 4096u

bool mmp_glb_shape_ok(const struct mmp_glb_shape *shape)
{
    return shape->entries >= 1 && shape->entries <= ENTRIES_MAX;
}

void mmp_glb_make(struct mmp_glb *glb, const struct mmp_glb_shape *shape, struct mmp_glb_entry *storage)
{
    *glb = (struct mmp_glb){.entry = storage, .entries = shape->entries};
    memset(storage, 0, shape->entries * sizeof *storage);
}

bool mmp_glb_use(struct mmp_glb *glb, uint64_t gate, uint64_t descriptor)
{
    struct mmp_glb_entry *oldest = glb->entry;

    for (struct mmp_glb_entry *e = glb->entry; e < glb->entry + glb->entries; e++) {
        if (e->used != 0 && e->gate == gate) {
            e->used = ++glb->clock;
            return true;
        }
        if (e->used < oldest->used)
            oldest = e;
    }
    *oldest = (struct mmp_glb_entry){.gate = gate, .descriptor = descriptor, .used = ++glb->clock};
    return false;
}

static bool meets(uint64_t at, uint64_t bytes, uint64_t start, uint64_t end)
{
    return at < end && start < at + bytes;
}

unsigned mmp_glb_written(struct mmp_glb *glb, uint64_t start, uint64_t end)
{
    unsigned dropped = 0;

    for (struct mmp_glb_entry *e = glb->entry; e < glb->entry + glb->entries; e++) {
        if (e->used != 0 && (meets(e->gate, MMP_GATE_BYTES, start, end) ||
                             (e->descriptor != 0 && meets(e->descriptor, MMP_DD_SIZE, start, end)))) {
            e->used = 0;
            dropped++;
        }
    }
    return dropped;
}
