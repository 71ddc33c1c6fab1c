/* SPDX-License-Identifier: BSD-2-Clause */
#include "uploads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "runtime.h"
#include "timed_block.h"
#include "walls.h"

#define ENDING_MS 3000u /* how long a program may be in its last request: longer than any `time` we give */
#define MAY_INVOKE 3u
#define MAY_NOTHING 0u

static struct upload table[UPLOADS];
static struct made ending[UPLOADS]; /* could not be freed at once */

struct upload *uploads(void)
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

/* The rules speak of components by their places: these have changed. */
static void components_changed(void)
{
    const struct layout *layout = layout_read();
    if (layout)
        walls_renew(layout);
}

component_t uploads_content_manager(void)
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
            uploads_due();
            return;
        }
    print_line("component %u cannot end, and is forgotten", made->pd); /* UPLOADS of them were not either */
}

bool uploads_end_rest(void)
{
    bool none = true;
    for (unsigned i = 0; i < UPLOADS; i++)
        if (ending[i].pd != 0 && made_free(&ending[i]) != SHOJI_OK)
            none = false;
    return none;
}

/* Nobody is in it any more, or nobody who would ever come out; then it is nobody. */
static void upload_end(struct upload *upload)
{
    for (uint64_t until = uploads_tick(ENDING_MS); upload->program && shoji_global.ticks < until;) {
        if (content_program_end(upload->program) != SHOJI_EBUSY)
            break;
        (void)timed_block(1);
    }
    made_told(&upload->made, 0, 0);
    domain_end(&upload->made);
    free(upload->edges);
    free(upload->file);
    *upload = (struct upload){0};
}

/* Its component_init, if it has one; by a gate that is there for this alone. */
long upload_begin(const struct upload *upload)
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
long upload_program(struct upload *upload)
{
    uint64_t function = image_function(&upload->made.image, "program_answer");
    long gate = function ? mmp_set_gate(function, MAY_INVOKE, uploads_content_manager()) : 0;
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
    if (status == SHOJI_OK) {
        made_told(&fresh->made, fresh->file, fresh->bytes);
        status = mmp_time_PD(fresh->made.pd, wish->time_ms);
    }
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
    long status = upload_program(fresh);
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
