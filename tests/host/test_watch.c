/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events, viewers, history and the dashboard's files, over a supervisor that is a table (control_rig.h). What
 * a viewer is told is read by a parser of the test's own, whatever pieces it comes in.
 */
// with: tests/host/control_rig.links
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connection_manager/connections.h"
#include "control_rig.h"
#include "control_stream.h"
#include "events.h"
#include "governor.h"
#include "seeded.h"
#include "token.h"
#include "viewers.h"
#include "watch.h"
#include "yyjson.h"

/* ---- A viewer ---- */

#define RAW_BYTES (1u << 21)
#define EVENTS_MOST 4000

struct told {
    const char *kind, *id, *data; /* id: NULL if it has none */
};

struct seer {
    long stream;
    bool cut; /* the connection is closed */
    size_t bytes, text_bytes;
    unsigned count;
    char raw[RAW_BYTES], text[RAW_BYTES]; /* as it came; the body, cut into strings by read_events */
    struct told told[EVENTS_MOST];
};

static struct seer *seer_ask(const char *last_id)
{
    struct seer *seer = calloc(1, sizeof *seer);
    char request[300];
    int length = snprintf(request, sizeof request, "GET /v1/events HTTP/1.1\r\nHost: a\r\n%s%s%s\r\n",
                          last_id ? "lAsT-eVeNt-Id: " : "", last_id ? last_id : "", last_id ? "\r\n" : "");
    assert_non_null(seer);
    seer->stream = stream_open(1);
    assert_true(seer->stream > 0);
    assert_int_equal(stream_write(seer->stream, request, (uint64_t)length), length);
    return seer;
}

/* Reads what there is, `room` bytes at once. */
static void pull(struct seer *seer, uint64_t room)
{
    while (!seer->cut) {
        assert_true(seer->bytes + room < RAW_BYTES);
        long result = stream_read(seer->stream, seer->raw + seer->bytes, room);
        if (result == SHOJI_EBUSY || result == SHOJI_EAGAIN)
            return;
        assert_true(result >= 0 || HTTP_IS_MORE(result));
        assert_true((uint64_t)HTTP_BYTES(result) <= room);
        seer->bytes += HTTP_BYTES(result);
        seer->cut = result >= 0 && result & HTTP_CLOSE;
        if (result < 0 && !(result & HTTP_ROOM))
            return; /* that is all for now */
    }
}

/* The body out of its chunks, as far as they are whole. */
static void unchunk(struct seer *seer)
{
    const char *at = strstr(seer->raw, "\r\n\r\n");
    assert_non_null(at);
    assert_memory_equal(seer->raw, "HTTP/1.1 200 OK\r\n", 17);
    seer->text_bytes = 0;
    for (at += 4; at < seer->raw + seer->bytes;) {
        char *end;
        size_t length = strtoul(at, &end, 16);
        assert_true(length > 0 && end == at + 4 && end[0] == '\r' && end[1] == '\n');
        assert_true(end + 2 + length + 2 <= seer->raw + seer->bytes);
        memcpy(seer->text + seer->text_bytes, end + 2, length);
        seer->text_bytes += length;
        at = end + 2 + length;
        assert_memory_equal(at, "\r\n", 2);
        at += 2;
    }
    seer->text[seer->text_bytes] = 0;
}

/* All events so far. An event that is not whole is one only if the connection was cut. */
static void read_events(struct seer *seer)
{
    unchunk(seer);
    seer->count = 0;
    for (char *at = seer->text, *next; *at; at = next) {
        char *end = strstr(at, "\n\n");
        if (!end) {
            assert_true(seer->cut);
            return;
        }
        *end = 0;
        next = end + 2;
        struct told told = {0};
        for (char *line = strtok(at, "\n"); line; line = strtok(NULL, "\n")) {
            char *value = strstr(line, ": ");
            assert_non_null(value);
            *value = 0;
            value += 2;
            if (strcmp(line, "event") == 0)
                told.kind = value;
            else if (strcmp(line, "id") == 0)
                told.id = value;
            else if (strcmp(line, "data") == 0)
                told.data = value;
            else
                assert_string_equal(line, "retry");
        }
        assert_true(seer->count < EVENTS_MOST);
        seer->told[seer->count++] = told;
    }
}

