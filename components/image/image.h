/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loads a component's file into a protection domain that the caller has made (group pd, HotOS section 3.1:
 * the boot loader and the core kernel load what they make). A library: whoever loads is an ordinary
 * component, and the file may be hostile.
 *
 * The rules for files are those of docs/architecture.md, "Component images". Undefined symbols are resolved
 * by the caller's function alone.
 */
#ifndef COMPONENTS_IMAGE_H
#define COMPONENTS_IMAGE_H

#include <stdbool.h>

#include "shoji/supervisor.h"

struct image {
    const uint8_t *file;
    uint64_t size;
    uint64_t base;  /* where its first byte lies */
    uint64_t bytes; /* whole pages */
    const uint8_t *symbols, *names;
    uint64_t symbol_count, names_bytes;
    const char *wrong; /* about the file: why image_load said SHOJI_EINVAL or SHOJI_ETOOBIG; else NULL */
};

/* The address that an undefined symbol of the image stands for, mostly of a gate; 0: there is none. */
typedef uint64_t image_resolve(void *context, const char *name);

/* `self` is the caller. Its pages of text and constants stay the caller's to own and read, those of data
 * become the domain's, unless `keep`: then the caller owns them too, and can put them back. The budget for
 * all of them is the caller's. SHOJI_EINVAL: no such file; SHOJI_ETOOBIG; SHOJI_ENOENT: a symbol that nobody
 * offers; and what mmp_alloc_at and mmp_set_perm say. On an error the domain is to be freed. */
long image_load(struct image *out, const void *file, uint64_t size, component_t self, component_t pd,
                bool keep, image_resolve *resolve, void *context);
/* The data of one that was loaded with `keep`, and is closed, are as in the file, which is still there. */
long image_reset(const struct image *image, component_t self, image_resolve *resolve, void *context);
/* Address of a function that the image exports; 0: it does not. */
uint64_t image_function(const struct image *image, const char *name);

#endif
