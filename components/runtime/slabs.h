/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The allocator of heaps with the settings slab and guard (docs/manifest.md): objects of one size to a page,
 * large ones in pages of their own. What it knows of them lies on other pages than they do. Not locked:
 * heap.c does that.
 *
 *   slab    the supervisor opens a page when its first object is allocated, and closes it when the last one
 * is freed guard   the supervisor keeps the pages word by word (shoji/supervisor.h, group heap)
 */
#ifndef RUNTIME_SLABS_H
#define RUNTIME_SLABS_H

#include <stdbool.h>
#include <stddef.h>

#define SLAB_ALIGN 16u       /* of every object */
#define SLAB_ALIGN_MAX 4096u /* that can be asked for */

/* NULL: no memory, or an alignment above the most. The content means nothing (guard: cannot be read yet), or
 * is zero. */
void *slab_alloc(size_t bytes, size_t align, bool zeroed);
/* Whoever was lent it has it no longer. A pointer that is no object's ends the invocation, with a line that
 * says so. */
void slab_free(void *object);
/* The object with another size, perhaps elsewhere; NULL: no memory, and the object is as before. */
void *slab_resize(void *object, size_t bytes);
/* Bytes that may be used of it. */
size_t slab_size(const void *object);

#endif