static void look(struct seer *seer)
{
    pull(seer, 5120);
    read_events(seer);
}

static void seer_close(struct seer *seer)
{
    stream_close(seer->stream);
    free(seer);
}

static unsigned count_of(const struct seer *seer, const char *kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < seer->count; i++)
        count += seer->told[i].kind && strcmp(seer->told[i].kind, kind) == 0;
    return count;
}

static bool is(const struct told *told, const char *kind)
{
    return told->kind && strcmp(told->kind, kind) == 0;
}

static uint64_t number_in(const char *json, const char *key)
{
    yyjson_doc *document = yyjson_read(json, strlen(json), 0);
    assert_non_null(document);
    yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(document), key);
    assert_true(yyjson_is_uint(value));
    uint64_t number = yyjson_get_uint(value);
    yyjson_doc_free(document);
    return number;
}

/* A second goes by, with so many invocations. */
static void second(uint64_t first, uint64_t other)
{
    for (unsigned i = 0; i < 4; i++) {
        pass(25, 25000000, i ? 0 : first, i ? 0 : other);
        watch_turn();
    }
}

static int begin(void **state)
{
    for (long stream = 1; stream <= CONTROL_CONNECTIONS; stream++)
        stream_close(stream); /* what a test that failed has left */
    if (rig_start(state) < 0 || !events_start(0x1234abcd))
        return -1;
    reports = requests = 0;
    page_failure = 0;
    watch_start();
    second(0, 0);
    return 0;
}

/* ---- Events ---- */

static void the_same_in_any_pieces(void **state)
{
    static const uint64_t rooms[] = {1024, 1025, 1500, 2047, 5120, 9000};
    struct seer *seers[6];
    (void)state;
    for (unsigned i = 0; i < 6; i++)
        pull(seers[i] = seer_ask(0), rooms[i]);
    for (unsigned turn = 0; turn < 20; turn++) {
        second(10 * turn, turn);
        if (turn % 3 == 0)
            ask("POST", turn % 2 ? "/v1/split" : "/v1/merge", token_text(),
                turn % 2 ? "{\"component\":\"ip\"}" : "{\"into\":\"tcp\",\"from\":\"ip\"}");
        for (unsigned i = 0; i < 6; i++)
            pull(seers[i], rooms[i]);
    }
    for (unsigned i = 0; i < 6; i++) {
        unchunk(seers[i]);
        assert_string_equal(seers[i]->text, seers[0]->text);
    }
    assert_memory_equal(seers[0]->text, "retry: 2000\nid: 1234abcd-0-0\n\nevent: graph\ndata: {", 50);
    assert_non_null(strstr(seers[0]->raw, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(seers[0]->raw, "X-Content-Type-Options: nosniff\r\n"));
    read_events(seers[0]);
    assert_true(count_of(seers[0], "tick") >= 20 && count_of(seers[0], "graph") > 5);
    for (unsigned i = 0; i < 6; i++)
        seer_close(seers[i]);
    assert_int_equal(viewers_count(), 0);
}

/* What the ticks counted of each edge since the last graph is what the next one has more. */
static unsigned assert_adds_up(const struct seer *seer)
{
    uint64_t sums[3][2] = {{0}}, before[3][2] = {{0}};
    unsigned graphs = 0;
    for (unsigned i = 0; i < seer->count; i++) {
        if (!is(&seer->told[i], "graph") && !is(&seer->told[i], "tick"))
            continue;
        yyjson_doc *document = yyjson_read(seer->told[i].data, strlen(seer->told[i].data), 0);
        assert_non_null(document);
        yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(document), "edges"), *edge;
        size_t index, most;
        yyjson_arr_foreach(list, index, most, edge)
        {
            if (is(&seer->told[i], "tick")) {
                uint64_t which = yyjson_get_uint(yyjson_arr_get(edge, 0));
                assert_true(which < 3);
                sums[which][0] += yyjson_get_uint(yyjson_arr_get(edge, 1));
                sums[which][1] += yyjson_get_uint(yyjson_arr_get(edge, 2));
                continue;
            }
            uint64_t now[2] = {yyjson_get_uint(yyjson_obj_get(edge, "invocations")),
                               yyjson_get_uint(yyjson_obj_get(edge, "gated"))};
            for (unsigned n = 0; n < 2; n++) {
                if (graphs)
                    assert_int_equal(now[n], before[index][n] + sums[index][n]);
                before[index][n] = now[n];
                sums[index][n] = 0;
            }
        }
        graphs += is(&seer->told[i], "graph");
        yyjson_doc_free(document);
    }
    return graphs;
}

