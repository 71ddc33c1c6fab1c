/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the heap have of each other: heap.c, slabs.c, lend.c.
 */
#ifndef RUNTIME_HEAP_H
#define RUNTIME_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "shoji/supervisor.h"

/* The supervisor resolves them only where the setting is not plain. */
#pragma weak sup_heap_close
#pragma weak sup_heap_open
#pragma weak sup_heap_keep
#pragma weak sup_heap_alloc
#pragma weak sup_heap_written
#pragma weak sup_heap_move
#pragma weak sup_heap_free
#pragma weak sup_heap_size

/* SUP_HEAP_*, as the manifest says. */
uint32_t heap_setting(void);
/* The words of an object that is being freed are taken back from whoever was lent them. Invokes nothing if no
 * word of its pages ever was. */
void heap_take_back(const void *object, size_t bytes);
/* A status that only a bug of the runtime makes another than SHOJI_OK, or a negative one. */
void heap_sure(long status);

#endif
