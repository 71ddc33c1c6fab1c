/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cross-domain call stack (manual 6.4; HotOS section 3.3): where its free and its top frame are. What
 * frames mean is gate.c's and interrupt.c's, who also move xsp.
 *
 * 1. A frame handed out lies in [xbase, xlimit) and in memory, as a whole.
 */
#include "parts.h"

#define FIELD(field, offset)                                                                                 \
    static_assert(offsetof(struct mmp_xframe, field) == (offset), "frame (manual 6.4)")
FIELD(rip, MMP_XFRAME_RIP);
FIELD(rsp, MMP_XFRAME_RSP);
FIELD(fb, MMP_XFRAME_FB);
FIELD(pd, MMP_XFRAME_PD);
FIELD(kind, MMP_XFRAME_KIND);
FIELD(flags, MMP_XFRAME_FLAGS);
FIELD(rbx, MMP_XFRAME_RBX);
FIELD(rbp, MMP_XFRAME_RBP);
FIELD(r12, MMP_XFRAME_R12);
FIELD(r13, MMP_XFRAME_R13);
FIELD(r14, MMP_XFRAME_R14);
FIELD(r15, MMP_XFRAME_R15);
FIELD(gate, MMP_XFRAME_GATE);
FIELD(reserved, MMP_XFRAME_GATE + 8);
static_assert(sizeof(struct mmp_xframe) == MMP_XFRAME_BYTES, "frame (manual 6.4)");

struct mmp_xframe *mmp_callstack_free(const struct mmp_state *s, const struct mmp_memory *m, unsigned frames)
{
    if (s->xsp < s->xbase || s->xsp > s->xlimit || s->xlimit - s->xsp < (uint64_t)frames * MMP_XFRAME_BYTES)
        return NULL;
    return (struct mmp_xframe *)mmp_memory_at(m, s->xsp, MMP_XFRAME_BYTES);
}

const struct mmp_xframe *mmp_callstack_top(const struct mmp_state *s, const struct mmp_memory *m)
{
    if (s->xsp > s->xlimit || s->xsp < s->xbase || s->xsp - s->xbase < MMP_XFRAME_BYTES)
        return NULL;
    return (const struct mmp_xframe *)mmp_memory_at(m, s->xsp - MMP_XFRAME_BYTES, MMP_XFRAME_BYTES);
}