static void graphs_and_ticks_add_up(void **state)
{
    (void)state;
    random_start("graphs_and_ticks_add_up");
    struct seer *seer = seer_ask(0);
    look(seer);
    for (unsigned turn = 0; turn < 300; turn++) {
        pass(random_below(60), random_below(25000000), random_below(1000), random_below(3));
        watch_turn();
        if (random_one_in(4))
            ask("POST", "/v1/move", token_text(), "{\"component\":\"ip\",\"into\":\"vnic\"}");
        if (random_one_in(4))
            ask("POST", "/v1/split", token_text(), "{\"component\":\"ip\"}");
        if (random_one_in(8)) /* another one comes and goes */
            seer_close(seer_ask(0));
        pull(seer, 5120);
    }
    read_events(seer);
    assert_true(assert_adds_up(seer) > 20);
    seer_close(seer);
}

static void only_changes_make_graphs(void **state)
{
    (void)state;
    struct seer *seer = seer_ask(0);
    look(seer);
    second(5, 5);
    look(seer);
    unsigned graphs = 1;
    static const char *const changes_made[][3] = {
        {"POST", "/v1/rules", "{\"rule\":\"rule card apart vnic\"}"},
        {"DELETE", "/v1/rules/card", ""},
        {"PUT", "/v1/policy", "{\"budget_percent\":3}"},
        {"PUT", "/v1/policy", "{\"log\":true}"},
        {"PUT", "/v1/policy", "{\"mode\":\"merged\"}"},
        {"POST", "/v1/split", "{\"component\":\"ip\"}"},
        {"PUT", "/v1/policy", "{\"mode\":\"isolated\",\"log\":false,\"budget_percent\":10}"},
    };
    for (unsigned i = 0; i < sizeof changes_made / sizeof *changes_made; i++) {
        assert_int_equal(count_of(seer, "graph"), graphs);
        ask(changes_made[i][0], changes_made[i][1], token_text(), changes_made[i][2]);
        assert_int_equal(status(), 200);
        second(1, 1);
        look(seer);
        graphs++;
        second(1, 1);
        second(1, 1);
        look(seer);
        if (count_of(seer, "graph") != graphs)
            fail_msg("%s %s: %u graphs", changes_made[i][1], changes_made[i][2], count_of(seer, "graph"));
    }
    for (unsigned i = 0; i < 4; i++)
        second(0, 0);
    seer_close(seer_ask(0));
    struct seer *later = seer_ask(0); /* is told a graph, but that is no news to the other */
    look(later);
    look(seer);
    assert_int_equal(count_of(later, "graph"), 1);
    assert_int_equal(count_of(seer, "graph"), graphs);
    seer_close(later);
    component_faults[3]++;
    second(0, 0);
    look(seer);
    assert_int_equal(count_of(seer, "graph"), graphs + 1);
    component_faults[3] = 0;
    seer_close(seer);
}

