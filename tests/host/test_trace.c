/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Traces as JSON, over recordings of a machine that is played here: threads that invoke, gated and merged,
 * return, and are preempted at random. It knows when each invocation really began and ended, and who made it;
 * the trace must tell the same.
 */
// links: components/mpd_manager/trace/trace.c components/mpd_manager/trace/trace_line.c
// links: components/mpd_manager/trace/trace_event.c components/mpd_manager/trace/trace_threads.c
// links: components/mpd_manager/trace/trace_domains.c components/mpd_manager/trace/trace_notes.c
// links: components/mpd_manager/trace/trace_names.c components/mpd_manager/trace/trace_slices.c
// links: tests/host/recorder_fake.c tests/host/seeded.c build/src/yyjson/src/yyjson.c
// includes: . tests/host components/mpd_manager/* components/interface components/runtime
// includes: build/src/yyjson/src kernel/include policy
// flags: -Wno-unused-parameter
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder_fake.h"
#include "seeded.h"
#include "trace.h"
#include "trace_slices.h"
#include "yyjson.h"

#define THREADS 3u
#define DEPTH 40u
#define COMPONENTS 6u
#define STACK_END(thread) (0x4000000u + 0x10000u * ((thread) + 1))
#define RATE 1000000000u /* a nanosecond a count */
#define BEGIN 5000u

/* ---- The machine ---- */

struct invocation {
    uint32_t thread, gate;
    bool gated;
    uint64_t begin, end, told; /* end: really; told: by the latest, by a record of its thread */
    long parent;               /* its number, or -1 */
    uint64_t after;
    uint8_t client_domain;
};
static struct invocation *made;
static uint64_t made_count;
static long inside[THREADS][DEPTH];             /* numbers */
static long untold[THREADS][FAKE_RECORDS / 64]; /* numbers of those that ended with no record yet */
static unsigned untold_count[THREADS];
static unsigned depth[THREADS];
static uint8_t domain[THREADS];
static uint32_t running;
static uint64_t now, instructions;

static uint64_t stack_of(uint32_t thread)
{
    return depth[thread] ? made[inside[thread][depth[thread] - 1]].after - 8 : STACK_END(thread) - 8;
}

static void tell_ends(uint32_t thread)
{
    while (untold_count[thread] > 0)
        made[untold[thread][--untold_count[thread]]].told = now;
}

static void record(uint8_t kind, uint32_t thread, uint64_t stack, uint32_t place, uint8_t from, uint8_t to)
{
    fake_records[fake_recording.records++] = (struct sup_record){.time = BEGIN + now,
                                                                 .stack = stack,
                                                                 .instructions = (uint32_t)instructions,
                                                                 .place = place,
                                                                 .thread = thread,
                                                                 .kind = kind,
                                                                 .from = from,
                                                                 .to = to};
}

static void pass_time(void)
{
    now += 1 + random_below(2000);
    instructions += random_below(500);
}

/* Whose code the thread is in. A component that is invoked has a larger number than its client. */
static component_t place_of(uint32_t thread)
{
    return depth[thread] ? fake_gates[made[inside[thread][depth[thread] - 1]].gate].server : 1;
}

static void invoke(void)
{
    uint32_t gate = (uint32_t)random_below(fake_gate_count);
    bool gated = random_one_in(2);
    struct invocation *it = &made[made_count];
    if (fake_gates[gate].client != place_of(running) || depth[running] == DEPTH)
        return;
    *it = (struct invocation){.thread = running,
                              .gate = gate,
                              .gated = gated,
                              .begin = now,
                              .parent = depth[running] ? inside[running][depth[running] - 1] : -1,
                              .after = stack_of(running) - 8 * random_from(1, 4),
                              .client_domain = domain[running]};
    uint8_t to = gated ? (uint8_t)(1 + (domain[running] + random_below(6)) % 7) : domain[running];
    record(gated ? SUP_RECORD_CALL : SUP_RECORD_PASS, running, it->after, FAKE_GATE(gate), domain[running],
           to);
    tell_ends(running);
    domain[running] = to;
    inside[running][depth[running]++] = (long)made_count++;
    fake_edges[gate].invocations++;
    fake_edges[gate].gated += gated;
}

