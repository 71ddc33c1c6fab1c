/* SPDX-License-Identifier: BSD-2-Clause */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calibration.h"
#include "connection_manager/connections.h"
#include "content.h"
#include "control_stream.h"
#include "governor.h"
#include "http_parser/request.h"
#include "mutex.h"
#include "runtime.h"
#include "token.h"
#include "yyjson.h"

/* ---- The supervisor ---- */

const char *component_names[COMPONENTS] = {"scheduler", "mpd_manager", "tcp", "ip", "vnic"};
uint32_t component_parents[COMPONENTS];
static struct shoji_global global = {.tick_us = 10000};
uint32_t domains[COMPONENTS], next_domain;
long supervisor_failure;
unsigned changes;
uint64_t seed_of_token = 1;

const char *const *manifest_lines;
uint64_t edge_counts[2], edge_gated[2], cycles_now;
uint64_t component_faults[COMPONENTS];

/* ---- static_content: two files, the second compressed, too ---- */

__asm__(".pushsection .bss\n.balign 4096\n.globl pool_dashboard, "
        "pool_dashboard_end\npool_dashboard:\n\t.zero 8192\n"
        "pool_dashboard_end:\n\t.zero 4096\n.popsection");
extern char pool_dashboard[];
struct page_file page_files[PAGE_FILES] = {
    {"/", "<!doctype html>", 15, 0x11}, {"/app.js", 0, 200000, 0x22}, {"/app.js.gz", 0, 100000, 0x33}};
long page_failure;
unsigned page_asked;

char page_byte(const struct page_file *file, uint64_t at)
{
    return file->text ? file->text[at] : (char)(at * 7 + file->tag + at / 251);
}

long static_page(void *piece, uint64_t path_bytes, uint64_t offset, uint64_t most)
{
    assert_ptr_equal(piece, pool_dashboard);
    assert_true(most <= CONTENT_META_AT && path_bytes > 0 && path_bytes < 256);
    page_asked++;
    if (page_failure)
        return page_failure;
    for (unsigned i = 0; i < PAGE_FILES; i++) {
        const struct page_file *file = &page_files[i];
        if (strlen(file->path) != path_bytes || memcmp(file->path, piece, path_bytes) != 0)
            continue;
        assert_true(offset <= file->bytes);
        uint64_t copied = file->bytes - offset < most ? file->bytes - offset : most;
        for (uint64_t at = 0; at < copied; at++)
            pool_dashboard[at] = page_byte(file, offset + at);
        ((struct content_meta *)(pool_dashboard + CONTENT_META_AT))->tag = file->tag;
        return (long)(file->bytes << 32 | copied);
    }
    return SHOJI_ENOENT;
}

/* ---- The runtime ---- */

char printed[4096];

void print_line(const char *format, ...)
{
    size_t used = strlen(printed);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(printed + used, sizeof printed - used, format, arguments);
    va_end(arguments);
}

void mutex_lock_contended(struct mutex *mutex)
{
    (void)mutex;
    fail_msg("there is one thread here: the lock is taken twice");
}

void mutex_unlock_contended(struct mutex *mutex)
{
    (void)mutex;
}

long sup_components(struct sup_component *out, uint32_t count)
{
    if (supervisor_failure)
        return supervisor_failure;
    for (unsigned i = 0; i < COMPONENTS && i < count; i++) {
        out[i] = (struct sup_component){.id = i + 1,
                                        .domain = domains[i],
                                        .memory_used = 4096,
                                        .memory_budget = 8192,
                                        .faults = component_faults[i]};
        strcpy(out[i].name, component_names[i]);
        out[i].parent = component_parents[i];
    }
    return COMPONENTS;
}

long sup_edges(struct sup_edge *out, uint32_t count)
{
    const struct sup_edge all[] = {{3, 4, 2, domains[2] != domains[3], edge_counts[0], edge_gated[0]},
                                   {4, 5, 1, domains[3] != domains[4], edge_counts[1], edge_gated[1]},
                                   {2, 0, 5, 1, 0, 0}};
    memcpy(out, all, (count < 3 ? count : 3) * sizeof *out);
    return 3;
}

