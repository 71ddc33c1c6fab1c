/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Programs are found, called, and forgotten. It owns the pages that requests and replies lie in: each program
 * has some of its own, so that none sees what another is asked, or anything else of pool `content`.
 *
 * Requests come on one thread, programs come and go on others. So a place is taken in the order `busy`, then
 * a second look, and given up in the order `live`, then a look at `busy`.
 *
 * 1. A program may read its request pages and write its reply pages, as long as it is in its place; we may
 * write the one and read the other, nobody else may do anything with either.
 * 2. A place that is live or busy is not used for another program.
 * 3. Nobody is begun that is held.
 */
#include "programs.h"

#include <stdbool.h>
#include <string.h>

#include "memory_mapper.h"
#include "program.h"
#include "runtime.h"

#define PROGRAMS 24u
#define PAGE 4096u
#define REQUEST_BYTES (2 * PAGE)
#define REPLY_BYTES (2 * PAGE)
_Static_assert(sizeof(struct program_request) + CONTENT_BODY_AT + CONTENT_BODY_BYTES <= REQUEST_BYTES,
               "a request fits its pages");
_Static_assert(PROGRAM_REPLY_BYTES <= REPLY_BYTES && PROGRAM_REPLY_BYTES <= CONTENT_META_AT,
               "a reply fits its pages, and the piece");
_Static_assert((int)PROGRAM_GET == (int)CONTENT_GET && (int)PROGRAM_POST == (int)CONTENT_POST,
               "methods mean the same");

enum { NONE, MAY_READ, MAY_WRITE };

/* The functions of that name of all servers that the manifest draws an edge to. */
#define EACH(n) long each_##n##_program_answer(const struct program_request *, char *) __attribute__((weak));
#define LISTED(n) each_##n##_program_answer,
#define ALL(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
ALL(EACH)

typedef long program_answer_t(const struct program_request *request, char *reply);
static program_answer_t *const drawn[] = {ALL(LISTED)};

static struct program {
    volatile bool live, busy, held;
    component_t component;
    program_answer_t *answer; /* a gate; NULL: the place is free */
    struct program_request *request;
    char *reply; /* both from the place's first use on */
    char name[SHOJI_NAME_BYTES];
} programs[PROGRAMS];

static component_t self;

long programs_begin(component_t id)
{
    self = id;
    for (unsigned i = 0; i < sizeof drawn / sizeof *drawn && drawn[i] != NULL; i++) {
        long status = programs_add((uint64_t)drawn[i]);

        if (status < 0)
            print_line("program %u of the manifest: status %ld", i, status);
    }
    return SHOJI_OK;
}

/* ---- A place ---- */

/* Nobody knows it any more, and nobody is in it. */
static void place_free(struct program *it)
{
    (void)sup_take_back((uint64_t)it->request, REQUEST_BYTES + REPLY_BYTES); /* ours: it cannot fail */
    it->answer = NULL;
}

/* Is its component no more? */
static bool is_orphaned(const struct program *it)
{
    char name[SHOJI_NAME_BYTES];

    return it->answer != NULL && sup_gate_server((uint64_t)it->answer, name) != (long)it->component;
}

/* A place for the program behind this gate. What else is known of the gate is of another, that is no more. */
static struct program *place_find(uint64_t gate)
{
    (void)programs_end(gate);
    for (struct program *it = programs; it < programs + PROGRAMS; it++) {
        if (it->live || it->busy || (it->answer != NULL && !is_orphaned(it)))
            continue;
        if (it->answer != NULL)
            place_free(it);
        return it;
    }
    return NULL;
}

static long pages_take(struct program *it)
{
    long pages;

    if (it->request != NULL)
        return SHOJI_OK;
    pages = mem_grow(REQUEST_BYTES + REPLY_BYTES);
    if (pages < 0)
        return pages;
    it->request = (struct program_request *)pages;
    it->reply = (char *)pages + REQUEST_BYTES;
    return SHOJI_OK;
}

/* Nobody gives a right that he has not: so we have that of writing replies for a moment. */
static long pages_lend(const struct program *it)
{
    uint64_t request = (uint64_t)it->request, reply = (uint64_t)it->reply;
    long status = mmp_set_perm(request, REQUEST_BYTES, MAY_READ, it->component);

    if (status == SHOJI_OK)
        status = mmp_set_perm(reply, REPLY_BYTES, MAY_WRITE, self);
    if (status == SHOJI_OK)
        status = mmp_set_perm(reply, REPLY_BYTES, MAY_WRITE, it->component);
    return status == SHOJI_OK ? mmp_set_perm(reply, REPLY_BYTES, MAY_READ, self) : status;
}