static void leave(void)
{
    struct invocation *it;
    if (!depth[running])
        return;
    it = &made[inside[running][--depth[running]]];
    it->end = now;
    if (!it->gated) { /* nobody is told */
        untold[running][untold_count[running]++] = it - made;
        return;
    }
    record(SUP_RECORD_RETURN, running, it->after, FAKE_GATE(it->gate), domain[running], it->client_domain);
    domain[running] = it->client_domain;
    tell_ends(running);
}

static void preempt(void)
{
    uint32_t next = (uint32_t)random_below(THREADS);
    record(SUP_RECORD_INTERRUPT, running, stack_of(running), 0x1000, domain[running], 0);
    tell_ends(running);
    pass_time();
    record(SUP_RECORD_THREAD, next, 0, 0x2000, 0, 0);
    running = next;
    pass_time();
    record(SUP_RECORD_RESUME, running, stack_of(running), 0x1000, 0, domain[running]);
    tell_ends(running);
}

/* For a while, for the thread that runs: components are placed then. */
static void to_supervisor(void)
{
    record(SUP_RECORD_INTERRUPT, running, stack_of(running), 0x1000, domain[running], 0);
    pass_time();
}

static void from_supervisor(void)
{
    pass_time();
    record(SUP_RECORD_RESUME, running, stack_of(running), 0x1000, 0, domain[running]);
}

static void machine_start(void)
{
    free(made);
    made = calloc(FAKE_RECORDS, sizeof *made);
    made_count = now = instructions = 0;
    memset(depth, 0, sizeof depth);
    for (uint32_t i = 0; i < THREADS; i++)
        domain[i] = (uint8_t)(i + 1);
    running = 0;
    memset(untold_count, 0, sizeof untold_count);
    fake_gate_count = 0;
    for (component_t client = 1; client < COMPONENTS; client++)
        for (component_t server = client + 1; server <= COMPONENTS; server++) {
            uint32_t n = fake_gate_count++;
            fake_gates[n] = (struct sup_record_gate){.client = client, .server = server, .function = "f\"0"};
            fake_gates[n].function[2] = (char)('a' + n);
            fake_edges[n] = (struct sup_edge){.client = client, .server = server};
        }
    fake_edge_count = fake_gate_count;
    fake_recording = (struct sup_recording){
        .state = SUP_RECORDED, .number = 1, .begin = BEGIN, .per_second = RATE, .first_thread = 0};
    /* The supervisor began it, for thread 0. */
    record(SUP_RECORD_RETURN, 0, stack_of(0), FAKE_GATE(0), 0, domain[0]);
}

static void note(uint32_t kind, component_t component, component_t other, uint16_t from, uint16_t to,
                 const char *text)
{
    struct sup_note *n = &fake_notes[fake_recording.notes++];
    *n = (struct sup_note){.time = BEGIN + now,
                           .at = fake_recording.records,
                           .kind = kind,
                           .component = component,
                           .other = other,
                           .from = from,
                           .to = to,
                           .thread = running};
    strncpy(n->text, text, sizeof n->text - 1);
}

/* ---- What the trace says ---- */

static const struct layout *layout(void)
{
    static struct layout l;
    l.components_count = 8;
    for (uint32_t i = 0; i < 8; i++) {
        l.components[i].id = i + 1;
        l.components[i].name[0] = (char)('a' + i);
        l.components[i].domain = i + 1;
    }
    return &l;
}

/* The whole text, read in pieces of any size: however it is cut, it is the same. */
static char *render(uint64_t *bytes)
{
    struct trace *t = trace_open(&fake_recording, layout());
    uint64_t room = 1 << 20;
    char *text = malloc(room);
    long got;
    assert_non_null(t);
    *bytes = 0;
    do {
        uint64_t piece = random_from(512, 9000);
        if (room - *bytes < 10000)
            text = realloc(text, room *= 2);
        got = trace_read(t, text + *bytes, piece);
        assert_true(got >= 0 && (uint64_t)got <= piece);
        *bytes += (uint64_t)got;
    } while (got > 0);
    assert_int_equal(trace_read(t, text, 512), 0);
    trace_close(t);
    return text;
}

