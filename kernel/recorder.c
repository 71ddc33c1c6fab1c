/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The recorder. What it keeps lies in the memory that memory_map.h sets aside, which is in no table: the
 * hardware's ring of records, a ring of notes, and the counts of all edges as they were at the start and at
 * the end.
 *
 * 1. A note says which record came next (`at`), so both together are one order of events, whatever clocks
 * say.
 * 2. The counts at the start and the first record, and the last record and the counts at the end, have no
 * invocation between them: all of it is done in one supervisor call or interrupt.
 * 3. What has been overwritten is known by its number: the rings keep the last.
 */
#include "recorder.h"

#include <stddef.h>

#include "cpu/clock.h"
#include "layout/layout.h"
#include "supervisor/layout.h"
#include "system.h"
#include "text.h"
#include "thread.h"

#define NOTES (NOTES_BYTES / sizeof(struct sup_note))
#define EDGES (EDGES_BYTES / sizeof(struct sup_edge))
_Static_assert(SUP_RECORDS == RECORDS_BYTES / PROTECTION_RECORD_BYTES && SUP_NOTES == NOTES,
               "what memory_map.h sets aside");
_Static_assert(SUP_RECORD_CALL == RECORD_CALL && SUP_RECORD_PASS == RECORD_PASS &&
                   SUP_RECORD_RETURN == RECORD_RETURN && SUP_RECORD_INTERRUPT == RECORD_INTERRUPT &&
                   SUP_RECORD_RESUME == RECORD_RESUME && SUP_RECORD_THREAD == RECORD_STACK,
               "kinds");

static bool recording;
static struct sup_recording last;         /* that is kept, or being made */
static uint64_t end_time;                 /* 0: none */
static uint64_t moves_seen;               /* the number of the last that has a note */
static uint8_t domain_of[MANIFEST_SLOTS]; /* as the notes tell; 0: there is no such component */
static uint32_t edge_count[2];
static uint64_t gone; /* slots whose component is not the one, if any, that it was as the recording began */

static struct sup_edge *edges(unsigned which)
{
    return (struct sup_edge *)(uintptr_t)(EDGES_BASE + which * EDGES_BYTES);
}

static component_t id_of(unsigned index)
{
    return index < MANIFEST_SLOTS ? system_state.manifest.components[index].id : 0;
}

static void edges_read(unsigned which)
{
    uint32_t there = edges_tell(edges(which), EDGES);

    edge_count[which] = there < EDGES ? there : EDGES;
}

/* ---- Notes ---- */

static struct sup_note *note_at(uint64_t number)
{
    return &((struct sup_note *)(uintptr_t)NOTES_BASE)[number % NOTES];
}

/* The next note: its time and place are written, the rest is the caller's. */
static struct sup_note *note_begin(uint32_t kind)
{
    struct sup_note *note = note_at(last.notes++);

    *note = (struct sup_note){
        .time = clock_now(), .at = protection_record_count(), .kind = kind, .thread = SUP_NO_THREAD};
    return note;
}

static void note_move(const struct layout_move *move)
{
    struct sup_note *note = note_begin(move->split ? SUP_NOTE_SPLIT : SUP_NOTE_MERGE);

    note->component = id_of(move->split ? move->from : move->into);
    note->other = move->split ? 0 : id_of(move->from);
    note->thread = thread_number(thread_current());
}

static void notes_place(void)
{
    for (unsigned i = 0; i < MANIFEST_SLOTS; i++) {
        uint8_t now = system_has(i) ? layout_domain(i).number : 0;

        if (now == domain_of[i])
            continue;
        struct sup_note *note = note_begin(SUP_NOTE_PLACED);

        note->component = id_of(i);
        note->from = domain_of[i];
        note->to = now;
        text_copy(note->text, sizeof note->text, system_name(i));
        domain_of[i] = now;
    }
}

void recorder_moved(void)
{
    struct layout_move move;

    if (!recording)
        return;
    while (moves_seen < layout_moves())
        if (layout_move_number(++moves_seen, &move))
            note_move(&move);
    notes_place();
}

void recorder_named(unsigned component)
{
    struct sup_note *note;

    if (!recording)
        return;
    note = note_begin(SUP_NOTE_PLACED);
    note->component = id_of(component);
    note->from = note->to = domain_of[component];
    text_copy(note->text, sizeof note->text, system_name(component));
}

void recorder_gone(unsigned component)
{
    gone |= 1ull << component;
    recorder_moved();
}

bool recorder_is_gone(unsigned component)
{
    return gone >> component & 1;
}

void recorder_failed(unsigned component, const struct thread *thread, struct pd pd, const char *report)
{
    struct sup_note *note;

    if (!recording)
        return;
    note = note_begin(SUP_NOTE_FAULT);
    note->component = id_of(component);
    note->thread = thread_number(thread);
    note->from = pd.number;
    text_copy(note->text, sizeof note->text, report);
}

void recorder_state(unsigned component, uint32_t state)
{
    if (!recording)
        return;
    note_begin(state == SUP_RUNS ? SUP_NOTE_RUNS : SUP_NOTE_DOWN)->component = id_of(component);
}