long programs_add(uint64_t gate)
{
    struct program *it;
    char name[SHOJI_NAME_BYTES];
    long component = sup_gate_server(gate, name), status;

    if (component < 0)
        return component;
    it = place_find(gate);
    if (it == NULL)
        return SHOJI_EMEMORY;
    it->component = (component_t)component;
    memcpy(it->name, name, sizeof name);
    status = pages_take(it);
    if (status == SHOJI_OK)
        status = pages_lend(it);
    if (status < 0) {
        if (it->request != NULL)
            place_free(it);
        return status;
    }
    it->answer = (program_answer_t *)gate;
    it->held = false;
    it->live = true;
    for (struct program *old = programs; old < programs + PROGRAMS; old++)
        if (old != it && old->live && strcmp(old->name, name) == 0)
            old->live = false;
    return SHOJI_OK;
}

long programs_hold(uint64_t gate, bool hold)
{
    for (struct program *it = programs; it < programs + PROGRAMS; it++) {
        if ((uint64_t)it->answer != gate || !it->live)
            continue;
        it->held = hold;
        return it->busy ? SHOJI_EBUSY : SHOJI_OK;
    }
    return SHOJI_ENOENT;
}

long programs_end(uint64_t gate)
{
    for (struct program *it = programs; it < programs + PROGRAMS; it++) {
        if ((uint64_t)it->answer != gate || gate == 0)
            continue;
        it->live = false;
        if (it->busy)
            return SHOJI_EBUSY;
        place_free(it);
        return SHOJI_OK;
    }
    return SHOJI_ENOENT;
}

void programs_gone(component_t component)
{
    for (struct program *it = programs; it < programs + PROGRAMS; it++)
        if (it->component == component && is_orphaned(it))
            (void)programs_end((uint64_t)it->answer); /* if it is busy, then place_find frees it */
}

/* ---- A request ---- */

static bool is_named(const struct program *it, const char *name, uint64_t bytes)
{
    return it->live && bytes < sizeof it->name && memcmp(it->name, name, bytes) == 0 && it->name[bytes] == 0;
}

/* The program of that name, busy now; NULL: there is none, or *status says why not. */
static struct program *program_take(const char *name, uint64_t bytes, long *status)
{
    struct program *it = programs;

    *status = SHOJI_ENOENT;
    while (it < programs + PROGRAMS) {
        if (!is_named(it, name, bytes)) {
            it++;
            continue;
        }
        if (it->busy) {
            *status = SHOJI_EBUSY;
            return NULL;
        }
        it->busy = true;
        if (is_named(it, name, bytes))
            return it;
        it->busy = false; /* it has ended meanwhile, perhaps for another in some place */
        it = programs;
    }
    return NULL;
}

static void request_write(struct program_request *to, const char *piece, const char *path,
                          const struct program_request *head)
{
    char *at = (char *)(to + 1);

    *to = *head;
    memcpy(at, path, head->path_bytes + head->query_bytes);
    memcpy(at + head->path_bytes + head->query_bytes, piece + CONTENT_BODY_AT, head->body_bytes);
}

/* What http_parser is told of the program's result. */
static long result_of(long result, char *piece, const char *reply)
{
    switch (result) {
    case SHOJI_ENOENT:
    case SHOJI_EPERM:
    case SHOJI_EBUSY:
        return result;
    case SHOJI_EINVAL:
        return CONTENT_REFUSED(400);
    case SHOJI_ECLOSED: /* its gate is no more */
        return SHOJI_EBUSY;
    }
    if (result < 0 || result > PROGRAM_REPLY_BYTES)
        return CONTENT_REFUSED(500);
    memcpy(piece, reply, result);
    ((struct content_meta *)(piece + CONTENT_META_AT))->tag = 0;
    return (long)((uint64_t)result << 32 | (uint64_t)result);
}

long programs_answer(char *piece, const char *path, uint64_t path_bytes, uint64_t shape)
{
    const char *slash = memchr(path, '/', path_bytes);
    uint64_t name_bytes = slash != NULL ? (uint64_t)(slash - path) : path_bytes;
    struct program_request head = {
        .method = CONTENT_METHOD(shape),
        .path_bytes = (uint32_t)(path_bytes - name_bytes),
        .query_bytes = CONTENT_QUERY(shape),
        .body_bytes = CONTENT_BODY(shape),
    };
    long result;
    struct program *program = program_take(path, name_bytes, &result);

    if (program == NULL)
        return result;
    if (CONTENT_METHOD(shape) == CONTENT_OTHER) {
        result = SHOJI_EPERM;
    } else if (program->held) {
        result = CONTENT_REFUSED(500);
    } else {
        request_write(program->request, piece, path + name_bytes, &head);
        result = result_of(program->answer(program->request, program->reply), piece, program->reply);
    }
    program->busy = false;
    return result;
}