static const char *text_of(yyjson_val *event, const char *key)
{
    return yyjson_get_str(yyjson_obj_get(event, key));
}

/* In nanoseconds: microseconds have three decimals. */
static uint64_t time_of(yyjson_val *event)
{
    return (uint64_t)(yyjson_get_num(yyjson_obj_get(event, "ts")) * 1000 + 0.5);
}

/* Each thread's B and E, one by one, against what was made. */
static void compare_threads(yyjson_val *events)
{
    static long open[THREADS][DEPTH + 1];
    unsigned opened[THREADS] = {0};
    uint64_t next[THREADS] = {0}, found = 0;
    size_t i, count;
    yyjson_val *event;
    yyjson_arr_foreach(events, i, count, event)
    {
        uint64_t thread = yyjson_get_uint(yyjson_obj_get(event, "tid")) - 1;
        char phase = text_of(event, "ph")[0];
        if (yyjson_get_uint(yyjson_obj_get(event, "pid")) != 1 || (phase != 'B' && phase != 'E'))
            continue;
        assert_in_range(thread, 0, THREADS - 1);
        if (phase == 'B') {
            char name[16];
            yyjson_val *args = yyjson_obj_get(event, "args");
            while (made[next[thread]].thread != thread)
                next[thread]++;
            const struct invocation *it = &made[next[thread]];
            snprintf(name, sizeof name, "%c.f?%c", 'a' + (int)fake_gates[it->gate].server - 1,
                     'a' + (int)it->gate);
            assert_string_equal(text_of(event, "name"), name);
            assert_int_equal(yyjson_get_bool(yyjson_obj_get(args, "gated")), it->gated);
            assert_int_equal(time_of(event), it->begin);
            assert_int_equal(opened[thread] ? open[thread][opened[thread] - 1] : -1, it->parent);
            open[thread][opened[thread]++] = (long)next[thread]++;
            found++;
        } else {
            assert_true(opened[thread] > 0);
            const struct invocation *it = &made[open[thread][--opened[thread]]];
            uint64_t end = it->end ? it->gated ? it->end : it->told ? it->told : now : now;
            assert_int_equal(time_of(event), end);
            assert_int_equal(text_of(event, "name")[4], 'a' + it->gate);
            assert_true(!it->end || time_of(event) >= it->end);
        }
    }
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(opened[t], 0);
    assert_int_equal(found, made_count);
}

/* How often the records say that another thread runs, or another domain. */
static uint64_t runs_of_records(void)
{
    uint64_t runs = 1;
    uint32_t thread = fake_recording.first_thread;
    uint8_t in = 0;
    for (uint64_t i = 0; i < fake_recording.records; i++) {
        const struct sup_record *r = &fake_records[i];
        runs += r->thread != thread || r->to != in;
        thread = r->thread;
        in = r->to;
    }
    return runs;
}

/* Only one thread runs at a time, all of the time, in the domain that the records name. */
static void compare_domains(yyjson_val *events)
{
    uint64_t at = 0, runs = 0;
    size_t i, count;
    yyjson_val *event;
    const char *name = 0; /* of the thread that runs */
    int64_t tid = 0;
    yyjson_arr_foreach(events, i, count, event)
    {
        const char *category = text_of(event, "cat");
        assert_int_not_equal(text_of(event, "ph")[0], 'X');
        if (category && strcmp(category, "thread") == 0) {
            assert_null(name);
            assert_int_equal(time_of(event), at);
            name = text_of(event, "name");
            tid = yyjson_get_sint(yyjson_obj_get(event, "tid"));
            runs++;
        } else if (name && text_of(event, "ph")[0] == 'E' &&
                   yyjson_get_sint(yyjson_obj_get(event, "tid")) == tid) {
            assert_string_equal(text_of(event, "name"), name);
            at = time_of(event);
            name = 0;
        }
    }
    assert_null(name);
    assert_int_equal(at, now);
    assert_int_equal(runs, runs_of_records());
}

