/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group share: mmp_supr_set_perm. A caller opens words of its own frame to a callee: an argument on the
 * stack. The processor's stack registers already make every frame its activation's alone (manual 7.1), so
 * what is left to do is to open some words, and to close them when the activation ends, however it does.
 *
 * What a frame is could change while words of it are open: its activation could raise its stack pointer and
 * call somebody whose frame then lies where the words are. So they are put out of its reach: the frame base
 * comes down to them, below which all further frames are, and what is above it stays the activation's by a
 * grant of its own. A frame of the supervisor's is put below it on the call stack, and its return address is
 * replaced: by whichever way it returns, the supervisor closes what it opened first.
 *
 * 1. A thread's openings are those of activations that have not ended: the frame at `depth` is the
 * supervisor's.
 * 2. Open words do not lie below the page of the activation's frame base, hence not in the frames of what it
 * calls.
 */
#include "supervisor/frames.h"

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"

#define OPENINGS 4u

struct grant {
    uint32_t address, bytes;
    enum right right;
    unsigned component; /* index */
};
/* Of one activation. Its own grant comes first. */
struct opening {
    unsigned depth;          /* frames below the supervisor's on the call stack */
    uint64_t frame_base;     /* as it was */
    uint64_t return_address; /* what stood there */
    unsigned first;          /* its grants: from here to the next opening's */
};
struct frames {
    struct opening openings[OPENINGS];
    struct grant grants[STACK_GRANTS];
    unsigned opening_count, grant_count;
};
static struct frames all[STACK_COUNT];

static struct frames *frames_of(const struct thread *thread)
{
    return &all[thread->number];
}

static unsigned depth_of(const struct call_stack *stack)
{
    return (unsigned)((stack->top - stack->base) / CALL_FRAME_BYTES);
}

void frames_forget(struct thread *thread)
{
    *frames_of(thread) = (struct frames){.opening_count = 0};
}

/* Activations that have been ended by something else than a return. */
static void trim(struct thread *thread)
{
    struct frames *frames = frames_of(thread);

    while (frames->opening_count != 0 &&
           depth_of(&thread->stack) <= frames->openings[frames->opening_count - 1].depth)
        frames->grant_count = frames->openings[--frames->opening_count].first;
}

/* Adds an entry for a domain, if there is room. */
static unsigned entry_add(struct stack_grant entries[], unsigned count, const struct grant *grant,
                          struct pd_id tag)
{
    for (unsigned i = 0; i < count; i++)
        if (entries[i].tag.value == tag.value && entries[i].address == grant->address)
            return count;
    if (count < STACK_GRANTS)
        entries[count++] = (struct stack_grant){
            .tag = tag, .address = grant->address, .bytes = grant->bytes, .right = grant->right};
    return count;
}

static void frames_reload(struct thread *thread)
{
    struct frames *frames = frames_of(thread);
    struct stack_grant entries[STACK_GRANTS];
    unsigned count = 0;

    for (unsigned i = 0; i < frames->grant_count; i++)
        if (system_has(frames->grants[i].component))
            count = entry_add(entries, count, &frames->grants[i],
                              pd_tag(layout_domain(frames->grants[i].component)));
    /* Where an invocation of the component's goes on in a domain from before a split. */
    for (unsigned i = 0; i < frames->grant_count; i++) {
        struct frame frame;

        for (unsigned n = 0; (frame = call_stack_frame(&thread->stack, n)).kind != FRAME_NONE; n++) {
            struct pd pd = pd_named((struct pd_id){frame.id});

            if (frame.id != 0 && pd.number != 0 &&
                (layout_members(pd) >> frames->grants[i].component & 1) != 0)
                count = entry_add(entries, count, &frames->grants[i], pd_tag(pd));
        }
    }
    stack_grants_set(entries, count);
}

void frames_load(struct thread *thread)
{
    if (frames_of(thread)->opening_count == 0)
        return;
    trim(thread);
    frames_reload(thread);
}

