/* SPDX-License-Identifier: BSD-2-Clause */
#include "uploads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "runtime.h"
#include "scheduler.h"
#include "timed_block.h"
#include "walls.h"

#define QUIET_MS 10000u /* after which a failure is the first again: as for components of the manifest */
#define DELAY_MS 40u    /* of the third in a row; each further one waits twice as long */
#define FAILURES_MOST 8u
#define RETRY_MS 20u
#define ENDING_MS 3000u /* how long a program may be in its last request: longer than any `time` we give */
#define WAIT_MS 2000u   /* at most: who waits keeps the domain in which it does */
#define MAY_INVOKE 3u
#define MAY_NOTHING 0u

static struct upload table[UPLOADS];
static struct made ending[UPLOADS]; /* could not be freed at once */
static volatile uint64_t gone[4];   /* a bit for each id: uploads_gone was called for it */
static volatile thread_t worker;    /* 0: it has not run yet */
static uint64_t due = UINT64_MAX;   /* the tick at which there is more to do */

const struct upload *uploads(void)
{
    return table;
}

static struct upload *find(const char *name)
{
    for (unsigned i = 0; i < UPLOADS; i++)
        if (name[0] && strcmp(table[i].name, name) == 0)
            return &table[i];
    return 0;
}

const struct upload *upload_find(const char *name)
{
    return find(name);
}

static uint64_t in(uint64_t milliseconds)
{
    return shoji_global.ticks + milliseconds * 1000 / shoji_global.tick_us;
}

static void wake(void)
{
    if (worker)
        (void)sched_wakeup(worker);
}

/* The rules speak of components by their places: these have changed. */
static void components_changed(void)
{
    const struct layout *layout = layout_read();
    if (layout)
        walls_renew(layout);
}

static component_t content_manager(void)
{
    long id = layout_find(layout_last(), "content_manager");
    return id > 0 ? (component_t)id : 0;
}

/* ---- What becomes of one ---- */

static void domain_end(struct made *made)
{
    if (made_free(made) == SHOJI_OK)
        return;
    for (unsigned i = 0; i < UPLOADS; i++)
        if (ending[i].pd == 0) {
            ending[i] = *made;
            due = in(RETRY_MS);
            wake();
            return;
        }
    print_line("component %u cannot end, and is forgotten", made->pd); /* UPLOADS of them were not either */
}

/* Nobody is in it any more, or nobody who would ever come out; then it is nobody. */
static void upload_end(struct upload *upload)
{
    for (uint64_t until = in(ENDING_MS); upload->program && shoji_global.ticks < until;) {
        if (content_program_end(upload->program) != SHOJI_EBUSY)
            break;
        (void)timed_block(1);
    }
    domain_end(&upload->made);
    free(upload->edges);
    free(upload->file);
    *upload = (struct upload){0};
}

/* Its component_init, if it has one; by a gate that is there for this alone. */
static long upload_begin(const struct upload *upload)
{
    uint64_t function = image_function(&upload->made.image, "component_init");
    long gate = function ? mmp_set_gate(function, MAY_INVOKE, made_self()) : 0;
    if (gate <= 0)
        return gate;
    long status = ((long (*)(component_t))gate)(upload->made.pd);
    (void)mmp_set_gate(function, MAY_NOTHING, made_self());
    return status;
}

/* A gate for content_manager, if it is a program. */
static long program_give(struct upload *upload)
{
    uint64_t function = image_function(&upload->made.image, "program_answer");
    long gate = function ? mmp_set_gate(function, MAY_INVOKE, content_manager()) : 0;
    if (gate > 0)
        upload->program = (uint64_t)gate;
    return gate < 0 ? gate : SHOJI_OK;
}

/* ---- A new one ---- */