static void the_tick_says_what_happened(void **state)
{
    (void)state;
    component_names[2] = "http_parser";
    requests = 1000;
    second(0, 0);
    struct seer *seer = seer_ask(0);
    look(seer);
    requests += 7;
    second(70, 35);
    look(seer);
    const struct told *tick = &seer->told[seer->count - 1];
    assert_true(is(tick, "tick"));
    assert_null(tick->id);
    static const char *const has[] = {"\"requests\":{\"total\":1007,\"window\":7}",
                                      "\"invocations\":105,\"crossings\":105,\"crossings_per_request\":15.00,",
                                      "\"window_ms\":1000,",
                                      "\"domains\":5,",
                                      "\"busy_ppm\":",
                                      "\"mode\":\"isolated\",\"budget_percent\":10.00,",
                                      "\"viewers\":1,\"edges\":[[0,70,70],[1,35,35]]}"};
    for (unsigned i = 0; i < sizeof has / sizeof *has; i++)
        if (!strstr(tick->data, has[i]))
            fail_msg("%s is missing in %s", has[i], tick->data);
    /* crossings take 7 cycles each here, of all cycles */
    assert_int_equal(number_in(tick->data, "share_ppm"), 105 * 7 * number_in(tick->data, "busy_ppm") / 100000000);
    second(0, 0);
    look(seer);
    assert_non_null(strstr(seer->told[seer->count - 1].data, "\"crossings_per_request\":null,"));
    requests = 3; /* it began anew */
    second(0, 0);
    look(seer);
    assert_non_null(strstr(seer->told[seer->count - 1].data, "\"requests\":{\"total\":1010,\"window\":3}"));
    component_names[2] = "tcp";
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\",\"from\":\"ip\"}");
    second(0, 0);
    second(30, 4); /* the first edge is within a domain now */
    look(seer);
    assert_non_null(strstr(seer->told[seer->count - 1].data, "\"requests\":{\"total\":1010,\"window\":0}"));
    assert_non_null(strstr(seer->told[seer->count - 1].data, "\"invocations\":34,\"crossings\":4,"));
    seer_close(seer);
}

/* Between one viewer and the next nobody is told ticks: the next one's graph is a new one. */
static void a_graph_is_not_older_than_the_ticks(void **state)
{
    (void)state;
    struct seer *seer = seer_ask(0);
    look(seer);
    seer_close(seer);
    second(1000, 1);
    seer = seer_ask(0);
    look(seer);
    char now[64];
    snprintf(now, sizeof now, "\"server\":\"ip\",\"invocations\":%lu,", (unsigned long)edge_counts[0]);
    assert_int_equal(count_of(seer, "tick"), 0);
    assert_true(is(&seer->told[1], "graph"));
    if (!strstr(seer->told[1].data, now))
        fail_msg("%s is missing in %s", now, seer->told[1].data);
    seer_close(seer);
}

/* Random events against a list of what was added: what is kept is the newest of them, whole. */
static void the_ring_keeps_whole_events(void **state)
{
    enum { ADDED = 3000, MOST = 40000 };
    static uint32_t sizes[ADDED];
    static char data[MOST], out[MOST + 64];
    (void)state;
    random_start("the_ring_keeps_whole_events");
    for (unsigned i = 0; i < ADDED; i++) {
        sizes[i] = (uint32_t)(random_one_in(3) ? random_below(MOST) : random_below(300));
        memset(data, 'a' + i % 26, sizes[i]);
        events_add(EVENT_TICK, i, (struct event_seen){0}, data, sizes[i]);
        assert_int_equal(events_end(), i + 1);
        uint64_t kept = 0;
        for (uint64_t place = events_oldest(); place < events_end(); place++) {
            const struct event *event = events_at(place);
            assert_int_equal(event->number, place);
            assert_int_equal(event->bytes, sizes[place] + sizeof "event: tick\ndata: \n\n" - 1);
            kept += event->bytes;
            if (place > events_oldest() + 1 && place + 2 < events_end())
                continue;
            events_copy(event, 0, out, event->bytes);
            assert_memory_equal(out, "event: tick\ndata: ", 18);
            for (uint32_t at = 0; at < sizes[place]; at++)
                assert_int_equal(out[18 + at], 'a' + place % 26);
        }
        assert_true(kept <= 1u << 18 && kept > (i < 300 ? 0 : 1u << 14));
        assert_null(events_at(events_oldest() - 1));
    }
    events_add(EVENT_TICK, 0, (struct event_seen){0}, out, 1u << 20); /* does not fit */
    assert_int_equal(events_end(), ADDED);
}

/* ---- Viewers ---- */

static const char *last_of(const struct seer *seer, const char *kind)
{
    for (unsigned i = seer->count; i-- > 0;)
        if (is(&seer->told[i], kind))
            return seer->told[i].data;
    fail_msg("no %s", kind);
    return 0;
}