static void compare_edges(yyjson_val *edges)
{
    size_t i, count;
    yyjson_val *edge;
    uint64_t all = 0;
    yyjson_arr_foreach(edges, i, count, edge) all += yyjson_get_uint(yyjson_obj_get(edge, "invocations"));
    assert_int_equal(all, made_count);
}

static void test_random_recordings(void **state)
{
    random_start(__func__);
    for (unsigned round = 0; round < 40; round++) {
        uint64_t steps = random_below(3000), bytes;
        machine_start();
        for (uint64_t i = 0; i < steps; i++) {
            pass_time();
            if (random_one_in(8))
                preempt();
            else if (random_one_in(2))
                invoke();
            else
                leave();
        }
        pass_time();
        fake_recording.end = BEGIN + now;
        char *text = render(&bytes);
        yyjson_doc *document = yyjson_read(text, bytes, 0);
        assert_non_null(document);
        yyjson_val *root = yyjson_doc_get_root(document);
        compare_threads(yyjson_obj_get(root, "traceEvents"));
        compare_domains(yyjson_obj_get(root, "traceEvents"));
        compare_edges(yyjson_obj_get(yyjson_obj_get(root, "otherData"), "edges"));
        yyjson_doc_free(document);
        free(text);
    }
}

/* What ends, ends under the name that it began with, on every track. */
static void compare_names(const char *text, uint64_t bytes)
{
    static const char *open[2000][DEPTH];
    unsigned opened[2000] = {0};
    size_t i, count;
    yyjson_val *event;
    yyjson_doc *document = yyjson_read(text, bytes, 0);
    assert_non_null(document);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(document), "traceEvents"), i, count, event)
    {
        uint64_t tid = yyjson_get_uint(yyjson_obj_get(event, "tid"));
        char phase = text_of(event, "ph")[0];
        if (phase == 'B') {
            open[tid][opened[tid]++] = text_of(event, "name");
        } else if (phase == 'E') {
            assert_true(opened[tid] > 0);
            assert_string_equal(text_of(event, "name"), open[tid][--opened[tid]]);
        }
    }
    yyjson_doc_free(document);
}

/* Of what has gone, and of whose id and gate is another's now, the trace says what they were, or nothing:
 * layout() knows other names. */
static void test_names_are_those_of_then(void **state)
{
    uint64_t bytes;
    machine_start();
    fake_gates[0].client = 1, fake_gates[0].server = 2; /* f?a */
    to_supervisor();
    note(SUP_NOTE_PLACED, 1, 0, 0, 1, "alpha");
    note(SUP_NOTE_PLACED, 2, 0, 0, 2, "beta");
    from_supervisor();
    for (uint8_t to = 2; to <= 4; to++) { /* the third time it was a gate to somebody else */
        pass_time();
        record(SUP_RECORD_CALL, 0, stack_of(0) - 8, FAKE_GATE(0), 1, to);
        pass_time();
        record(SUP_RECORD_RETURN, 0, stack_of(0) - 8, FAKE_GATE(0), to, 1);
        if (to != 2)
            continue;
        to_supervisor();
        note(SUP_NOTE_PLACED, 2, 0, 2, 0, "beta");
        note(SUP_NOTE_PLACED, 2, 0, 0, 3, "aside");
        pass_time();
        record(SUP_RECORD_INTERRUPT, SUP_NO_THREAD, 0, 0x3000, 0, 0); /* its track has shown that name */
        note(SUP_NOTE_PLACED, 2, 0, 3, 3, "gamma");
        from_supervisor();
    }
    fake_recording.end = BEGIN + now;
    char *text = render(&bytes);
    const char *first = strstr(text, "beta.f?a"), *second = strstr(text, "gamma.f?a");
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(strstr(second, "a gate that is gone"));
    assert_non_null(strstr(text, "\"name\":\"aside\""));
    assert_non_null(strstr(text, "\"client\":\"alpha\""));
    assert_null(strstr(text, "b.f?a"));
    compare_names(text, bytes);
    free(text);
}