long sup_counters(struct sup_counters *out)
{
    *out = (struct sup_counters){.instructions = 12345678901234ull,
                                 .gated = 20,
                                 .merges = 3 + changes,
                                 .cycles = cycles_now,
                                 .reports = reports};
    return 0;
}

uint64_t reports;

long sup_fault(uint64_t number, struct sup_fault *out)
{
    if (number < 1 || number > reports || number + SUP_FAULTS <= reports)
        return SHOJI_ENOENT;
    *out = (struct sup_fault){.number = number,
                              .tick = 100 * number,
                              .component = 5,
                              .caller = 4,
                              .domain = domains[4],
                              .instruction = 0x8400123,
                              .fell_count = 2,
                              .fell = {"ip", "vnic"},
                              .component_name = "vnic",
                              .caller_name = "ip",
                              .thread = "web",
                              .function = "vnic_send+0x4",
                              .place = "vnic.c:17",
                              .owner = "a word of tcp (data)",
                              .tried = "store of 4 bytes to 0x08000000, a word of tcp (data); \"no\" \xff",
                              .allowed = "",
                              .outcome = "rebooting ip vnic",
                              .text = "fault: vnic"};
    return SHOJI_OK;
}

long sup_crossings(void)
{
    return (long)(edge_gated[0] + edge_gated[1]);
}

uint64_t requests;

/* The only gate that is asked for, the third one, while there is a component of its client's name. */
long sup_gate(component_t client, uint32_t index, struct sup_gate *out)
{
    if (client != 3 || index > 3)
        return SHOJI_ENOENT;
    *out = (struct sup_gate){.server = 4, .invocations = index == 2 ? requests : 1000000};
    strcpy(out->function, index == 2 ? "content_get" : "content_more");
    return SHOJI_OK;
}

long pd_merge(component_t into, component_t from)
{
    if (supervisor_failure)
        return supervisor_failure;
    if (domains[into - 1] == domains[from - 1])
        return SHOJI_ESAME;
    uint32_t gone = domains[from - 1];
    for (unsigned i = 0; i < COMPONENTS; i++)
        if (domains[i] == gone)
            domains[i] = domains[into - 1];
    changes++;
    global.moves++;
    return 0;
}

long pd_split(component_t component)
{
    unsigned same = 0;
    for (unsigned i = 0; i < COMPONENTS; i++)
        same += domains[i] == domains[component - 1];
    if (same == 1)
        return SHOJI_ESAME;
    domains[component - 1] = next_domain++;
    changes++;
    global.moves++;
    return 0;
}

long pd_move(component_t component, component_t into)
{
    if (domains[component - 1] == domains[into - 1])
        return SHOJI_ESAME;
    domains[component - 1] = domains[into - 1];
    changes++;
    global.moves++;
    return 0;
}

unsigned domains_now(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < COMPONENTS; i++) {
        unsigned first = 0;
        while (domains[first] != domains[i])
            first++;
        count += first == i;
    }
    return count;
}

long pd_partition(const uint32_t *sets, uint32_t count)
{
    bool same = true;
    assert_int_equal(count, COMPONENTS);
    if (supervisor_failure)
        return supervisor_failure;
    for (unsigned i = 0; i < COMPONENTS; i++) {
        assert_in_range(sets[i], 0, SUP_SETS - 1);
        for (unsigned j = 0; j < i; j++)
            same &= (sets[i] == sets[j]) == (domains[i] == domains[j]);
    }
    if (same)
        return SHOJI_ESAME;
    unsigned before = domains_now();
    for (unsigned i = 0; i < COMPONENTS; i++)
        domains[i] = 1000 + sets[i];
    unsigned after = domains_now();
    global.moves++;
    changes += before < after ? after - before : before > after ? before - after : 1;
    return 0;
}

long sup_null(void)
{
    cycles_now += 7; /* what a crossing costs here */
    return SHOJI_OK;
}

long sup_policy_line(uint32_t index, char *out, uint64_t bytes)
{
    if (!manifest_lines || !manifest_lines[index])
        return SHOJI_ENOENT;
    assert_true(strlen(manifest_lines[index]) < bytes);
    strcpy(out, manifest_lines[index]);
    return (long)strlen(out);
}

