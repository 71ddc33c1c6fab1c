/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content_manager's programs alone, against a list: each request goes to the program of its name and to no
 * other, one that has ended gets none, pages are lent to those that are in a place and to nobody else; also
 * when programs come and go while a request is at any point of its way.
 */
// links: webserver/content_manager/programs.c tests/host/seeded.c
// includes: webserver/content_manager tests/host components/interface components/runtime kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "programs.h"
#include "runtime.h"
#include "seeded.h"

#define PLACES 24
#define COMPONENTS 40
#define SELF 14u

/* ---- Components, and gates to them: a gate's address is that of a function of its own ---- */

static struct component {
    bool there;
    char name[SHOJI_NAME_BYTES];
    unsigned asked;
    const char *request, *reply; /* lent to it: it may read the one and write the other */
    long result;
} components[COMPONENTS];
static void (*during)(unsigned component); /* what happens while a program is asked */
static unsigned pages_given, pages_most;

static long answer(unsigned component, const struct program_request *request, char *reply)
{
    struct component *it = &components[component];

    assert_true(it->there);
    assert_ptr_equal(request, it->request);
    assert_ptr_equal(reply, it->reply);
    it->asked++;
    if (during)
        during(component);
    return it->result < 0
               ? it->result
               : snprintf(reply, PROGRAM_REPLY_BYTES, "%s %u:%.*s?%.*s+%.*s", it->name, request->method,
                          (int)request->path_bytes, program_path(request), (int)request->query_bytes,
                          program_query(request), (int)request->body_bytes, program_body(request));
}

#define GATE(n)                                                                                              \
    static long gate_##n(const struct program_request *request, char *reply)                                 \
    {                                                                                                        \
        return answer(n, request, reply);                                                                    \
    }
#define TEN(X, t) X(t##0) X(t##1) X(t##2) X(t##3) X(t##4) X(t##5) X(t##6) X(t##7) X(t##8) X(t##9)
TEN(GATE, )
TEN(GATE, 1)
TEN(GATE, 2)
TEN(GATE, 3)
#define LISTED(n) gate_##n,
static long (*const gates[COMPONENTS])(const struct program_request *,
                                       char *) = {TEN(LISTED, ) TEN(LISTED, 1) TEN(LISTED, 2) TEN(LISTED, 3)};

long sup_gate_server(uint64_t gate, char name[SHOJI_NAME_BYTES])
{
    for (unsigned i = 0; i < COMPONENTS; i++)
        if ((uint64_t)gates[i] == gate) {
            memcpy(name, components[i].name, SHOJI_NAME_BYTES);
            return components[i].there ? (long)i + 100 : SHOJI_ENOENT;
        }
    return SHOJI_EINVAL;
}

long mem_grow(uint64_t bytes)
{
    if (pages_given == pages_most)
        return SHOJI_EMEMORY;
    pages_given++;
    return (long)aligned_alloc(4096, bytes);
}

static char *writable[PLACES]; /* replies that content_manager itself may write */

long mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    unsigned free = PLACES;

    assert_int_equal(address % 4096 + bytes % 4096, 0);
    for (unsigned i = 0; i < PLACES; i++)
        if (writable[i] == (char *)address) {
            free = i;
            break;
        } else if (!writable[i]) {
            free = i;
        }
    assert_true(free < PLACES);
    if (to == SELF) {
        writable[free] = perm == 2 ? (char *)address : NULL;
        return SHOJI_OK;
    }
    if (perm == 1)
        components[to - 100].request = (const char *)address;
    else
        components[to - 100].reply = (const char *)address;
    if (perm == 2) /* nobody gives what he has not */
        assert_ptr_equal(writable[free], (char *)address);
    return SHOJI_OK;
}

long sup_take_back(uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < COMPONENTS; i++) {
        if ((uint64_t)components[i].request - address < bytes)
            components[i].request = NULL;
        if ((uint64_t)components[i].reply - address < bytes)
            components[i].reply = NULL;
    }
    return SHOJI_OK;
}

void print_line(const char *format, ...)
{
    (void)format;
}

/* ---- Asking ---- */

static char piece[CONTENT_PIECE_BYTES];

static long ask(const char *target, const char *query, const char *body, enum content_method method)
{
    size_t path = strlen(target);

    memset(piece, '#', sizeof piece);
    memcpy(piece, target, path);
    memcpy(piece + path, query, strlen(query));
    memcpy(piece + CONTENT_BODY_AT, body, strlen(body));
    return programs_answer(piece, piece + 5, path - 5,
                           CONTENT_SHAPE(method, path, strlen(query), strlen(body)));
}

