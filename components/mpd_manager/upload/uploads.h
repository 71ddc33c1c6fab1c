/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components that somebody uploaded: made of a file (made.h), invoked by content_manager if they are programs
 * (interface/program.h), replaced, removed, and begun anew when they fail. It owns their files. Whoever calls
 * in holds layout_lock, but for uploads_gone.
 *
 *                 uploads_put                      it fails                        the eighth time in a row
 *     (nothing) -------------> RUNS <-------------------------------> FAILED --------------------------->
 * STAYS |        made_reset, component_init      |                                  |
 *                               +----------- uploads_delete, or replaced by uploads_put
 * -------------------+--> (nothing)
 *
 * 1. A new one is complete, and has been begun, before the old one of its name loses its first request. One
 *    that is refused leaves nothing, and the old one runs.
 * 2. It may invoke only what a rule allows (upload_rules.h) and what our edges say `transitive` of.
 * 3. They are gone when we begin anew (docs/decisions/12-made-domains.md).
 */
#ifndef MPD_MANAGER_UPLOADS_H
#define MPD_MANAGER_UPLOADS_H

#include "made.h"

#define UPLOADS 12 /* at a time */
#define UPLOAD_SYMBOL_BYTES 64
#define UPLOAD_EDGES 64 /* symbols that one may ask for */
#define UPLOAD_MEMORY_DEFAULT (64u << 10)
#define UPLOAD_MEMORY_MOST (512u << 10)
#define UPLOAD_TIME_DEFAULT 100u /* milliseconds */

struct upload_edge {
    char symbol[UPLOAD_SYMBOL_BYTES];
    component_t server;
    uint64_t gate;
};
struct upload {
    char name[SHOJI_NAME_BYTES]; /* empty: none */
    struct made made;
    char *file; /* ours; the image points into it */
    uint32_t bytes, crc, edges_count;
    struct upload_edge *edges;
    uint64_t program; /* content_manager's gate to it; 0: it is no program */
    bool failed, stays;
    bool lost;              /* content_manager has begun anew, and does not know it yet */
    uint32_t failures;      /* in a row */
    uint64_t due;           /* FAILED: the tick from which on it may begin anew */
    uint64_t since, served; /* the tick and the invocations of the last failure */
};

/* What is wanted of a new one. */
struct upload_wish {
    const char *name;
    uint64_t memory;  /* of its own: a multiple of 4 KiB */
    uint32_t time_ms; /* for one invocation */
};

/* Places in a table of UPLOADS; those without a name are none. */
struct upload *uploads(void);
const struct upload *upload_find(const char *name);
/* Takes the file, whatever comes. 200; or an HTTP status, and a sentence in `why`. */
int uploads_put(const struct upload_wish *wish, char *file, uint32_t bytes, char why[LAYOUT_WHY_BYTES]);
/* 200, or 404; 503 if it cannot end now. */
int uploads_delete(const char *name, char why[LAYOUT_WHY_BYTES]);
/* The supervisor says that a component has failed, or is no more. From any thread. */
void uploads_gone(component_t component);
/* What is due of all this. */
void uploads_work(void);
/* The thread that does it waits there between two turns, until there is more to do, or for two seconds. */
void uploads_wait(void);

/* ---- Among these files ---- */
uint64_t uploads_tick(uint64_t milliseconds); /* the one so far from now */
void uploads_due(void);                       /* there is more to do soon */
bool uploads_end_rest(void);                  /* those that could not end at once; false: some still cannot */
component_t uploads_content_manager(void);    /* by the layout that was read last */
/* Its component_init, if it has one: its status. */
long upload_begin(const struct upload *upload);
/* A gate for content_manager, if it is a program. */
long upload_program(struct upload *upload);

/* ---- upload_edges.c ---- */
/* image_resolve, for a struct upload_linking: gates by rule, each symbol one. */
struct upload_linking {
    struct upload *upload;
    char *why; /* LAYOUT_WHY_BYTES: of the last symbol that was refused */
};
uint64_t upload_resolve(void *linking, const char *symbol);

#endif