/* The last records and notes are told, and nested; how many are not is said. Where components were is known
 * all the same. */
static void test_overflow(void **state)
{
    uint64_t bytes, events = 0;
    long open[2000] = {0};
    bool placed = false;
    size_t i, count;
    yyjson_val *event;
    random_start(__func__);
    machine_start();
    note(SUP_NOTE_PLACED, 3, 0, 0, 3, "");
    for (unsigned n = 0; n < SUP_NOTES + 500; n++)
        note(SUP_NOTE_SAID, 1, 0, 0, 0, "said");
    while (fake_recording.records < SUP_RECORDS + 20000) {
        now++;
        if (random_one_in(8))
            preempt();
        else if (random_one_in(2) && depth[running] < DEPTH && made_count < FAKE_RECORDS - 1)
            record(SUP_RECORD_CALL, running, stack_of(running) - 8 * ++depth[running], FAKE_GATE(1), 1, 2),
                depth[running]--;
        else
            record(SUP_RECORD_RETURN, running, STACK_END(running) - 16, FAKE_GATE(1), 2, 1);
    }
    fake_recording.end = BEGIN + ++now;
    char *text = render(&bytes);
    yyjson_doc *document = yyjson_read(text, bytes, 0);
    assert_non_null(document);
    yyjson_val *root = yyjson_doc_get_root(document), *summary = yyjson_obj_get(root, "otherData");
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(summary, "lost")), fake_recording.records - SUP_RECORDS);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(summary, "notes_lost")), 501);
    yyjson_arr_foreach(yyjson_obj_get(root, "traceEvents"), i, count, event)
    {
        uint64_t tid = yyjson_get_uint(yyjson_obj_get(event, "tid"));
        char phase = text_of(event, "ph")[0];
        open[tid] += phase == 'B' ? 1 : phase == 'E' ? -1 : 0;
        assert_true(open[tid] >= 0);
        events++;
        placed |= phase == 'B' && tid == 1003 && strcmp(text_of(event, "name"), "c") == 0;
    }
    for (unsigned tid = 0; tid < 2000; tid++)
        assert_int_equal(open[tid], 0);
    assert_true(events > SUP_RECORDS / 2 && placed);
    yyjson_doc_free(document);
    free(text);
}

/* Invocations nested deeper than there is room for are left out, counted, and do no harm. */
static void test_too_deep(void **state)
{
    uint64_t bytes;
    machine_start();
    fake_gates[1].server = fake_gates[1].client;
    for (unsigned n = 0; n < TRACE_SLICES + 100; n++)
        record(SUP_RECORD_PASS, 0, STACK_END(0) - 8 * (n + 1), FAKE_GATE(1), 1, 1);
    record(SUP_RECORD_RETURN, 0, STACK_END(0), FAKE_GATE(0), 1, 1);
    record(SUP_RECORD_PASS, 0, STACK_END(0) - 8, FAKE_GATE(1), 1, 1);
    fake_recording.end = BEGIN + 10;
    char *text = render(&bytes);
    yyjson_doc *document = yyjson_read(text, bytes, 0);
    yyjson_val *summary = yyjson_obj_get(yyjson_doc_get_root(document), "otherData");
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(summary, "too_deep")), 100);
    yyjson_doc_free(document);
    free(text);
}

/* A thread that is interrupted before the first instruction of its entry begins it once; one that begins it
 * again without having told of its end has left the first one, and all in it. */
