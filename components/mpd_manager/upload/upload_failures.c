/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What becomes of uploaded components when they fail, or content_manager does: the thread `uploads` begins
 * them anew. Failures in a row are waited for as those of others are (docs/architecture.md, Faults).
 */
#include "content.h"
#include "runtime.h"
#include "scheduler.h"
#include "uploads.h"

#define QUIET_MS 10000u /* after which a failure is the first again */
#define DELAY_MS 40u    /* of the third in a row; each further one waits twice as long */
#define FAILURES_MOST 8u
#define RETRY_MS 20u
#define WAIT_MS 2000u /* at most: who waits keeps the domain in which it does */

static volatile uint64_t gone[4]; /* a bit for each id: uploads_gone was called for it */
static volatile thread_t worker;  /* 0: it has not run yet */
static uint64_t due = UINT64_MAX; /* the tick at which there is more to do */

uint64_t uploads_tick(uint64_t milliseconds)
{
    return shoji_global.ticks + milliseconds * 1000 / shoji_global.tick_us;
}

static void wake(void)
{
    if (worker)
        (void)sched_wakeup(worker);
}

void uploads_due(void)
{
    due = uploads_tick(RETRY_MS);
    wake();
}

void uploads_gone(component_t component)
{
    if (component < 256)
        __atomic_or_fetch(&gone[component / 64], 1ull << component % 64, __ATOMIC_RELAXED);
    wake();
}

static bool is_in(const uint64_t set[4], component_t component)
{
    return component < 256 && (set[component / 64] >> component % 64 & 1) != 0;
}

static uint64_t invocations(component_t server)
{
    const struct layout *layout = layout_last();
    uint64_t count = 0;
    for (uint32_t i = 0; i < layout->edges_count; i++)
        if (layout->edges[i].server == server)
            count += layout->edges[i].invocations;
    return count;
}

/* It has failed: when it may begin anew. The invocation that failed is none that it served. */
static void upload_blame(struct upload *upload)
{
    uint64_t served = invocations(upload->made.pd);
    bool repeated = served <= upload->served + 1 &&
                    shoji_global.ticks < upload->since + uploads_tick(QUIET_MS) - uploads_tick(0);
    upload->failures = repeated ? upload->failures + 1 : 1;
    upload->served = served;
    upload->since = shoji_global.ticks;
    upload->failed = true;
    upload->due = uploads_tick(upload->failures < 3 ? 0 : (uint64_t)DELAY_MS << (upload->failures - 3));
    upload->stays = upload->failures >= FAILURES_MOST;
    if (upload->stays)
        print_line("%s stays down after %u failures", upload->name, upload->failures);
}

/* Its memory is put right and it is opened; no request comes before its component_init has returned. */
static void upload_revive(struct upload *upload)
{
    char why[LAYOUT_WHY_BYTES];
    struct upload_linking linking = {.upload = upload, .why = why};
    if (upload->program && content_program_hold(upload->program, 1) == SHOJI_EBUSY) {
        upload->due = uploads_tick(RETRY_MS);
        return;
    }
    long status = made_reset(&upload->made, upload_resolve, &linking);
    if (status == SHOJI_OK)
        status = mmp_open_PD(upload->made.pd);
    upload->failed = false;
    if (status == SHOJI_OK)
        status = upload_begin(upload);
    if (status < 0 && status != SHOJI_EFAULT) {
        upload->failed = upload->stays = true;
        print_line("%s stays down: status %d", upload->name, (int)status);
    } else if (status >= 0) {
        print_line("%s runs again", upload->name);
        if (upload->program)
            (void)content_program_hold(upload->program, 0);
    }
}

static uint64_t upload_work(struct upload *upload, const uint64_t fell[4])
{
    if (is_in(fell, upload->made.pd)) {
        const struct sup_component *it = layout_component(layout_last(), upload->made.pd);
        if (it && it->state != SUP_RUNS && !upload->failed)
            upload_blame(upload);
    }
    if (!upload->failed || upload->stays)
        return UINT64_MAX;
    if (shoji_global.ticks >= upload->due)
        upload_revive(upload);
    return upload->failed ? upload->due : UINT64_MAX;
}

/* content_manager has begun anew, and knows no program. SHOJI_EFAULT: it has not yet. */
static bool program_again(struct upload *upload)
{
    if (upload_program(upload) != SHOJI_OK || content_program(upload->program) != SHOJI_OK)
        return false;
    if (upload->failed)
        (void)content_program_hold(upload->program, 1);
    return true;
}

static uint64_t programs_work(bool content_fell)
{
    uint64_t next = UINT64_MAX;
    for (struct upload *it = uploads(); it < uploads() + UPLOADS; it++) {
        if (!it->name[0] || !it->program)
            continue;
        it->lost |= content_fell;
        if (it->lost && !(it->lost = !program_again(it)))
            continue;
        next = it->lost ? uploads_tick(RETRY_MS) : next;
    }
    return next;
}

void uploads_work(void)
{
    uint64_t fell[4], next, any = 0;
    for (unsigned i = 0; i < 4; i++)
        any |= fell[i] = __atomic_exchange_n(&gone[i], 0, __ATOMIC_RELAXED);
    if (!any && shoji_global.ticks < due)
        return;
    if (!layout_read()) {
        for (unsigned i = 0; i < 4; i++)
            __atomic_or_fetch(&gone[i], fell[i], __ATOMIC_RELAXED);
        due = uploads_tick(RETRY_MS);
        return;
    }
    next = programs_work(is_in(fell, uploads_content_manager()));
    for (struct upload *it = uploads(); it < uploads() + UPLOADS; it++) {
        uint64_t when = it->name[0] ? upload_work(it, fell) : UINT64_MAX;
        next = when < next ? when : next;
    }
    due = uploads_end_rest() ? next : uploads_tick(RETRY_MS);
}

void uploads_wait(void)
{
    uint64_t until = uploads_tick(WAIT_MS);
    worker = shoji_global.current;
    (void)sched_block_until(due < until ? due : until);
}
