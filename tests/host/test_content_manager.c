/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content_manager alone: each request goes to the one instance that its path names, its answer comes from
 * there, and nobody else's is touched when somebody gives up or fails.
 */
// links: webserver/content_manager/content_manager.c webserver/content_manager/programs.c tests/host/seeded.c
// includes: tests/host components/interface build/interface components/runtime kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "async_invocation.h"
#include "cgi.h"
#include "served/content.h"
#include "export.h"
#include "seeded.h"

__asm__(".pushsection .bss\n.balign 4096\n.globl pool_content, pool_content_end, pool_cgi_a, pool_cgi_b\n"
        "pool_content:\n\t.zero 3145728\npool_content_end:\npool_cgi_a:\n\t.zero 3145728\n"
        "pool_cgi_b:\n\t.zero 3145728\n.popsection");
extern char pool_content[], pool_content_end[], pool_cgi_a[], pool_cgi_b[];

#define PIECES                                                                                               \
    ((unsigned)(3145728 / CONTENT_PIECE_BYTES) < ASYNC_SLOTS ? (unsigned)(3145728 / CONTENT_PIECE_BYTES)     \
                                                             : ASYNC_SLOTS)

/* ---- No programs: test_programs.c has them ---- */

long mem_grow(uint64_t bytes)
{
    (void)bytes;
    return SHOJI_EMEMORY;
}

long mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    (void)address, (void)bytes, (void)perm, (void)to;
    return SHOJI_EPERM;
}

long sup_take_back(uint64_t address, uint64_t bytes)
{
    (void)address, (void)bytes;
    return SHOJI_OK;
}

long sup_gate_server(uint64_t gate, char name[SHOJI_NAME_BYTES])
{
    (void)gate, (void)name;
    return SHOJI_ENOENT;
}

void print_line(const char *format, ...)
{
    (void)format;
}

/* ---- The two instances, and static_content ---- */

enum { NOTHING, ASKED, ANSWERED };
static struct instance {
    int state[ASYNC_SLOTS];
    unsigned calls, drops;
    bool at_once;
} instances[2];
static unsigned statics;

static long call(struct instance *to, const char *slots, uint32_t slot, uint64_t bytes)
{
    const struct cgi_request *request = (const void *)(slots + (uint64_t)slot * ASYNC_SLOT_BYTES);

    assert_int_equal(bytes,
                     sizeof *request + request->path_bytes + request->query_bytes + request->body_bytes);
    assert_int_equal(to->state[slot], NOTHING);
    to->calls++;
    if (to->at_once)
        return (long)bytes;
    to->state[slot] = ASKED;
    return SHOJI_EAGAIN;
}

static long collect(struct instance *from, char *slots, uint32_t slot)
{
    assert_int_not_equal(from->state[slot], NOTHING);
    if (from->state[slot] == ASKED)
        return SHOJI_EAGAIN;
    from->state[slot] = NOTHING;
    memcpy(slots + (uint64_t)slot * ASYNC_SLOT_BYTES, from == instances ? "from a" : "from b", 6);
    return 6;
}

static long drop(struct instance *from, uint32_t slot)
{
    assert_int_not_equal(from->state[slot], NOTHING);
    from->state[slot] = NOTHING;
    from->drops++;
    return SHOJI_OK;
}

long a_async_call(uint32_t slot, uint64_t bytes, long event)
{
    return (void)event, call(&instances[0], pool_cgi_a, slot, bytes);
}
long b_async_call(uint32_t slot, uint64_t bytes, long event)
{
    return (void)event, call(&instances[1], pool_cgi_b, slot, bytes);
}
long a_async_collect(uint32_t slot, long event)
{
    assert_int_equal(event, 4711);
    return collect(&instances[0], pool_cgi_a, slot);
}
long b_async_collect(uint32_t slot, long event)
{
    assert_int_equal(event, 4711);
    return collect(&instances[1], pool_cgi_b, slot);
}
long a_async_drop(uint32_t slot)
{
    return drop(&instances[0], slot);
}
long b_async_drop(uint32_t slot)
{
    return drop(&instances[1], slot);
}
long static_get(void *piece, uint64_t path_bytes, uint64_t offset)
{
    (void)piece, (void)path_bytes, (void)offset;
    statics++;
    return 0;
}

/* ---- Asking ---- */

static char *piece_at(unsigned number)
{
    return pool_content + number * CONTENT_PIECE_BYTES;
}

static long get(unsigned number, const char *path, component_t client)
{
    strcpy(piece_at(number), path);
    return content_get_badged((uint64_t)piece_at(number), CONTENT_SHAPE(CONTENT_GET, strlen(path), 0, 0), 0,
                              1, client);
}

static int begin(void **state)
{
    (void)state;
    for (component_t client = 1; client < 256; client++)
        component_gone(client);
    memset(instances, 0, sizeof instances);
    statics = 0;
    return 0;
}