static void too_many_viewers(void **state)
{
    struct seer *seers[VIEWERS + 1];
    (void)state;
    for (unsigned i = 0; i <= VIEWERS; i++)
        pull(seers[i] = seer_ask(0), 5120);
    assert_memory_equal(seers[VIEWERS]->raw, "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(seers[VIEWERS]->raw, "There are 16 viewers already"));
    for (unsigned i = 0; i < VIEWERS; i++)
        assert_memory_equal(seers[i]->raw, "HTTP/1.1 200 ", 13);
    seer_close(seers[3]);
    seers[3] = seer_ask(0);
    look(seers[3]);
    assert_int_equal(count_of(seers[3], "graph"), 1);
    ask("HEAD", "/v1/events", 0, "");
    assert_int_equal(status(), 503);
    for (unsigned i = 0; i <= VIEWERS; i++)
        seer_close(seers[i]);
    ask("HEAD", "/v1/events", 0, "");
    assert_int_equal(status(), 200);
    assert_int_equal(viewers_count(), 0);
}

static void much_happens(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        ask("POST", i % 2 ? "/v1/split" : "/v1/merge", token_text(),
            i % 2 ? "{\"component\":\"ip\"}" : "{\"into\":\"tcp\",\"from\":\"ip\"}");
        second(i, i);
    }
}

static void a_slow_viewer_is_skipped(void **state)
{
    (void)state;
    struct seer *slow = seer_ask(0), *quick = seer_ask(0);
    look(slow);
    look(quick);
    for (unsigned i = 0; i < 40; i++) {
        much_happens(10);
        pull(quick, 5120);
    }
    reports = 2;
    much_happens(2);
    look(quick);
    assert_int_equal(assert_adds_up(quick), 403);
    look(slow);
    assert_false(slow->cut);
    /* Begin, and then the newest: a graph first, both faults though the ring has passed over nothing of them. */
    assert_in_range(slow->count, 5, 20);
    assert_true(is(&slow->told[2], "graph"));
    assert_int_equal(count_of(slow, "fault"), 2);
    assert_string_equal(last_of(slow, "graph"), last_of(quick, "graph"));
    seer_close(slow);
    seer_close(quick);
}

static void one_in_the_middle_of_an_event_is_cut(void **state)
{
    (void)state;
    struct seer *slow = seer_ask(0);
    long got = stream_read(slow->stream, slow->raw, 1100); /* a part of the first graph */
    assert_true(HTTP_IS_MORE(got) && got & HTTP_ROOM);
    slow->bytes = HTTP_BYTES(got);
    much_happens(400);
    pull(slow, 5120);
    assert_true(slow->cut);
    assert_int_equal(stream_read(slow->stream, slow->raw, 5120), SHOJI_ECLOSED);
    assert_null(strstr(slow->raw, "\r\n0\r\n\r\n")); /* no chunk says that this was all */
    assert_int_equal(viewers_count(), 0);
    seer_close(slow);
}

/* ---- Those who come back ---- */

static void assert_faults(const char *last_id, uint64_t from, uint64_t to, bool greeted)
{
    struct seer *seer = seer_ask(last_id);
    look(seer);
    assert_true((seer->told[0].id != NULL) == greeted);
    assert_true(is(&seer->told[1], "graph"));
    assert_int_equal(count_of(seer, "fault"), from > to ? 0 : to - from + 1);
    for (unsigned i = 2; i < 2 + count_of(seer, "fault"); i++) {
        char id[32];
        assert_true(is(&seer->told[i], "fault"));
        assert_int_equal(number_in(seer->told[i].data, "number"), from + i - 2);
        snprintf(id, sizeof id, "1234abcd-0-%u", (unsigned)(from + i - 2));
        assert_string_equal(seer->told[i].id, id);
    }
    seer_close(seer);
}