extern const struct shoji_global shoji_global __attribute__((alias("global")));

uint64_t calibration_speed(void)
{
    return 100000000;
}

void pass(uint64_t ticks, uint64_t cycles, uint64_t first, uint64_t second)
{
    const uint64_t more[] = {first, second};
    global.ticks += ticks;
    cycles_now += cycles;
    for (unsigned i = 0; i < 2; i++) {
        edge_counts[i] += more[i];
        edge_gated[i] += domains[2 + i] != domains[3 + i] ? more[i] : 0;
    }
}

bool random_word(uint64_t *word)
{
    *word = seed_of_token * 0x9e3779b97f4a7c15u + 1;
    return seed_of_token++ != 0;
}

/* ---- A client ---- */

char reply[1 << 18];
size_t reply_bytes;
long closed;

void feed(long stream, const char *bytes, size_t count)
{
    while (count && !closed) {
        long taken = stream_write(stream, bytes, count);
        assert_true(taken > 0 && (size_t)taken <= count);
        bytes += taken;
        count -= taken;
        for (;;) {
            long result = stream_read(stream, reply + reply_bytes, 1500);
            if (result == SHOJI_EAGAIN || result == SHOJI_EBUSY)
                break;
            bool later = HTTP_IS_MORE(result) && !(result & HTTP_ROOM);
            assert_true(result >= 0 || HTTP_IS_MORE(result));
            reply_bytes += HTTP_BYTES(result);
            if (later)
                break;
            closed = result >= 0 ? result & HTTP_CLOSE : 0;
            if (closed)
                break;
        }
        reply[reply_bytes] = 0;
    }
}

void converse(const char *bytes, size_t count)
{
    reply_bytes = closed = 0;
    reply[0] = 0;
    long stream = stream_open(1);
    assert_true(stream > 0);
    feed(stream, bytes, count);
    stream_close(stream);
}

/* One request; `token` NULL: none. */
const char *ask(const char *method, const char *path, const char *token, const char *body)
{
    static char bytes[8192];
    int used = snprintf(bytes, sizeof bytes, "%s %s HTTP/1.1\r\nHost: shoji\r\n", method, path);
    if (token)
        used += snprintf(bytes + used, sizeof bytes - used, "Authorization: Bearer %s\r\n", token);
    used += snprintf(bytes + used, sizeof bytes - used, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    converse(bytes, used);
    const char *start = strstr(reply, "\r\n\r\n");
    assert_non_null(start);
    return start + 4;
}

int status(void)
{
    return atoi(reply + 9);
}

void assert_has(const char *text)
{
    if (!strstr(reply, text))
        fail_msg("\"%s\" is missing in: %.500s", text, reply);
}

/* A refusal is {"error":"A sentence."} with the right length. */
void assert_refused(int wanted, const char *word)
{
    if (status() != wanted)
        fail_msg("expected %d, got %.300s", wanted, reply);
    const char *body = strstr(reply, "\r\n\r\n") + 4;
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    assert_non_null(document);
    const char *sentence = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(document), "error"));
    assert_non_null(sentence);
    assert_int_equal(sentence[strlen(sentence) - 1], '.');
    if (!strstr(sentence, word))
        fail_msg("\"%s\" is missing in: %s", word, sentence);
    yyjson_doc_free(document);
    char length[64];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    assert_has(length);
}

int rig_start(void **state)
{
    static bool governor;
    (void)state;
    for (unsigned i = 0; i < COMPONENTS; i++)
        domains[i] = i + 1;
    next_domain = 100;
    supervisor_failure = 0;
    printed[0] = 0;
    edge_counts[0] = 1ull << 40;
    edge_gated[0] = 17;
    edge_counts[1] = edge_gated[1] = 3;
    if (!governor && !governor_start())
        return -1;
    governor = true;
    token_draw();
    ask("PUT", "/v1/policy", token_text(),
        "{\"mode\":\"isolated\",\"budget_percent\":10,\"period_ms\":250,\"crossing_cost\":\"measured\"}");
    changes = 0;
    return token_draw();
}