void recorder_say(unsigned component, const char *text, uint64_t bytes)
{
    struct sup_note *note;

    if (!recording)
        return;
    note = note_begin(SUP_NOTE_SAID);
    note->component = id_of(component);
    note->thread = thread_number(thread_current());
    __builtin_memcpy(note->text, text, bytes < sizeof note->text ? bytes : sizeof note->text - 1);
}

/* ---- Which invocations each thread is in as it starts ---- */

static void note_open(const struct thread *thread, uint64_t gate, uint64_t stack)
{
    struct sup_note *note = note_begin(SUP_NOTE_OPEN);

    note->thread = thread_number(thread);
    note->gate = (uint32_t)gate;
    note->stack = stack;
}

static void notes_open(const struct thread *thread)
{
    unsigned depth = 0;

    while (call_stack_frame(&thread->stack, depth).kind != FRAME_NONE)
        depth++;
    if (depth == 0 || thread->state == THREAD_OVER)
        return;
    note_open(thread, 0, thread->stack.limit + STACK_BYTES);
    while (depth-- > 0) {
        struct frame frame = call_stack_frame(&thread->stack, depth);

        if (frame.kind == FRAME_CALL && frame.gate != 0 && thread_of_stack(frame.rsp) == thread)
            note_open(thread, frame.gate, frame.rsp);
    }
}

/* ---- Start and end ---- */

long recorder_start(uint64_t microseconds)
{
    struct thread *thread;

    if (recording)
        return SHOJI_EBUSY;
    last = (struct sup_recording){
        .state = SUP_RECORDING, .number = last.number + 1, .per_second = clock_per_second()};
    moves_seen = layout_moves();
    gone = 0;
    __builtin_memset(domain_of, 0, sizeof domain_of);
    call_stack_save(&thread_current()->stack);
    edges_read(0);
    last.begin = clock_now();
    end_time = microseconds != 0 ? last.begin + microseconds * last.per_second / 1000000 : 0;
    protection_record_start(RECORDS_BASE, RECORDS_BYTES);
    recording = true;
    notes_place();
    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        notes_open(thread);
    last.first_thread = thread_number(thread_current());
    return SHOJI_OK;
}

long recorder_stop(void)
{
    if (!recording)
        return SHOJI_ESAME;
    recording = false;
    protection_record_stop();
    edges_read(1);
    last.end = clock_now();
    last.records = protection_record_count();
    last.state = SUP_RECORDED;
    return SHOJI_OK;
}

void recorder_tick(void)
{
    if (recording && end_time != 0 && clock_now() >= end_time)
        (void)recorder_stop();
}

/* ---- What was recorded ---- */

void recorder_describe(struct sup_recording *out)
{
    *out = last;
    if (recording) {
        out->records = protection_record_count();
        out->end = clock_now();
    }
}

static bool is_kept(uint64_t number, uint64_t count, uint64_t room)
{
    return !recording && number < count && count - number <= room;
}

static uint32_t thread_id(const struct thread *thread)
{
    return thread != NULL ? thread_number(thread) : SUP_NO_THREAD;
}

/* Whose record it is. Where an invocation returns to may be the very end of a stack. */
static const struct thread *thread_of(const struct protection_record *r)
{
    if (r->kind == RECORD_STACK)
        return thread_of_call_stack(r->place);
    return thread_of_stack(r->kind == RECORD_INTERRUPT || r->kind == RECORD_RESUME ? r->stack : r->stack - 1);
}

/* Does the thread's entry begin with this? */
static bool is_entry(const struct thread *thread, const struct protection_record *r)
{
    return r->kind == RECORD_RESUME && thread != NULL && r->place == thread->entry &&
           r->stack == thread->stack.limit + STACK_BYTES - 8;
}

bool recorder_record(uint64_t number, struct sup_record *out)
{
    struct protection_record r;
    const struct thread *thread;

    if (!is_kept(number, last.records, SUP_RECORDS))
        return false;
    r = protection_record(number);
    thread = thread_of(&r);
    *out = (struct sup_record){.time = r.time,
                               .stack = r.stack,
                               .instructions = r.instructions,
                               .place = r.place,
                               .thread = thread_id(thread),
                               .kind = (uint8_t)(is_entry(thread, &r) ? SUP_RECORD_ENTRY : r.kind),
                               .from = r.from.number,
                               .to = r.to.number};
    return true;
}

bool recorder_note(uint64_t number, struct sup_note *out)
{
    if (!is_kept(number, last.notes, NOTES))
        return false;
    *out = *note_at(number);
    return true;
}

uint32_t recorder_edges(struct sup_edge *out, uint32_t count)
{
    uint32_t there = recording ? 0 : edge_count[1];

    for (uint32_t i = 0; i < there && i < count; i++) {
        out[i] = edges(1)[i];
        for (uint32_t k = 0; k < edge_count[0]; k++) {
            const struct sup_edge *before = &edges(0)[k];

            if (before->client != out[i].client || before->server != out[i].server ||
                before->invocations > out[i].invocations)
                continue;
            out[i].invocations -= before->invocations;
            out[i].gated -= before->gated;
            break;
        }
    }
    return there;
}
