/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The thread of a CGI service over a fake fd_api, which begins anew at each point at which the thread is with it: it
 * serves again, whatever it was about to do.
 */
// links: webserver/cgi_service/cgi_service.c webserver/cgi_service/service.c
// includes: webserver/cgi_service webserver components/interface components/runtime kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "async_invocation.h"
#include "cgi.h"
#include "export.h"
#include "fd_api.h"
#include "runtime.h"
#include "scheduler.h"

void cgi_thread(void);

#define BYTES (4 * 1024 * 1024)
char pool_cgi_a[BYTES];
__asm__(".globl pool_cgi_a_end\n.set pool_cgi_a_end, pool_cgi_a + 0x400000");
struct shoji_global fake_global = {.tick_us = 10000};
__asm__(".globl shoji_global\n.set shoji_global, fake_global");

static int calls, fails_at, down; /* the call at which fd_api fails; ticks until it runs again */
static bool knows_buffers, knows_group, knows_service, request;
static int answers, said;

/* Whether it is not there. */
static bool failed(void)
{
    if (++calls == fails_at) {
        knows_buffers = knows_group = knows_service = false;
        down = 3;
    }
    return down > 0;
}

long fd_buffers(const void *from, const void *end)
{
    (void)from, (void)end;
    if (failed())
        return SHOJI_EFAULT;
    knows_buffers = true;
    return SHOJI_OK;
}
long fd_group(void)
{
    if (failed())
        return SHOJI_EFAULT;
    knows_group = true;
    return 1;
}
long fd_open_service(long group)
{
    if (failed())
        return SHOJI_EFAULT;
    if (group != 1 || !knows_group)
        return SHOJI_ENOENT;
    knows_service = true;
    return 9;
}
long fd_open_null(void)
{
    return failed() ? SHOJI_EFAULT : 10;
}
long fd_close(long fd)
{
    if (failed())
        return SHOJI_EFAULT;
    knows_service = knows_service && fd != 9;
    return SHOJI_OK;
}
long fd_wait(long group)
{
    fake_global.moves++; /* so the thread returns after each wakeup */
    if (failed())
        return SHOJI_EFAULT;
    if (group != 1 || !knows_group)
        return SHOJI_ENOENT;
    request = true;
    return 9;
}
long fd_read(long fd, void *buffer, uint64_t bytes)
{
    struct {
        struct async_record record;
        struct cgi_request head;
        char path[2];
    } *asked = buffer;

    if (failed())
        return SHOJI_EFAULT;
    if (fd != 9 || !knows_service)
        return SHOJI_ENOENT;
    assert_true(knows_buffers && bytes >= sizeof *asked);
    if (!request)
        return SHOJI_EAGAIN;
    request = false;
    memset(asked, 0, sizeof *asked);
    asked->head.path_bytes = 2;
    memcpy((char *)(&asked->head + 1), "hw", 2);
    return (long)(sizeof asked->record + sizeof asked->head + 2);
}
long fd_write(long fd, const void *buffer, uint64_t bytes)
{
    (void)buffer;
    if (failed())
        return SHOJI_EFAULT;
    answers += fd == 9 && knows_service;
    return fd == 10 || knows_service ? (long)bytes : SHOJI_ENOENT;
}
long sched_block_until(uint64_t tick)
{
    for (; fake_global.ticks < tick; fake_global.ticks++)
        down -= down > 0;
    return SHOJI_ETIMEDOUT;
}
void print_line(const char *format, ...)
{
    (void)format;
    said++;
}

static void it_serves_again(void **state)
{
    (void)state;
    assert_int_equal(component_init(21), SHOJI_OK);
    for (int at = 1; at < 12; at++) /* further than from one fd_wait to the next, and through a start */
        for (int next = 0; next < 12; next++) {
            fails_at = calls + at;
            for (int i = 0; i < at; i++)
                cgi_thread();
            fails_at = next != 0 ? calls + next : 0; /* and once more, soon */
            for (int i = 0; i < 40; i++)
                cgi_thread();
            answers = 0;
            for (int i = 0; i < 10; i++)
                cgi_thread();
            assert_true(answers >= 9);
        }
    assert_int_equal(said, 0); /* there is nothing to be put right by people */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_serves_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