static void faults_are_missed_by_nobody(void **state)
{
    (void)state;
    struct seer *seer = seer_ask(0);
    look(seer);
    reports = 5;
    second(0, 0);
    look(seer);
    assert_int_equal(count_of(seer, "fault"), 5);
    reports = 6;
    second(0, 0);
    look(seer);
    assert_int_equal(count_of(seer, "fault"), 6);
    seer_close(seer);
    assert_faults(0, 1, 0, true);
    assert_faults("1234abcd-0-6", 1, 0, true);
    assert_faults("1234abcd-0-2", 3, 6, false);
    static const char *const strange[] = {"1234abce-0-6", "1234abcd-0", "1234abcd-0-6 ", "-", "1234ABCD-0-6", "1234abcd-0-06"};
    for (unsigned i = 0; i < sizeof strange / sizeof *strange; i++)
        if (strange[i][strlen(strange[i]) - 1] != ' ') /* blanks around a value are not its own */
            assert_faults(strange[i], 1, 6, false);
    assert_faults("1234abcd-77-99", 1, 0, true); /* as if it had seen what there is */
    reports = 100;
    second(0, 0);
    assert_faults("1234abcd-0-6", 100 - SUP_FAULTS + 1, 100, false);
}

static void a_fault_is_explained(void **state)
{
    (void)state;
    reports = 1;
    second(0, 0);
    const char *body = ask("GET", "/v1/faults", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(document), "reports"), *fault = yyjson_arr_get(list, 0);
    static const char *const texts[][2] = {{"component", "vnic"},
                                           {"caller", "ip"},
                                           {"thread", "web"},
                                           {"function", "vnic_send+0x4"},
                                           {"address", "0x08400123"},
                                           {"place", "vnic.c:17"},
                                           {"owner", "a word of tcp (data)"},
                                           {"tried", "store of 4 bytes to 0x08000000, a word of tcp (data); \"no\" ?"},
                                           {"outcome", "rebooting ip vnic"}};
    assert_int_equal(yyjson_arr_size(list), 1);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(yyjson_get_str(yyjson_obj_get(fault, texts[i][0])), texts[i][1]);
    assert_true(yyjson_is_null(yyjson_obj_get(fault, "allowed")));
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(fault, "uptime_ms")), 1000);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(fault, "components")), 2);
    yyjson_doc_free(document);
}

static void decisions_come_twice_and_are_missed_by_nobody(void **state)
{
    char middle[40];
    (void)state;
    uint64_t before = governor_decisions()->count;
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"adaptive\",\"budget_percent\":1,\"crossing_cost\":1007}");
    struct seer *seer = seer_ask(0);
    look(seer);
    for (unsigned i = 0; i < 12; i++) {
        pass(25, 25000000, i < 6 ? 20000 : 0, i < 6 ? 20000 : 0);
        governor_period();
        watch_turn();
        pull(seer, 5120);
    }
    read_events(seer);
    uint64_t after = governor_decisions()->count, next = before, known = before;
    assert_true(after >= before + 2);
    for (unsigned i = 0; i < seer->count; i++) {
        if (!is(&seer->told[i], "decision"))
            continue;
        uint64_t number = number_in(seer->told[i].data, "number");
        if (seer->told[i].id) {
            assert_int_equal(number, ++next);
            assert_non_null(strstr(seer->told[i].data, "\"actual_percent\":null"));
        } else {
            assert_int_equal(number, ++known);
            assert_true(known <= next);
            assert_null(strstr(seer->told[i].data, "\"actual_percent\":null"));
        }
    }
    assert_int_equal(next, after);
    assert_int_equal(known, after);
    seer_close(seer);
    /* One decision more, and no graph after it yet: who comes now finds it among the events, and has missed it, too. */
    seer = seer_ask(0);
    look(seer);
    for (unsigned i = 0; governor_decisions()->count == after && i < 1000; i++) {
        pass(60, 60000000, i < 500 ? 50000 : 0, i < 500 ? 50000 : 0);
        watch_turn();
        ask("HEAD", "/v1/events", 0, ""); /* there is a graph that a viewer could begin with */
        governor_period();
        pass(1, 0, 0, 0);
        watch_turn();
    }
    uint64_t more = governor_decisions()->count;
    assert_true(more > after);
    assert_true(events_at(events_end() - 1)->kind == EVENT_DECISION || events_at(events_end() - 1)->kind == EVENT_CAME);
    snprintf(middle, sizeof middle, "1234abcd-%lu-0", (unsigned long)after);
    struct seer *again = seer_ask(middle);
    look(again);
    uint64_t once = after;
    for (unsigned i = 0; i < again->count; i++)
        if (is(&again->told[i], "decision") && again->told[i].id)
            assert_int_equal(number_in(again->told[i].data, "number"), ++once);
    assert_int_equal(once, more);
    seer_close(again);
    seer_close(seer);
    after = more;
    snprintf(middle, sizeof middle, "1234abcd-%lu-0", (unsigned long)after - 1);
    seer = seer_ask(middle);
    look(seer);
    unsigned missed = 0; /* what came of those before may come, too: without an id */
    for (unsigned i = 0; i < seer->count; i++)
        if (is(&seer->told[i], "decision") && seer->told[i].id) {
            missed++;
            assert_int_equal(number_in(seer->told[i].data, "number"), after);
        }
    assert_int_equal(missed, 1);
    seer_close(seer);
}

