/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components that this one makes of files it was given while the system runs: a protection domain, the image
 * loaded into it, gates of ours to what it exports. It owns nothing but who we are; whoever makes one keeps
 * the struct made and ends it.
 *
 * 1. made_load leaves either all of it, or nothing: no domain, no page, no part of the budget.
 * 2. The file may be hostile: image.h says what is checked. What it asks for and `resolve` does not give is
 *    refused, by name.
 */
#ifndef MPD_MANAGER_MADE_H
#define MPD_MANAGER_MADE_H

#include "components/image/image.h"
#include "layout.h"

struct made {
    component_t pd; /* 0: none */
    struct image image;
};

/* Once: our own id. */
void made_start(component_t self);
component_t made_self(void);
/* `memory`: what it may own for itself, a multiple of 4 KiB; it comes out of our budget, as the image's pages
 * do. The file is not needed any more afterwards, but made_gate looks into it. `resolve` may be NULL: it gets
 * nothing. SHOJI_OK, or the supervisor's or image_load's status with a sentence in `why`. */
long made_load(struct made *made, const char *name, uint64_t memory, const void *file, uint64_t bytes,
               image_resolve *resolve, void *context, char why[LAYOUT_WHY_BYTES]);
/* A gate of ours to a function that it exports. SHOJI_ENOENT: it exports no such function. Before the file is
 * given back. */
long made_gate(const struct made *made, const char *function);
/* Its reports name functions and lines, as long as the file is there, in our memory: made_free, or NULL, before
 * it is given back. */
void made_told(const struct made *made, const void *file, uint64_t bytes);
/* One that has failed is as it was after made_load, but closed: mmp_open_PD opens it. The file is still
 * there. The supervisor's status. */
long made_reset(struct made *made, image_resolve *resolve, void *context);
/* Invocations in flight there end with SHOJI_EFAULT; what it had is ours again, or nobody's. SHOJI_OK, also
 * if there is none; else mmp_free_PD's status, and it is still there. */
long made_free(struct made *made);

#endif