static uint32_t crc32(const char *file, uint32_t bytes)
{
    uint32_t crc = ~0u;
    for (uint32_t i = 0; i < bytes; i++) {
        crc ^= (unsigned char)file[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static int load_status(long status)
{
    switch (status) {
    case SHOJI_EINVAL:
    case SHOJI_ETOOBIG:
        return 422;
    case SHOJI_ENOENT:
        return 403;
    default:
        return 503;
    }
}

/* The domain with the image, and whatever it may invoke. It has no name yet. */
static int upload_load(struct upload *fresh, const struct upload_wish *wish, char why[LAYOUT_WHY_BYTES])
{
    char refused[LAYOUT_WHY_BYTES] = "";
    struct upload_linking linking = {.upload = fresh, .why = refused};
    long status =
        made_load(&fresh->made, 0, wish->memory, fresh->file, fresh->bytes, upload_resolve, &linking, why);
    if (status == SHOJI_OK)
        status = mmp_time_PD(fresh->made.pd, wish->time_ms);
    if (status == SHOJI_OK)
        return 200;
    if (status == SHOJI_ENOENT && refused[0])
        strcpy(why, refused);
    return load_status(status);
}

/* component_init has been called. */
static int upload_start(const struct upload *fresh, char why[LAYOUT_WHY_BYTES])
{
    long status = upload_begin(fresh);
    if (status >= 0)
        return 200;
    const struct layout *layout = layout_read();
    const struct sup_component *it = layout ? layout_component(layout, fresh->made.pd) : 0;
    if (status == SHOJI_EFAULT && it && it->reason[0])
        snprintf(why, LAYOUT_WHY_BYTES, "It failed in component_init: %.200s.", it->reason);
    else
        snprintf(why, LAYOUT_WHY_BYTES, "Its component_init returned status %ld.", status);
    return 422;
}

/* The name is the new one's, and so are the requests from now on. */
static int upload_install(struct upload *fresh, struct upload *old, char why[LAYOUT_WHY_BYTES])
{
    char aside[SHOJI_NAME_BYTES];
    long status = program_give(fresh);
    if (status == SHOJI_OK && old) {
        snprintf(aside, sizeof aside, "pd_%u", old->made.pd);
        status = mmp_name_PD(old->made.pd, aside);
    }
    if (status == SHOJI_OK) {
        status = mmp_name_PD(fresh->made.pd, fresh->name);
        if (status == SHOJI_OK && fresh->program)
            status = content_program(fresh->program);
        if (status != SHOJI_OK && old) {
            snprintf(aside, sizeof aside, "pd_%u", fresh->made.pd);
            (void)mmp_name_PD(fresh->made.pd, aside);
            (void)mmp_name_PD(old->made.pd, old->name);
        }
    }
    if (status == SHOJI_OK)
        return 200;
    snprintf(why, LAYOUT_WHY_BYTES,
             status == SHOJI_EFAULT
                 ? "content_manager begins anew; try again later."
                 : "There is no room for another program, or for gates to it (status %ld).",
             status);
    return 503;
}

static int place_check(const char *name, struct upload **old, struct upload **place,
                       char why[LAYOUT_WHY_BYTES])
{
    const struct layout *layout = layout_read();
    *old = *place = find(name);
    if (!layout)
        return 503;
    if (!*old && (layout_find(layout, name) >= 0 || strcmp(name, "supervisor") == 0)) {
        snprintf(why, LAYOUT_WHY_BYTES,
                 "There is a component `%s` that was not uploaded: only those that were can be replaced.",
                 name);
        return 409;
    }
    for (unsigned i = 0; i < UPLOADS && !*place; i++)
        if (!table[i].name[0])
            *place = &table[i];
    if (*place)
        return 200;
    snprintf(why, LAYOUT_WHY_BYTES, "There are %u uploaded components already; remove one first.", UPLOADS);
    return 503;
}

int uploads_put(const struct upload_wish *wish, char *file, uint32_t bytes, char why[LAYOUT_WHY_BYTES])
{
    struct upload fresh = {.file = file, .bytes = bytes, .crc = crc32(file, bytes)}, *old, *place;
    int status = place_check(wish->name, &old, &place, why);
    snprintf(fresh.name, sizeof fresh.name, "%s", wish->name);
    if (status == 200)
        status = upload_load(&fresh, wish, why);
    if (status == 200)
        status = upload_start(&fresh, why);
    if (status == 200)
        status = upload_install(&fresh, old, why);
    if (status != 200) {
        upload_end(&fresh);
        components_changed();
        return status;
    }
    if (old)
        upload_end(old);
    *place = fresh;
    components_changed();
    return 200;
}

int uploads_delete(const char *name, char why[LAYOUT_WHY_BYTES])
{
    struct upload *upload = find(name);
    if (!layout_read() || !upload) {
        snprintf(why, LAYOUT_WHY_BYTES,
                 layout_find(layout_last(), name) >= 0
                     ? "The component `%s` was not uploaded: it cannot be removed."
                     : "There is no uploaded component `%s`; /v1/components lists them.",
                 name);
        return layout_find(layout_last(), name) >= 0 ? 409 : 404;
    }
    upload_end(upload);
    components_changed();
    return 200;
}

/* ---- Failures ---- */

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
    bool repeated = served <= upload->served + 1 && shoji_global.ticks < upload->since + in(QUIET_MS)-in(0);
    upload->failures = repeated ? upload->failures + 1 : 1;
    upload->served = served;
    upload->since = shoji_global.ticks;
    upload->failed = true;
    upload->due = in(upload->failures < 3 ? 0 : (uint64_t)DELAY_MS << (upload->failures - 3));
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
        upload->due = in(RETRY_MS);
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
    if (program_give(upload) != SHOJI_OK || content_program(upload->program) != SHOJI_OK)
        return false;
    if (upload->failed)
        (void)content_program_hold(upload->program, 1);
    return true;
}

static uint64_t programs_work(bool content_fell)
{
    uint64_t next = UINT64_MAX;
    for (struct upload *it = table; it < table + UPLOADS; it++) {
        if (!it->name[0] || !it->program)
            continue;
        it->lost |= content_fell;
        if (it->lost && !(it->lost = !program_again(it)))
            continue;
        next = it->lost ? in(RETRY_MS) : next;
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
        due = in(RETRY_MS);
        return;
    }
    next = programs_work(is_in(fell, content_manager()));
    for (struct upload *it = table; it < table + UPLOADS; it++) {
        uint64_t when = it->name[0] ? upload_work(it, fell) : UINT64_MAX;
        next = when < next ? when : next;
    }
    for (unsigned i = 0; i < UPLOADS; i++)
        if (ending[i].pd != 0 && made_free(&ending[i]) != SHOJI_OK)
            next = in(RETRY_MS);
    due = next;
}

void uploads_wait(void)
{
    uint64_t until = in(WAIT_MS);
    worker = shoji_global.current;
    (void)sched_block_until(due < until ? due : until);
}
