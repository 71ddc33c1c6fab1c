/* SPDX-License-Identifier: BSD-2-Clause
 * Takes memory until there is no more. */
#include <errno.h>
#include <stdlib.h>

#include "memory_mapper.h"
#include "turns.h"

static void *taken; /* a list of what it has */

SHOJI_EXPORT long eater_fill(void)
{
    long bytes = 0;

    for (uint32_t size = 8192; size >= 64; size /= 2)
        for (void **piece; (piece = malloc(size)) != 0; bytes += size) {
            *piece = taken;
            taken = piece;
        }
    return errno == ENOMEM ? bytes : SHOJI_EINVAL;
}

SHOJI_EXPORT long eater_empty(void)
{
    while (taken != 0) {
        void *next = *(void **)taken;

        free(taken);
        taken = next;
    }
    return SHOJI_OK;
}

SHOJI_EXPORT long eater_ask(void)
{
    long status = mem_grow(256u << 10);

    return status > 0 ? SHOJI_OK : status;
}

SHOJI_EXPORT long eater_need(uint64_t bytes)
{
    char *piece = malloc(bytes);

    if (piece == 0)
        runtime_panic("no memory", __FILE__, __LINE__);
    *piece = 1;
    free(piece);
    return SHOJI_OK;
}

long component_init(component_t self)
{
    return self == EATER ? SHOJI_OK : SHOJI_EINVAL;
}