static void expect(const char *target, const char *query, const char *body, const char *reply)
{
    long result = ask(target, query, body, *body ? CONTENT_POST : CONTENT_GET);

    assert_int_equal(CONTENT_TOTAL(result), strlen(reply));
    assert_int_equal(CONTENT_COPIED(result), strlen(reply));
    assert_memory_equal(piece, reply, strlen(reply));
}

static void component_make(unsigned i, const char *name)
{
    components[i] = (struct component){.there = true};
    snprintf(components[i].name, sizeof components[i].name, "%s", name);
}

static int begin(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COMPONENTS; i++) {
        if (components[i].there)
            (void)programs_end((uint64_t)gates[i]);
        components[i] = (struct component){0};
    }
    during = NULL;
    pages_most = PLACES;
    return programs_begin(SELF) == SHOJI_OK ? 0 : 1;
}

#define NAME_31 "abcdefghijklmnopqrstuvwxyz01234"

static void names_and_parts(void **state)
{
    (void)state;
    component_make(1, "one");
    component_make(2, "on");
    component_make(3, NAME_31);
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(programs_add((uint64_t)gates[i]), SHOJI_OK);
    expect("/cgi/one", "", "", "one 0:?+");
    expect("/cgi/one/", "a=b", "", "one 0:/?a=b+");
    expect("/cgi/on/e", "", "body", "on 1:/e?+body");
    expect("/cgi/" NAME_31 "/x", "", "", NAME_31 " 0:/x?+");
    assert_int_equal(ask("/cgi/o", "", "", CONTENT_GET), SHOJI_ENOENT);
    assert_int_equal(ask("/cgi/ones", "", "", CONTENT_GET), SHOJI_ENOENT);
    assert_int_equal(ask("/cgi/" NAME_31 "5", "", "", CONTENT_GET), SHOJI_ENOENT);
    assert_int_equal(ask("/cgi//one", "", "", CONTENT_GET), SHOJI_ENOENT);
    assert_int_equal(ask("/cgi/one", "", "", CONTENT_OTHER), SHOJI_EPERM);
    assert_int_equal(programs_add((uint64_t)gates[4]), SHOJI_ENOENT);
    assert_int_equal(programs_add(12345), SHOJI_EINVAL);
    assert_int_equal(programs_end((uint64_t)gates[4]), SHOJI_ENOENT);
    assert_int_equal(programs_end(0), SHOJI_ENOENT);
}

static void results(void **state)
{
    static const struct {
        long result, told;
    } table[] = {
        {SHOJI_ENOENT, SHOJI_ENOENT},
        {SHOJI_EPERM, SHOJI_EPERM},
        {SHOJI_EBUSY, SHOJI_EBUSY},
        {SHOJI_ECLOSED, SHOJI_EBUSY},
        {SHOJI_EINVAL, CONTENT_REFUSED(400)},
        {SHOJI_EFAULT, CONTENT_REFUSED(500)},
        {SHOJI_EMEMORY, CONTENT_REFUSED(500)},
        {INT64_MIN, CONTENT_REFUSED(500)},
    };

    (void)state;
    component_make(7, "seven");
    assert_int_equal(programs_add((uint64_t)gates[7]), SHOJI_OK);
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        components[7].result = table[i].result;
        assert_int_equal(ask("/cgi/seven", "", "", CONTENT_GET), table[i].told);
    }
}

static void largest_request(void **state)
{
    static char query[CONTENT_BODY_AT], body[CONTENT_BODY_BYTES + 1];

    (void)state;
    component_make(5, "five");
    assert_int_equal(programs_add((uint64_t)gates[5]), SHOJI_OK);
    memset(query, 'q', CONTENT_BODY_AT - strlen("/cgi/five"));
    memset(body, 'b', CONTENT_BODY_BYTES);
    assert_int_equal(CONTENT_TOTAL(ask("/cgi/five", query, body, CONTENT_POST)),
                     strlen("five 1:?+") + strlen(query) + strlen(body));
}

static unsigned ending, added;

/* While it is asked: it is replaced, and ends. */
static void replace_now(unsigned component)
{
    during = NULL;
    assert_int_equal(programs_add((uint64_t)gates[added]), SHOJI_OK);
    assert_int_equal(programs_end((uint64_t)gates[component]), SHOJI_EBUSY);
    assert_non_null(components[component].request);
    assert_int_equal(ask("/cgi/same", "", "", CONTENT_GET) >= 0, true); /* the new one's */
    assert_int_equal(components[added].asked, 1);
    ending = component;
}

static void replaced_while_asked(void **state)
{
    (void)state;
    component_make(1, "same");
    component_make(2, "same");
    assert_int_equal(programs_add((uint64_t)gates[1]), SHOJI_OK);
    during = replace_now;
    added = 2;
    expect("/cgi/same", "", "", "same 0:?+");
    assert_int_equal(components[1].asked, 1);
    expect("/cgi/same", "", "", "same 0:?+");
    assert_int_equal(components[1].asked, 1);
    assert_int_equal(components[2].asked, 2);
    assert_int_equal(programs_end((uint64_t)gates[ending]), SHOJI_OK);
    assert_null(components[1].request);
    assert_null(components[1].reply);
}