/* ---- Opening ---- */

/* The caller of the supervisor, or NULL: it has opened nothing yet. */
static struct opening *opening_of(struct thread *thread)
{
    struct frames *frames = frames_of(thread);
    unsigned last = frames->opening_count - 1;

    return frames->opening_count != 0 && frames->openings[last].depth + 2 == depth_of(&thread->stack)
               ? &frames->openings[last]
               : NULL;
}

static struct opening *opening_make(struct thread *thread, unsigned component)
{
    struct frames *frames = frames_of(thread);
    struct frame top = call_stack_frame(&thread->stack, 0);
    struct opening *opening = &frames->openings[frames->opening_count++];

    *opening = (struct opening){.depth = depth_of(&thread->stack) - 1,
                                .frame_base = top.frame_base,
                                .return_address = *(const uint64_t *)(top.frame_base - 8),
                                .first = frames->grant_count};
    frames->grants[frames->grant_count++] =
        (struct grant){.address = (uint32_t)top.frame_base, .right = RIGHT_WRITE, .component = component};
    *(uint64_t *)(top.frame_base - 8) = (uintptr_t)thread_frames_end;
    call_stack_insert(&thread->stack, (uintptr_t)thread_frames_end);
    return opening;
}

/* The frame ends near `address` from now on; what is above is the activation's by its own grant. Frames of
 * callees begin on a page border below. Not at a multiple of 16: compiled code keeps its return addresses
 * just below one, and a `ret` just below the frame base is a return to the caller (manual 6.1). */
static void base_lower(struct thread *thread, struct opening *opening, uint32_t address)
{
    struct grant *own = &frames_of(thread)->grants[opening->first];
    uint32_t base = (address & ~15u) + 8;

    if (base >= own->address)
        return;
    own->address = base;
    own->bytes = (uint32_t)opening->frame_base - own->address;
    call_stack_rebase(&thread->stack, own->address);
}

/* The activation that called the supervisor is as it was before it opened anything. */
static void opening_close(struct thread *thread)
{
    struct frames *frames = frames_of(thread);
    struct opening *opening = &frames->openings[--frames->opening_count];

    frames->grant_count = opening->first;
    *(uint64_t *)(opening->frame_base - 8) = opening->return_address;
    call_stack_remove(&thread->stack, 1);
    call_stack_rebase(&thread->stack, opening->frame_base);
}

static bool meets(const struct grant *grant, uint32_t address, uint32_t bytes)
{
    return grant->address < address + bytes && address < grant->address + grant->bytes;
}

/* Grants of this activation that meet the words: `component`'s, or, if it is NO_COMPONENT, all but the
 * caller's own and `but`'s. */
static void grants_drop(struct frames *frames, const struct opening *opening, uint32_t address,
                        uint32_t bytes, unsigned component, unsigned but)
{
    unsigned kept = opening->first + 1;

    for (unsigned i = kept; i < frames->grant_count; i++) {
        struct grant *grant = &frames->grants[i];

        if (!meets(grant, address, bytes) ||
            (component == NO_COMPONENT ? grant->component == but : grant->component != component))
            frames->grants[kept++] = *grant;
    }
    frames->grant_count = kept;
}

/* Words of the caller's frame, as it is or was before it opened some. */
static bool in_frame(struct thread *thread, const struct opening *opening, uint64_t address, uint64_t bytes)
{
    struct frame top = call_stack_frame(&thread->stack, 0);
    uint64_t end = opening != NULL ? opening->frame_base : top.frame_base;

    return address >= top.rsp && address <= end - 8 && bytes <= end - 8 - address;
}

