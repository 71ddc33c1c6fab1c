/* SPDX-License-Identifier: BSD-2-Clause
 *
 * async_invocation alone: one thread plays both sides. What is asked is answered once, in its slot, and
 * nobody gets another's answer.
 */
// links: components/async_invocation/async_invocation.c tests/host/seeded.c
// includes: tests/host components/interface build/interface components/runtime components/atomic
// includes: kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "served/async_invocation.h"
#include "event_manager.h"
#include "export.h"
#include "mutex.h"
#include "scheduler.h"
#include "seeded.h"

__asm__(".pushsection .bss\n.balign 4096\n.globl pool_cgi_a, pool_cgi_a_end\npool_cgi_a:\n\t.zero 3145728\n"
        "pool_cgi_a_end:\n\t.zero 4096\n.popsection");
extern char pool_cgi_a[], pool_cgi_a_end[];

/* As the gates' thunks enter them: who calls is the sixth argument. */
static component_t client = 14, server = 20;
#define async_call(slot, bytes, event) async_call_badged(slot, bytes, event, client)
#define async_collect(slot, event) async_collect_badged(slot, event, client)
#define async_drop(slot) async_drop_badged(slot, client)
#define async_serve(event) async_serve_badged(event, server)
#define async_receive(buffer, bytes) async_receive_badged(buffer, bytes, server)
#define async_reply(buffer, bytes) async_reply_badged(buffer, bytes, server)

#define SERVER_EVENT 900
#define EVENT(slot) (1000 + (slot))

/* ---- Neighbours ---- */

static unsigned triggers[2000];
static bool answers_at_once; /* the server runs when the client yields */
static void serve_one(void);

void mutex_lock_contended(struct mutex *mutex)
{
    (void)mutex;
    fail(); /* one thread: nobody may be in it, so nobody is invoked from within it */
}
void mutex_unlock_contended(struct mutex *mutex)
{
    (void)mutex;
    fail();
}
long evt_trigger(long event)
{
    triggers[event]++;
    return SHOJI_OK;
}
long sched_yield(void)
{
    if (answers_at_once)
        serve_one();
    return SHOJI_OK;
}

/* ---- Both sides ---- */

static char *const server_in = pool_cgi_a + ASYNC_SLOTS * ASYNC_SLOT_BYTES;
static char *const server_out = pool_cgi_a + ASYNC_SLOTS * ASYNC_SLOT_BYTES + 16384;

static long ask(uint32_t slot, const char *text)
{
    strcpy(pool_cgi_a + slot * ASYNC_SLOT_BYTES, text);
    return async_call(slot, strlen(text), EVENT(slot));
}

static long receive(void)
{
    return async_receive((uint64_t)server_in, 16384);
}

static const struct async_record *received = (const void *)(pool_cgi_a + ASYNC_SLOTS * ASYNC_SLOT_BYTES);

static long reply(uint32_t slot, int32_t status, const char *text)
{
    struct async_record record = {.slot = slot, .status = status, .bytes = strlen(text)};
    memcpy(server_out, &record, sizeof record);
    memcpy(server_out + sizeof record, text, record.bytes);
    return async_reply((uint64_t)server_out, sizeof record + record.bytes);
}

static void serve_one(void)
{
    if (receive() > 0)
        assert_true(reply(received->slot, 0, "answer") > 0);
}

static void assert_answer(uint32_t slot, const char *text)
{
    assert_int_equal(async_collect(slot, EVENT(slot)), strlen(text));
    assert_memory_equal(pool_cgi_a + slot * ASYNC_SLOT_BYTES, text, strlen(text));
}

static int begin(void **state)
{
    (void)state;
    answers_at_once = false;
    assert_int_equal(async_serve(SERVER_EVENT), 1);
    while (receive() > 0)
        assert_true(reply(received->slot, 0, "") > 0);
    for (uint32_t slot = 0; slot < ASYNC_SLOTS; slot++)
        async_drop(slot);
    memset(triggers, 0, sizeof triggers);
    return 0;
}

/* ---- Tests ---- */

static void one_request(void **state)
{
    (void)state;
    assert_int_equal(receive(), SHOJI_EAGAIN);
    assert_int_equal(ask(3, "question"), SHOJI_EAGAIN);
    assert_int_equal(triggers[SERVER_EVENT], 1);
    assert_int_equal(receive(), sizeof *received + 8);
    assert_int_equal(received->slot, 3);
    assert_memory_equal(received + 1, "question", 8);
    assert_int_equal(async_collect(3, EVENT(3)), SHOJI_EAGAIN);
    assert_true(reply(3, 0, "the answer") > 0);
    assert_int_equal(triggers[EVENT(3)], 1);
    assert_answer(3, "the answer");
    assert_int_equal(async_collect(3, EVENT(3)), SHOJI_EINVAL);
    assert_int_equal(reply(3, 0, "again"), SHOJI_ENOENT);
}

