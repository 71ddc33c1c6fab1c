/* SPDX-License-Identifier: BSD-2-Clause
 *
 * newlib's heap lock, for components with several threads (component.mk: NAME.threads). newlib takes it again
 * while it holds it (realloc calls malloc), so it counts. Only the owner can find itself in `owner`, hence
 * the unlocked read. */
#include <malloc.h>
#include <stdint.h>

#include "mutex.h"
#include "shoji/supervisor.h"

#define NOBODY UINT32_MAX

static struct mutex heap_mutex = MUTEX_FREE;
static volatile uint32_t owner = NOBODY;
static uint32_t depth;

void __malloc_lock(struct _reent *reent)
{
    (void)reent;
    if (owner != shoji_global.current) {
        mutex_lock(&heap_mutex);
        owner = shoji_global.current;
    }
    depth++;
}

void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
    if (--depth == 0) {
        owner = NOBODY;
        mutex_unlock(&heap_mutex);
    }
}
