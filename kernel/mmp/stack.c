/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stack registers and cross-domain call stacks (docs/mmp-manual.md, 6 and 7): reading frames, and forging
 * those with which a thread starts.
 */
#include <stddef.h>

#include "protection.h"

#include "mmp/arch.h"
#include "mmp/registers.h"
#include "panic.h"

#define TICKS_SHIFT 22u
_Static_assert(UINT32_MAX >> TICKS_SHIFT == CALL_TICKS_MAX, "the bits above rflags");

struct xframe {
    uint64_t rip, rsp, fb;
    uint16_t pd, kind;
    uint32_t flags;
    uint64_t rbx, rbp, r12, r13, r14, r15, gate;
    uint64_t unused[5];
};
_Static_assert(sizeof(struct xframe) == MMP_XFRAME_BYTES && CALL_FRAME_BYTES == MMP_XFRAME_BYTES,
               "frame (manual 6)");
_Static_assert(offsetof(struct xframe, rip) == MMP_XFRAME_RIP &&
                   offsetof(struct xframe, rsp) == MMP_XFRAME_RSP &&
                   offsetof(struct xframe, fb) == MMP_XFRAME_FB &&
                   offsetof(struct xframe, pd) == MMP_XFRAME_PD &&
                   offsetof(struct xframe, kind) == MMP_XFRAME_KIND &&
                   offsetof(struct xframe, flags) == MMP_XFRAME_FLAGS &&
                   offsetof(struct xframe, r15) == MMP_XFRAME_R15 &&
                   offsetof(struct xframe, gate) == MMP_XFRAME_GATE,
               "frame (manual 6)");
_Static_assert(sizeof(struct call_stack) == MMP_SD_BYTES && offsetof(struct call_stack, limit) == MMP_SD_SL &&
                   offsetof(struct call_stack, frame_base) == MMP_SD_FB &&
                   offsetof(struct call_stack, base) == MMP_SD_XBASE &&
                   offsetof(struct call_stack, end) == MMP_SD_XLIMIT &&
                   offsetof(struct call_stack, top) == MMP_SD_XSP,
               "stack descriptor (manual 7.2)");

static struct xframe *frame_at(uint64_t address)
{
    return (struct xframe *)address;
}

void call_stack_switch(struct call_stack *to)
{
    mmp_register_write(MMP_MSR_STACK, (uintptr_t)to);
}

void call_stack_save(struct call_stack *running)
{
    running->top = mmp_register_read(MMP_MSR_XSP);
    running->frame_base = mmp_register_read(MMP_MSR_FB);
}

void call_stack_load(const struct call_stack *running)
{
    mmp_register_write(MMP_MSR_XSP, running->top);
    mmp_register_write(MMP_MSR_FB, running->frame_base);
}

struct frame call_stack_frame(const struct call_stack *stack, unsigned n)
{
    uint64_t at = stack->top - (n + 1ull) * MMP_XFRAME_BYTES;
    const struct xframe *frame = frame_at(at);

    if (at < stack->base || at > stack->top)
        return (struct frame){.kind = FRAME_NONE};
    return (struct frame){.kind = frame->kind == MMP_XFRAME_CALL ? FRAME_CALL : FRAME_INTERRUPT,
                          .id = frame->pd,
                          .rip = frame->rip,
                          .rsp = frame->rsp,
                          .frame_base = frame->fb,
                          .gate = frame->kind == MMP_XFRAME_CALL ? frame->gate : 0};
}

uint64_t call_stack_return_address(void)
{
    const struct xframe *frame = frame_at(mmp_register_read(MMP_MSR_XSP) - MMP_XFRAME_BYTES);

    ASSERT(frame->kind == MMP_XFRAME_CALL, "the supervisor was called");
    return frame->rip;
}

void call_stack_named(const struct call_stack *stack, uint64_t named[2])
{
    for (uint64_t at = stack->base; at < stack->top; at += MMP_XFRAME_BYTES) {
        unsigned number = pd_of_tag(frame_at(at)->pd).number;

        named[number / 64] |= 1ull << number % 64;
    }
}

uint64_t call_stack_start(struct call_stack *stack, uint64_t stack_end, struct pd_id id, uint64_t rip)
{
    struct xframe *call = frame_at(stack->base), *interrupt = frame_at(stack->base + MMP_XFRAME_BYTES);

    *call = (struct xframe){
        .rip = rip, .rsp = SUPERVISOR_STACK_END, .fb = SUPERVISOR_STACK_END, .kind = MMP_XFRAME_CALL};
    *interrupt = (struct xframe){
        .rip = rip, .rsp = stack_end, .fb = stack_end, .pd = id.value, .kind = MMP_XFRAME_INTERRUPT};
    stack->top = stack->base + 2 * MMP_XFRAME_BYTES;
    stack->frame_base = stack_end;
    *(uint64_t *)(stack_end - 8) = rip;
    return stack_end - 8;
}