/* A server that answers while the client yields: no event, the reply at once. */
static void an_answer_at_once(void **state)
{
    (void)state;
    answers_at_once = true;
    assert_int_equal(ask(0, "x"), 6);
    assert_memory_equal(pool_cgi_a, "answer", 6);
    assert_int_equal(triggers[EVENT(0)], 0);
    answers_at_once = false;
}

static void order_and_edges(void **state)
{
    (void)state;
    for (uint32_t slot = 0; slot < ASYNC_SLOTS; slot++)
        assert_int_equal(ask(slot, "q"), SHOJI_EAGAIN);
    assert_int_equal(triggers[SERVER_EVENT], 1); /* told once */
    for (uint32_t slot = 0; slot < ASYNC_SLOTS; slot++) {
        long result = receive();
        assert_int_equal(received->slot, slot);
        assert_int_equal((result & ASYNC_MORE) != 0, slot + 1 < ASYNC_SLOTS);
        assert_true(reply(slot, slot % 2 ? SHOJI_ENOENT : 0, "r") > 0);
        assert_int_equal(async_collect(slot, EVENT(slot)), slot % 2 ? SHOJI_ENOENT : 1);
    }
    assert_int_equal(ask(7, "q"), SHOJI_EAGAIN);
    assert_int_equal(triggers[SERVER_EVENT], 2);
}

static void dropped_at_each_stage(void **state)
{
    (void)state;
    ask(1, "a"), ask(2, "b"), ask(3, "c"), ask(4, "d");
    async_drop(1); /* queued */
    assert_int_equal(ask(1, "new"), SHOJI_EBUSY);
    assert_true(receive() > 0);
    assert_int_equal(received->slot, 2);
    async_drop(2); /* in work */
    assert_int_equal(async_collect(2, EVENT(2)), SHOJI_EINVAL);
    assert_int_equal(ask(2, "new"), SHOJI_EBUSY);
    assert_true(reply(2, 0, "late") > 0);
    assert_int_equal(triggers[EVENT(2)], 0);
    assert_int_equal(ask(2, "new"), SHOJI_EAGAIN);
    assert_true(receive() > 0);
    assert_int_equal(received->slot, 3);
    assert_true(reply(3, 0, "r") > 0);
    async_drop(3); /* replied */
    assert_int_equal(ask(3, "new"), SHOJI_EAGAIN);
    static const uint32_t rest[] = {4, 2, 3};
    for (int i = 0; i < 3; i++) {
        assert_true(receive() > 0);
        assert_int_equal(received->slot, rest[i]);
    }
    assert_int_equal(receive(), SHOJI_EAGAIN);
    assert_int_equal(ask(1, "new"), SHOJI_EAGAIN);
}

static void a_server_that_begins_anew(void **state)
{
    (void)state;
    ask(1, "a"), ask(2, "b");
    assert_true(receive() > 0);
    assert_int_equal(async_serve(SERVER_EVENT + 1), 1);
    assert_int_equal(triggers[EVENT(1)], 1);
    assert_int_equal(async_collect(1, EVENT(1)), SHOJI_EFAULT);
    assert_int_equal(async_collect(2, EVENT(2)), SHOJI_EAGAIN);
    assert_true(receive() > 0);
    assert_int_equal(received->slot, 2);
}

/* A request may come before anybody has ever served: it waits. Runs first, without `begin`. */
static void the_first_server(void **state)
{
    (void)state;
    assert_int_equal(ask(4, "early"), SHOJI_EAGAIN);
    assert_int_equal(receive(), SHOJI_EPERM);
    assert_int_equal(async_serve(SERVER_EVENT), 1);
    assert_int_equal(triggers[SERVER_EVENT], 1);
    assert_true(receive() > 0);
    assert_int_equal(received->slot, 4);
    assert_true(reply(4, 0, "r") > 0);
    assert_int_equal(triggers[EVENT(4)], 1);
    assert_answer(4, "r");
}

/* Requests that came while nobody served are told of, like any other. */
static void requests_wait_for_a_server(void **state)
{
    (void)state;
    ask(1, "a"), ask(2, "b");
    memset(triggers, 0, sizeof triggers);
    component_gone(server);
    assert_int_equal(ask(3, "c"), SHOJI_EAGAIN);
    assert_int_equal(async_serve(SERVER_EVENT + 1), 1);
    assert_int_equal(triggers[SERVER_EVENT + 1], 1);
    for (uint32_t slot = 1; slot <= 3; slot++) {
        assert_true(receive() > 0);
        assert_int_equal(received->slot, slot);
        assert_true(reply(slot, 0, "r") > 0);
        assert_answer(slot, "r");
    }
    async_drop(1);
    assert_int_equal(async_serve(SERVER_EVENT), 1);
    assert_int_equal(triggers[SERVER_EVENT], 0); /* there is none */
}