static void made_components_tell_their_maker(void **state)
{
    (void)state;
    ask("GET", "/v1/graph", 0, "");
    assert_null(strstr(reply, "\"parent\""));
    component_parents[4] = 2;
    ask("GET", "/v1/graph", 0, "");
    assert_has("\"name\": \"vnic\",\n      \"id\": 5,\n      \"parent\": \"mpd_manager\",");
    component_parents[4] = 0;
}

/* ---- History ---- */

static void the_last_windows_are_kept(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WATCH_KEPT + 50; i++)
        second(i, 0);
    const char *body = ask("GET", "/v1/history", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    assert_non_null(document);
    yyjson_val *windows = yyjson_obj_get(yyjson_doc_get_root(document), "windows"), *window;
    size_t index, most;
    assert_int_equal(yyjson_arr_size(windows), WATCH_KEPT);
    uint64_t last = 0;
    yyjson_arr_foreach(windows, index, most, window)
    {
        uint64_t uptime = yyjson_get_uint(yyjson_arr_get(window, 0));
        if (index)
            assert_int_equal(uptime, last + yyjson_get_uint(yyjson_arr_get(window, 1)));
        last = uptime;
        assert_int_equal(yyjson_get_uint(yyjson_arr_get(window, 3)), 5);
        assert_int_equal(yyjson_get_uint(yyjson_arr_get(window, 4)), 50 + index);
    }
    yyjson_doc_free(document);
}

static void a_supervisor_that_does_not_answer(void **state)
{
    (void)state;
    struct seer *seer = seer_ask(0);
    look(seer);
    unsigned ticks = count_of(seer, "tick");
    supervisor_failure = SHOJI_EINVAL;
    second(3, 3);
    supervisor_failure = 0;
    second(4, 4);
    look(seer);
    assert_true(count_of(seer, "tick") > ticks);
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\",\"from\":\"ip\"}");
    second(0, 0);
    look(seer);
    assert_int_equal(assert_adds_up(seer), 2);
    seer_close(seer);
}

/* ---- Pages ---- */

static const char *ask_page(const char *path, const char *headers)
{
    char bytes[600];
    int used = snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path, headers);
    converse(bytes, (size_t)used);
    return strstr(reply, "\r\n\r\n") + 4;
}

static void assert_page(const char *path, const char *headers, unsigned which, bool compressed)
{
    const struct page_file *file = &page_files[which];
    const char *body = ask_page(path, headers);
    char length[64], tag[64];
    assert_int_equal(status(), 200);
    snprintf(length, sizeof length, "Content-Length: %lu\r\n", (unsigned long)file->bytes);
    snprintf(tag, sizeof tag, "ETag: \"%016lx\"\r\n", (unsigned long)file->tag);
    assert_has(length);
    assert_has(tag);
    assert_has("\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
               "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'\r\n");
    assert_has("\r\nX-Content-Type-Options: nosniff\r\n");
    assert_int_equal(strstr(reply, "Content-Encoding: gzip\r\n") != NULL, compressed);
    assert_int_equal(reply + reply_bytes - body, file->bytes);
    for (uint64_t at = 0; at < file->bytes; at++)
        if (body[at] != page_byte(file, at))
            fail_msg("byte %lu of %s", (unsigned long)at, path);
}