static void one_at_a_time(unsigned component)
{
    during = NULL;
    assert_int_equal(ask("/cgi/same", "", "", CONTENT_GET), SHOJI_EBUSY);
    assert_int_equal(components[component].asked, 1);
}

static void never_twice_at_once(void **state)
{
    (void)state;
    component_make(1, "same");
    assert_int_equal(programs_add((uint64_t)gates[1]), SHOJI_OK);
    during = one_at_a_time;
    expect("/cgi/same", "", "", "same 0:?+");
    expect("/cgi/same", "", "", "same 0:?+");
}

/* Its maker has failed: the component is no more, whoever is in it. */
static void vanish(unsigned component)
{
    during = NULL;
    components[component].there = false;
    programs_gone(component + 100);
    components[component].there = true; /* for the rest of answer() */
    components[component].result = SHOJI_EFAULT;
}

static void vanished(void **state)
{
    (void)state;
    for (int round = 0; round < 3 * PLACES; round++) { /* its place is found again each time */
        component_make(1, "gone");
        assert_int_equal(programs_add((uint64_t)gates[1]), SHOJI_OK);
        during = vanish;
        assert_int_equal(ask("/cgi/gone", "", "", CONTENT_GET), CONTENT_REFUSED(500));
        components[1].there = false;
        assert_int_equal(ask("/cgi/gone", "", "", CONTENT_GET), SHOJI_ENOENT);
    }
}

static void a_fault_is_no_end(void **state)
{
    (void)state;
    component_make(1, "fails");
    assert_int_equal(programs_add((uint64_t)gates[1]), SHOJI_OK);
    programs_gone(101);
    programs_gone(102);
    expect("/cgi/fails", "", "", "fails 0:?+");
}

static void as_many_as_there_is_room(void **state)
{
    char name[8], path[16];

    (void)state;
    for (unsigned i = 0; i <= PLACES; i++) {
        snprintf(name, sizeof name, "n%u", i);
        component_make(i, name);
        assert_int_equal(programs_add((uint64_t)gates[i]), i < PLACES ? SHOJI_OK : SHOJI_EMEMORY);
    }
    for (unsigned i = 0; i < PLACES; i++) {
        snprintf(path, sizeof path, "/cgi/n%u", i);
        assert_true(ask(path, "", "", CONTENT_GET) > 0);
        assert_int_equal(components[i].asked, 1);
    }
    assert_int_equal(ask("/cgi/n24", "", "", CONTENT_GET), SHOJI_ENOENT);
    assert_int_equal(programs_end((uint64_t)gates[3]), SHOJI_OK);
    assert_int_equal(programs_add((uint64_t)gates[PLACES]), SHOJI_OK);
    assert_true(ask("/cgi/n24", "", "", CONTENT_GET) > 0);
}

/* At random, against who should be asked: the last one added of a name, till it ends. */
static void random_program(void **state)
{
    int current[4] = {-1, -1, -1, -1};
    bool known[COMPONENTS] = {false};

    (void)state;
    random_start(__func__);
    for (int round = 0; round < 200000; round++) {
        unsigned i = (unsigned)random_below(12), name = i % 4;
        char path[16];

        snprintf(path, sizeof path, "/cgi/p%u", name);
        if (random_one_in(4) && !known[i]) {
            component_make(i, path + 5);
            known[i] = programs_add((uint64_t)gates[i]) == SHOJI_OK;
            assert_true(known[i]);
            current[name] = (int)i;
        } else if (random_one_in(4)) {
            assert_int_equal(programs_end((uint64_t)gates[i]), known[i] ? SHOJI_OK : SHOJI_ENOENT);
            known[i] = false;
            assert_null(components[i].request);
            if (current[name] == (int)i)
                current[name] = -1;
        } else {
            unsigned before = current[name] >= 0 ? components[current[name]].asked : 0;
            long result = ask(path, "", "", CONTENT_GET);

            assert_int_equal(result > 0, current[name] >= 0);
            if (current[name] >= 0)
                assert_int_equal(components[current[name]].asked, before + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_and_parts, begin),
        cmocka_unit_test_setup(results, begin),
        cmocka_unit_test_setup(largest_request, begin),
        cmocka_unit_test_setup(replaced_while_asked, begin),
        cmocka_unit_test_setup(never_twice_at_once, begin),
        cmocka_unit_test_setup(vanished, begin),
        cmocka_unit_test_setup(a_fault_is_no_end, begin),
        cmocka_unit_test_setup(as_many_as_there_is_room, begin),
        cmocka_unit_test_setup(random_program, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