/* What a client that has failed asked for is dropped at each stage; another's goes on. */
static void a_client_that_goes(void **state)
{
    (void)state;
    ask(1, "in work"), ask(2, "replied"), ask(3, "queued"), ask(4, "queued");
    client = 15;
    ask(5, "another's"), ask(6, "another's");
    client = 14;
    assert_true(receive() > 0);
    assert_true(receive() > 0);
    assert_true(reply(2, 0, "r") > 0);
    component_gone(16);
    assert_answer(2, "r");
    assert_int_equal(ask(2, "again"), SHOJI_EAGAIN);
    memset(triggers, 0, sizeof triggers);
    component_gone(14);
    for (uint32_t slot = 1; slot <= 4; slot++)
        assert_int_equal(async_collect(slot, EVENT(slot)), SHOJI_EINVAL);
    assert_true(reply(1, 0, "late") > 0);
    assert_int_equal(triggers[EVENT(1)], 0);
    client = 15;
    for (uint32_t slot = 5; slot <= 6; slot++) {
        assert_true(receive() > 0);
        assert_int_equal(received->slot, slot);
        assert_true(reply(slot, 0, "r") > 0);
        assert_answer(slot, "r");
    }
    client = 14;
    assert_int_equal(receive(), SHOJI_EAGAIN);
    for (uint32_t slot = 1; slot <= 4; slot++) /* all are free again */
        assert_int_equal(ask(slot, "q"), SHOJI_EAGAIN);
}

static void others_requests_are_others(void **state)
{
    (void)state;
    ask(1, "a"), ask(2, "b");
    assert_true(receive() > 0);
    server = 22;
    assert_int_equal(receive(), SHOJI_EPERM);
    assert_int_equal(reply(1, 0, "forged"), SHOJI_EPERM);
    server = 20;
    assert_true(reply(1, 0, "r") > 0);
    client = 15;
    for (uint32_t slot = 1; slot <= 2; slot++) {
        assert_int_equal(async_call(slot, 1, EVENT(slot)), SHOJI_EPERM);
        assert_int_equal(async_collect(slot, EVENT(slot)), SHOJI_EPERM);
        assert_int_equal(async_drop(slot), SHOJI_EPERM);
    }
    client = 14;
    assert_answer(1, "r");
    assert_true(receive() > 0);
    assert_true(reply(2, 0, "r") > 0);
    assert_answer(2, "r");
}

/* The event manager has begun anew: whoever waits says which event it is now. */
static void an_event_that_changes(void **state)
{
    (void)state;
    ask(1, "a");
    assert_int_equal(async_collect(1, EVENT(7)), SHOJI_EAGAIN);
    assert_true(receive() > 0);
    assert_true(reply(1, 0, "A") > 0);
    assert_int_equal(triggers[EVENT(1)], 0);
    assert_int_equal(triggers[EVENT(7)], 1);
}

static void bad_arguments(void **state)
{
    const uint64_t in = (uint64_t)server_in;
    (void)state;
    assert_int_equal(async_call(ASYNC_SLOTS, 1, 1), SHOJI_EINVAL);
    assert_int_equal(async_call(0, ASYNC_SLOT_BYTES + 1, 1), SHOJI_EINVAL);
    assert_int_equal(async_collect(UINT32_MAX, 1), SHOJI_EINVAL);
    assert_int_equal(async_drop(ASYNC_SLOTS), SHOJI_EINVAL);
    assert_int_equal(async_serve(0), SHOJI_EINVAL);
    static const struct {
        int64_t from;
        uint64_t bytes;
    } buffers[] = {{-1, 100},     {-8192, 100}, {0, UINT64_MAX}, {0, 1}, {ASYNC_SERVER_BYTES, 1 << 20},
                   {1l << 40, 64}};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        assert_int_equal(async_receive(in + buffers[i].from, buffers[i].bytes), SHOJI_EINVAL);
        assert_int_equal(async_reply(in + buffers[i].from, buffers[i].bytes), SHOJI_EINVAL);
    }
    ask(5, "12345");
    assert_int_equal(async_receive(in, sizeof(struct async_record) + 4), SHOJI_ETOOBIG);
    assert_true(receive() > 0);
    struct async_record record = {.slot = 5, .bytes = 100};
    memcpy(server_out, &record, sizeof record);
    assert_int_equal(async_reply((uint64_t)server_out, sizeof record + 99), SHOJI_EINVAL);
    record = (struct async_record){.slot = 5, .status = 1};
    memcpy(server_out, &record, sizeof record);
    assert_int_equal(async_reply((uint64_t)server_out, sizeof record), SHOJI_EINVAL);
    record = (struct async_record){.slot = ASYNC_SLOTS};
    memcpy(server_out, &record, sizeof record);
    assert_int_equal(async_reply((uint64_t)server_out, sizeof record), SHOJI_ENOENT);
    assert_true(reply(5, 0, "fine") > 0);
}