void call_stack_drop(struct call_stack *stack)
{
    stack->top -= MMP_XFRAME_BYTES;
    stack->frame_base = SUPERVISOR_STACK_END;
}

void call_stack_divert(struct call_stack *stack, unsigned n, uint64_t rip)
{
    struct xframe *frame = frame_at(stack->top - (n + 1ull) * MMP_XFRAME_BYTES);

    ASSERT(frame->kind == MMP_XFRAME_CALL, "only calls return");
    *frame = (struct xframe){.rip = rip,
                             .rsp = SUPERVISOR_STACK_END,
                             .fb = SUPERVISOR_STACK_END,
                             .kind = MMP_XFRAME_CALL,
                             .gate = frame->gate};
    /* The callee's return address is compared with the frame's. The supervisor's own is written as it
     * returns. */
    if (n != 0 && frame[1].fb != SUPERVISOR_STACK_END)
        *(uint64_t *)(frame[1].fb - 8) = rip;
}

bool call_stack_has_room(const struct call_stack *stack)
{
    return stack->end - stack->top >= (MMP_XFRAME_RESERVE + 1ull) * MMP_XFRAME_BYTES;
}

void call_stack_insert(struct call_stack *stack, uint64_t rip)
{
    struct xframe *frame = frame_at(stack->top - MMP_XFRAME_BYTES);

    frame[1] = frame[0];
    frame[0] = (struct xframe){.rip = rip,
                               .rsp = SUPERVISOR_STACK_END,
                               .fb = SUPERVISOR_STACK_END,
                               .kind = MMP_XFRAME_CALL,
                               .flags = frame[-1].flags,
                               .gate = frame[-1].gate};
    stack->top += MMP_XFRAME_BYTES;
}

void call_stack_remove(struct call_stack *stack, unsigned n)
{
    struct xframe *frame = frame_at(stack->top - (n + 1ull) * MMP_XFRAME_BYTES);

    for (; n > 0; n--, frame++)
        frame[0] = frame[1];
    stack->top -= MMP_XFRAME_BYTES;
}

void call_stack_rebase(struct call_stack *stack, uint64_t frame_base)
{
    frame_at(stack->top - MMP_XFRAME_BYTES)->fb = frame_base;
}

void stack_grants_set(const struct stack_grant grants[], unsigned count)
{
    for (unsigned i = 0; i < MMP_SPT_ENTRIES; i++) {
        uint64_t value = 0;

        if (i < count)
            value = grants[i].tag.value | (uint64_t)(grants[i].bytes / 4) << MMP_SPT_WORDS_SHIFT |
                    (uint64_t)grants[i].right << MMP_SPT_PERM_SHIFT |
                    (uint64_t)grants[i].address << MMP_SPT_START_SHIFT;
        mmp_register_write(MMP_MSR_SPT + i, value);
    }
}
_Static_assert(STACK_GRANTS == MMP_SPT_ENTRIES, "stack permissions table (manual 7.7)");
_Static_assert(STACK_BYTES / 4 - 1 <= MMP_SPT_WORDS_MASK, "a grant is part of a stack");

void call_stack_rename(struct call_stack *stack, unsigned n, struct pd_id id)
{
    frame_at(stack->top - (n + 1ull) * MMP_XFRAME_BYTES)->pd = id.value;
}

/* The ticks are counted where the hardware writes zeroes when it makes the frame, and looks at nothing but
 * IF: in the reserved upper bits of rflags (manual 5.3, 6.2). So they are this invocation's, and cost
 * nothing. */
unsigned call_stack_tick(struct call_stack *stack)
{
    struct xframe *call = frame_at(stack->top - 2 * MMP_XFRAME_BYTES);

    if ((uint64_t)(uintptr_t)call < stack->base || call->kind != MMP_XFRAME_CALL)
        return 0;
    if (call->flags >> TICKS_SHIFT != CALL_TICKS_MAX)
        call->flags += 1u << TICKS_SHIFT;
    return call->flags >> TICKS_SHIFT;
}

void call_stack_drop_interrupt(void)
{
    uint64_t top = mmp_register_read(MMP_MSR_XSP) - MMP_XFRAME_BYTES;

    ASSERT(frame_at(top)->kind == MMP_XFRAME_INTERRUPT, "an exception pushed the top frame");
    mmp_register_write(MMP_MSR_XSP, top);
    mmp_register_write(MMP_MSR_FB, SUPERVISOR_STACK_END);
}
