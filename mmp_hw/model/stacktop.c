/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The frames on chip of stacktop.h.
 */
#include "stacktop.h"

static uint64_t start_of(const struct mmp_stacktop *top)
{
    return top->end - (uint64_t)top->held * MMP_XFRAME_BYTES;
}

unsigned mmp_stacktop_spill(struct mmp_stacktop *top, uint64_t spilled[])
{
    unsigned count = 0;

    for (; top->held > 0; top->held--)
        spilled[count++] = start_of(top);
    return count;
}

unsigned mmp_stacktop_push(struct mmp_stacktop *top, uint64_t xsp, uint64_t spilled[])
{
    unsigned count = 0;

    if (top->end != xsp - MMP_XFRAME_BYTES) /* software moved xsp */
        count = mmp_stacktop_spill(top, spilled);
    top->end = xsp;
    top->held++;
    if (top->held > top->frames) {
        spilled[count++] = start_of(top);
        top->held--;
    }
    return count;
}

bool mmp_stacktop_pop(struct mmp_stacktop *top, uint64_t xsp)
{
    bool held = top->held > 0 && top->end == xsp + MMP_XFRAME_BYTES;

    if (held) {
        top->held--;
    } else {
        top->held = 0; /* there is none: software moved xsp, and its frames were spilled then */
    }
    top->end = xsp;
    return held;
}