/* Against a model: what each slot waits for. */
static void random_traffic(void **state)
{
    enum { IDLE, ASKED, WORKING, DONE } model[16] = {0};
    bool dropped[16] = {0};
    unsigned number[16] = {0}, next = 0;
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 200000; round++) {
        uint32_t slot = random_below(16);
        char text[16] = "";
        switch (random_below(5)) {
        case 0: {
            for (unsigned n = next + 1, i = 0; n; n /= 10)
                text[i++] = '0' + n % 10;
            bool idle = model[slot] == IDLE || model[slot] == DONE;
            if (!idle) { /* only its owner may write a slot: nothing is written here */
                assert_int_equal(async_call(slot, 1, EVENT(slot)), SHOJI_EBUSY);
                dropped[slot] = true;
                break;
            }
            assert_int_equal(ask(slot, text), SHOJI_EAGAIN);
            number[slot] = ++next;
            model[slot] = ASKED;
            break;
        }
        case 1: {
            long result = receive();
            if (result == SHOJI_EAGAIN) {
                for (int i = 0; i < 16; i++) {
                    assert_true(model[i] != ASKED || dropped[i]);
                    if (model[i] == ASKED)
                        model[i] = IDLE, dropped[i] = false;
                }
                break;
            }
            uint32_t got = received->slot;
            assert_true(model[got] == ASKED && !dropped[got]);
            for (int i = 0; i < 16; i++) /* first come, first served */
                if (model[i] == ASKED && number[i] < number[got]) {
                    assert_true(dropped[i]);
                    model[i] = IDLE, dropped[i] = false;
                }
            model[got] = WORKING;
            unsigned behind = UINT32_MAX; /* it has looked behind it, up to the next that somebody wants */
            for (int i = 0; i < 16; i++)
                if (model[i] == ASKED && !dropped[i] && number[i] < behind)
                    behind = number[i];
            assert_int_equal((result & ASYNC_MORE) != 0, behind != UINT32_MAX);
            for (int i = 0; i < 16; i++)
                if (model[i] == ASKED && number[i] < behind)
                    model[i] = IDLE, dropped[i] = false;
            break;
        }
        case 2:
            if (model[slot] != WORKING) {
                assert_int_equal(reply(slot, 0, "?"), SHOJI_ENOENT);
                break;
            }
            assert_true(reply(slot, 0, "reply") > 0);
            model[slot] = dropped[slot] ? IDLE : DONE;
            dropped[slot] = false;
            break;
        case 3:
            if (model[slot] == IDLE || dropped[slot]) {
                assert_int_equal(async_collect(slot, EVENT(slot)), SHOJI_EINVAL);
            } else if (model[slot] == DONE) {
                assert_int_equal(async_collect(slot, EVENT(slot)), 5);
                model[slot] = IDLE;
            } else {
                assert_int_equal(async_collect(slot, EVENT(slot)), SHOJI_EAGAIN);
            }
            break;
        default:
            if (!random_one_in(4))
                break;
            assert_int_equal(async_drop(slot), SHOJI_OK);
            if (model[slot] == DONE)
                model[slot] = IDLE;
            else if (model[slot] != IDLE)
                dropped[slot] = true;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_server),
        cmocka_unit_test_setup(one_request, begin),
        cmocka_unit_test_setup(an_answer_at_once, begin),
        cmocka_unit_test_setup(order_and_edges, begin),
        cmocka_unit_test_setup(dropped_at_each_stage, begin),
        cmocka_unit_test_setup(a_server_that_begins_anew, begin),
        cmocka_unit_test_setup(requests_wait_for_a_server, begin),
        cmocka_unit_test_setup(a_client_that_goes, begin),
        cmocka_unit_test_setup(others_requests_are_others, begin),
        cmocka_unit_test_setup(an_event_that_changes, begin),
        cmocka_unit_test_setup(bad_arguments, begin),
        cmocka_unit_test_setup(random_traffic, begin),
    };
    assert_int_equal(component_init(18), SHOJI_OK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