static void files_come_whole(void **state)
{
    (void)state;
    assert_page("/", "", 0, false);
    assert_has("Content-Type: text/html; charset=utf-8\r\n");
    assert_page("/", "Accept-Encoding: gzip\r\n", 0, false); /* there is no such */
    static const char *const plain[] = {"", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n",
                                        "Accept-Encoding: gzip; q=0.000\r\n", "Accept-Encoding: xgzip, gzipx\r\n",
                                        "Accept-Encoding:\r\n"};
    static const char *const packed[] = {"Accept-Encoding: gzip\r\n", "accept-encoding: br,  GZIP ;q=0.1\r\n",
                                         "ACCEPT-ENCODING: deflate;q=0,gzip\r\n"};
    for (unsigned i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_page("/app.js", plain[i], 1, false);
    assert_has("Content-Type: text/javascript\r\n");
    for (unsigned i = 0; i < sizeof packed / sizeof *packed; i++)
        assert_page("/app.js", packed[i], 2, true);
    assert_has("Content-Type: text/javascript\r\n");
}

static void files_that_are_known_already(void **state)
{
    (void)state;
    assert_string_equal(ask_page("/app.js", "If-None-Match: \"0000000000000022\"\r\n"), "");
    assert_int_equal(status(), 304);
    ask_page("/app.js", "If-None-Match: W/\"1\", \"0000000000000033\"\r\nAccept-Encoding: gzip\r\n");
    assert_int_equal(status(), 304);
    ask_page("/app.js", "If-None-Match: \"0000000000000033\"\r\n"); /* the compressed one's */
    assert_int_equal(status(), 200);
}

static void files_that_fail(void **state)
{
    (void)state;
    ask("GET", "/app.css", 0, "");
    assert_refused(404, "/v1");
    ask("POST", "/app.js", token_text(), "");
    assert_refused(404, "/v1");
    ask("POST", "/", token_text(), "");
    assert_int_equal(status(), 405);
    page_failure = SHOJI_EFAULT;
    ask("GET", "/app.js", 0, "");
    assert_refused(503, "static_content");
    page_failure = 0;
    /* In the middle: the reply is cut, and so is the connection. */
    static const char request[] = "GET /app.js HTTP/1.1\r\n\r\n";
    for (unsigned way = 0; way < 2; way++) {
        static char out[5120];
        long stream = stream_open(1), got;
        assert_int_equal(stream_write(stream, request, sizeof request - 1), sizeof request - 1);
        got = stream_read(stream, out, sizeof out);
        assert_true(HTTP_IS_MORE(got) || HTTP_BYTES(got) == sizeof out);
        if (way == 0)
            page_failure = SHOJI_EFAULT;
        else
            page_files[1].tag++; /* another file by now */
        got = stream_read(stream, out, sizeof out);
        assert_true(got >= 0 && got & HTTP_CLOSE && HTTP_BYTES(got) == 0);
        page_failure = 0;
        stream_close(stream);
    }
    page_files[1].tag = 0x22;
    assert_page("/app.js", "", 1, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_in_any_pieces, begin),
        cmocka_unit_test_setup(graphs_and_ticks_add_up, begin),
        cmocka_unit_test_setup(only_changes_make_graphs, begin),
        cmocka_unit_test_setup(the_tick_says_what_happened, begin),
        cmocka_unit_test_setup(a_graph_is_not_older_than_the_ticks, begin),
        cmocka_unit_test_setup(the_ring_keeps_whole_events, begin),
        cmocka_unit_test_setup(too_many_viewers, begin),
        cmocka_unit_test_setup(a_slow_viewer_is_skipped, begin),
        cmocka_unit_test_setup(one_in_the_middle_of_an_event_is_cut, begin),
        cmocka_unit_test_setup(faults_are_missed_by_nobody, begin),
        cmocka_unit_test_setup(a_fault_is_explained, begin),
        cmocka_unit_test_setup(decisions_come_twice_and_are_missed_by_nobody, begin),
        cmocka_unit_test_setup(made_components_tell_their_maker, begin),
        cmocka_unit_test_setup(the_last_windows_are_kept, begin),
        cmocka_unit_test_setup(a_supervisor_that_does_not_answer, begin),
        cmocka_unit_test_setup(files_come_whole, begin),
        cmocka_unit_test_setup(files_that_are_known_already, begin),
        cmocka_unit_test_setup(files_that_fail, begin),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