static long open(struct thread *thread, struct opening *opening, unsigned caller, struct grant grant,
                 bool exclusive)
{
    struct frames *frames = frames_of(thread);

    if (opening == NULL) {
        if (frames->opening_count == OPENINGS || frames->grant_count + 2 > STACK_GRANTS ||
            !call_stack_has_room(&thread->stack))
            return SHOJI_EMEMORY;
        opening = opening_make(thread, caller);
    } else if (frames->grant_count == STACK_GRANTS) {
        return SHOJI_EMEMORY;
    }
    if (exclusive)
        grants_drop(frames, opening, grant.address, grant.bytes, NO_COMPONENT, grant.component);
    base_lower(thread, opening, grant.address);
    frames->grants[frames->grant_count++] = grant;
    return SHOJI_OK;
}

static long close_words(struct thread *thread, struct opening *opening, const struct grant *grant,
                        bool exclusive)
{
    struct frames *frames = frames_of(thread);

    if (opening == NULL)
        return SHOJI_OK;
    grants_drop(frames, opening, grant->address, grant->bytes, exclusive ? NO_COMPONENT : grant->component,
                NO_COMPONENT);
    if (frames->grant_count == opening->first + 1)
        opening_close(thread);
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_supr_set_perm, uint64_t address, uint64_t bytes, uint32_t perm, uint32_t exclusive,
                component_t to, component_t badge)
{
    unsigned caller = caller_of(badge).component, component = system_component(to);
    struct thread *thread = thread_current();
    struct opening *opening;
    struct grant grant = {
        .address = (uint32_t)address, .bytes = (uint32_t)bytes, .right = perm, .component = component};
    long status;

    if ((address | bytes) % 4 != 0 || bytes == 0 || perm > RIGHT_WRITE)
        return SHOJI_EINVAL;
    if (component == NO_COMPONENT)
        return SHOJI_ENOENT;
    call_stack_save(&thread->stack);
    trim(thread);
    opening = opening_of(thread);
    if (!in_frame(thread, opening, address, bytes))
        return SHOJI_EPERM;
    if (component == caller) /* it has its frame: only others can lose something */
        status =
            perm == RIGHT_WRITE ? close_words(thread, exclusive ? opening : NULL, &grant, true) : SHOJI_EPERM;
    else if (perm == RIGHT_NONE)
        status = close_words(thread, opening, &grant, exclusive);
    else
        status = open(thread, opening, caller, grant, exclusive);
    call_stack_load(&thread->stack);
    if (status == SHOJI_OK)
        frames_reload(thread);
    return status;
}

/* ---- The end of an activation ---- */

/* The supervisor's frame has been popped. */
void thread_frames_ended(uint64_t rax, uint64_t rdx)
{
    struct thread *thread = thread_current();

    call_stack_save(&thread->stack);
    trim(thread);
    frames_reload(thread);
    cpu_return_both(rax, rdx, call_stack_frame(&thread->stack, 0).rip);
}

bool frames_cover(const struct thread *thread, unsigned component, uint64_t address, uint64_t bytes,
                  enum right right)
{
    const struct frames *frames = frames_of(thread);

    for (unsigned i = 0; i < frames->grant_count; i++) {
        const struct grant *grant = &frames->grants[i];

        if (grant->component == component && address >= grant->address &&
            address <= grant->address + (uint64_t)grant->bytes &&
            bytes <= grant->address + (uint64_t)grant->bytes - address &&
            (right == RIGHT_READ || grant->right == right))
            return true;
    }
    return false;
}

bool frames_returned(const struct registers *registers)
{
    struct thread *thread = thread_current();
    const struct opening *last;

    if (registers->vector != PROTECTION_VECTOR || registers->rip != (uintptr_t)thread_frames_end)
        return false;
    call_stack_save(&thread->stack);
    last = opening_of(thread);
    if (last == NULL || registers->rsp != last->frame_base)
        return false;
    call_stack_drop(&thread->stack); /* the interrupt's, and the supervisor's */
    call_stack_drop(&thread->stack);
    call_stack_load(&thread->stack);
    thread_frames_ended(registers->rax, registers->rdx);
    return true;
}