static void paths_lead_to_their_instance(void **state)
{
    static const struct {
        const char *path;
        int service; /* -1: none; -2: a file */
    } paths[] = {{"/cgi/hw", 0}, {"/cgi/HW", 1}, {"/cgi/a/x", 0}, {"/cgi/b/x", 1}, {"/cgi/a/", -1},
                 {"/cgi/c", -1}, {"/hw", -2},    {"/cgi", -2},    {"/cgi/", -2}};
    (void)state;
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        unsigned calls[2] = {instances[0].calls, instances[1].calls}, before = statics;
        long result = get(i, paths[i].path, 11);

        assert_int_equal((result & CONTENT_LATER) != 0 && result > 0, paths[i].service >= 0);
        assert_int_equal(instances[0].calls - calls[0], paths[i].service == 0);
        assert_int_equal(instances[1].calls - calls[1], paths[i].service == 1);
        assert_int_equal(statics - before, paths[i].service == -2);
        if (paths[i].service == -1)
            assert_int_equal(result, SHOJI_ENOENT);
    }
}

/* More is there of files only, whatever the path looks like. */
static void more_of_a_file(void **state)
{
    (void)state;
    strcpy(piece_at(3), "/cgi/hw");
    assert_int_equal(content_more(piece_at(3), CONTENT_SHAPE(CONTENT_GET, 7, 0, 0), 100), 0);
    assert_int_equal(statics, 1);
    assert_int_equal(instances[0].calls, 0);
    assert_int_equal(content_more(piece_at(3) + 8, CONTENT_SHAPE(CONTENT_GET, 7, 0, 0), 100), SHOJI_EINVAL);
    assert_int_equal(content_more(piece_at(3), CONTENT_SHAPE(CONTENT_POST, 7, 0, 0), 100), SHOJI_EINVAL);
    assert_int_equal(content_more(piece_at(3), CONTENT_SHAPE(CONTENT_GET, CONTENT_BODY_AT + 1, 0, 0), 100), SHOJI_EINVAL);
    assert_int_equal(statics, 1);
}

static void only_who_asked_may_collect_or_drop(void **state)
{
    long a = get(1, "/cgi/hw", 11), b = get(2, "/cgi/HW", 12);
    (void)state;
    instances[0].state[1] = instances[1].state[2] = ANSWERED;
    assert_int_equal(content_collect_badged(a, (uint64_t)piece_at(1), 4711, 12), SHOJI_EINVAL);
    assert_int_equal(content_drop_badged(a, 12), SHOJI_EINVAL);
    assert_int_equal(content_collect_badged(a, (uint64_t)piece_at(2), 4711, 11), SHOJI_EINVAL);
    assert_int_equal(content_collect_badged(a ^ 1l << 32, (uint64_t)piece_at(1), 4711, 11),
                     SHOJI_EINVAL); /* the other instance */
    assert_int_equal(content_drop_badged(CONTENT_LATER | 7l << 32 | 1, 11), SHOJI_EINVAL);
    assert_int_equal(content_drop_badged(CONTENT_LATER | UINT32_MAX, 11), SHOJI_EINVAL);
    assert_int_equal(CONTENT_TOTAL(content_collect_badged(a, (uint64_t)piece_at(1), 4711, 11)), 6);
    assert_memory_equal(piece_at(1), "from a", 6);
    assert_int_equal(CONTENT_TOTAL(content_collect_badged(b, (uint64_t)piece_at(2), 4711, 12)), 6);
    assert_memory_equal(piece_at(2), "from b", 6);
    assert_int_equal(content_collect_badged(b, (uint64_t)piece_at(2), 4711, 12),
                     SHOJI_EINVAL); /* it was given */
    assert_int_equal(instances[0].drops + instances[1].drops, 0);
}

static void an_answer_at_once_leaves_nothing(void **state)
{
    (void)state;
    instances[1].at_once = true;
    assert_false(get(3, "/cgi/b/x", 11) & CONTENT_LATER);
    component_gone(11);
    assert_int_equal(instances[1].drops, 0);
}

/* Against a list: who fails takes along what was asked for it, wherever, and nothing else. */
static void clients_that_fail(void **state)
{
    static int service_of[ASYNC_SLOTS];
    static component_t client_of[ASYNC_SLOTS];
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 20000; round++) {
        unsigned number = random_below(PIECES);

        if (client_of[number] == 0) {
            service_of[number] = (int)random_below(2);
            client_of[number] = 1 + random_below(4);
            assert_true(get(number, service_of[number] ? "/cgi/HW" : "/cgi/hw", client_of[number]) &
                        CONTENT_LATER);
        } else if (random_one_in(200)) {
            component_t gone = client_of[number];

            component_gone(gone);
            for (unsigned i = 0; i < PIECES; i++)
                if (client_of[i] == gone) {
                    assert_int_equal(instances[service_of[i]].state[i], NOTHING);
                    client_of[i] = 0;
                } else if (client_of[i] != 0) {
                    assert_int_equal(instances[service_of[i]].state[i], ASKED);
                }
        } else if (random_one_in(3)) {
            long ticket = CONTENT_LATER | (long)service_of[number] << 32 | number;

            assert_int_equal(content_drop_badged(ticket, client_of[number]), SHOJI_OK);
            assert_int_equal(instances[service_of[number]].state[number], NOTHING);
            client_of[number] = 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(paths_lead_to_their_instance, begin),
        cmocka_unit_test_setup(more_of_a_file, begin),
        cmocka_unit_test_setup(only_who_asked_may_collect_or_drop, begin),
        cmocka_unit_test_setup(an_answer_at_once_leaves_nothing, begin),
        cmocka_unit_test_setup(clients_that_fail, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
