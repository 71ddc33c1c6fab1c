/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Heads that are kept are the heads that would be written, in any order, and however many meet in one place.
 */
// links: webserver/http_parser/heads.c webserver/http_parser/reply.c tests/host/seeded.c
// includes: tests/host webserver components/interface components/runtime kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http_parser/heads.h"
#include "seeded.h"

static const char long_type[] = "application/x-with-a-name-that-leaves-no-room-for-a-head-of-the-usual-size-and-so-is-"
                                "never-kept-but-must-be-answered-right-all-the-same-each-time-that-it-is-asked-for-"
                                "whatever-was-in-its-place-before";
static const char *const types[] = {"text/plain", "text/html; charset=utf-8", "image/png", long_type};

static struct reply reply_any(void)
{
    static const int statuses[] = {200, 200, 200, 206, 304, 416};
    struct reply reply = {
        .status = statuses[random_below(6)],
        .type = types[random_below(4)],
        .header = random_one_in(10) ? "X: y\r\n" : NULL,
        .length = random_below(random_one_in(2) ? 3 : 100),
        .connection = random_below(3),
        .tag = random_one_in(2) ? 0 : 0x1000 * random_below(4) + random_below(3), /* that meet in one place */
        .total = 1000,
    };
    return reply;
}

static void as_they_would_be_written(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 300000; round++) {
        struct reply reply = reply_any();
        char kept[REPLY_ROOM], written[REPLY_ROOM];
        uint64_t bytes;

        memset(kept, '#', sizeof kept);
        bytes = reply_head(written, &reply);
        assert_int_equal(heads_write(kept, &reply), bytes);
        assert_memory_equal(kept, written, bytes);
        for (uint64_t at = bytes + 31; at < sizeof kept; at++)
            assert_int_equal(kept[at], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_they_would_be_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