static void test_entries(void **state)
{
    static const struct {
        char phase;
        uint64_t time;
    } wanted[] = {{'B', 20}, {'B', 60}, {'E', 70}, {'E', 70}, {'B', 70}, {'E', 90}};
    const uint32_t place = 0x1000;
    uint64_t bytes;
    size_t i, count, found = 0;
    yyjson_val *event;
    machine_start();
    now = 20;
    record(SUP_RECORD_ENTRY, 1, STACK_END(1) - 8, place, 0, 1);
    now = 30;
    record(SUP_RECORD_INTERRUPT, 1, STACK_END(1) - 8, place, 1, 0);
    now = 40;
    record(SUP_RECORD_THREAD, 2, 0, 0x2000, 0, 0);
    record(SUP_RECORD_RESUME, 2, STACK_END(2) - 64, place, 0, 1);
    record(SUP_RECORD_INTERRUPT, 2, STACK_END(2) - 64, place, 1, 0);
    record(SUP_RECORD_THREAD, 1, 0, 0x2000, 0, 0);
    now = 50;
    record(SUP_RECORD_ENTRY, 1, STACK_END(1) - 8, place, 0, 1);
    now = 60;
    record(SUP_RECORD_CALL, 1, STACK_END(1) - 64, FAKE_GATE(1), 1, 2);
    record(SUP_RECORD_INTERRUPT, 1, STACK_END(1) - 128, place + 64, 2, 0);
    now = 70;
    record(SUP_RECORD_ENTRY, 1, STACK_END(1) - 8, place, 0, 1);
    now = 90;
    fake_recording.end = BEGIN + now;
    char *text = render(&bytes);
    yyjson_doc *document = yyjson_read(text, bytes, 0);
    assert_non_null(document);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(document), "traceEvents"), i, count, event)
    {
        if (yyjson_get_uint(yyjson_obj_get(event, "tid")) != 2 || text_of(event, "ph")[0] == 'M')
            continue;
        assert_true(found < sizeof wanted / sizeof *wanted);
        assert_int_equal(text_of(event, "ph")[0], wanted[found].phase);
        assert_int_equal(time_of(event), wanted[found++].time);
    }
    assert_int_equal(found, sizeof wanted / sizeof *wanted);
    yyjson_doc_free(document);
    free(text);
}

/* What components say, and reports of faults, are any text. */
static void test_texts(void **state)
{
    uint64_t bytes;
    machine_start();
    note(SUP_NOTE_PLACED, 2, 0, 0, 2, "");
    note(SUP_NOTE_SAID, 1, 0, 0, 0, "a \"quoted\" \\ \n\x01\xc3\xa4 text");
    note(SUP_NOTE_FAULT, 2, 0, 2, 0, "fault: \"b\"");
    note(SUP_NOTE_MERGE, 2, 99, 0, 0, "");
    note(77, 1, 1, 1, 1, "of a kind that nobody knows");
    fake_recording.end = BEGIN + 10;
    char *text = render(&bytes);
    yyjson_doc *document = yyjson_read(text, bytes, 0);
    assert_non_null(document);
    text = realloc(text, bytes + 1);
    text[bytes] = 0;
    assert_non_null(strstr(text, "\"name\":\"a \\\"quoted\\\" \\\\ \\u000a\\u0001?? text\""));
    assert_non_null(strstr(text, "\"explanation\":\"fault: \\\"b\\\"\""));
    assert_non_null(strstr(text, "merge gone into b"));
    assert_non_null(strstr(text, "\"name\":\"quoted ?name?\""));
    yyjson_doc_free(document);
    free(text);
}

/* Another recording took its place meanwhile: the reader is told that this is not the end. */
static void test_gone(void **state)
{
    char piece[4096];
    long got;
    machine_start();
    for (unsigned n = 0; n < 1000; n++)
        record(SUP_RECORD_PASS, 0, STACK_END(0) - 8, FAKE_GATE(1), 1, 1);
    struct trace *t = trace_open(&fake_recording, layout());
    assert_true(trace_read(t, piece, sizeof piece) > 0);
    fake_recording.state = SUP_RECORDING;
    while ((got = trace_read(t, piece, sizeof piece)) > 0)
        ;
    assert_int_equal(got, SHOJI_EBUSY);
    trace_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_recordings),
                                       cmocka_unit_test(test_names_are_those_of_then),
                                       cmocka_unit_test(test_overflow),
                                       cmocka_unit_test(test_too_deep),
                                       cmocka_unit_test(test_entries),
                                       cmocka_unit_test(test_texts),
                                       cmocka_unit_test(test_gone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
