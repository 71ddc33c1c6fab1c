/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The top of the cross-domain call stack on chip (manual 11.6; HotOS section 3.3): so many frames below xsp
 * that are not in memory yet. Which frames they are, not what they hold: the model keeps memory up to date.
 *
 * 1. The frames on chip are those of [end - held * MMP_XFRAME_BYTES, end), and held <= frames.
 */
#ifndef MMP_STACKTOP_H
#define MMP_STACKTOP_H

#include "machine.h"

struct mmp_stacktop {
    uint64_t end;
    uint32_t held, frames;
};

/* A frame was pushed below xsp. Appends to spilled[] the addresses of the frames that went to memory for it;
 * at most held + 1, returns how many. */
unsigned mmp_stacktop_push(struct mmp_stacktop *top, uint64_t xsp, uint64_t spilled[]);

/* The frame above xsp was popped: was it on chip? If not, it was read from memory. */
bool mmp_stacktop_pop(struct mmp_stacktop *top, uint64_t xsp);

/* All frames go to memory. */
unsigned mmp_stacktop_spill(struct mmp_stacktop *top, uint64_t spilled[]);

static inline bool mmp_stacktop_meets(const struct mmp_stacktop *top, uint64_t start, uint64_t end)
{
    return start < top->end && end > top->end - (uint64_t)top->held * MMP_XFRAME_BYTES;
}

#endif
