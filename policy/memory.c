/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include <stdint.h>

struct memory memory_count(void)
{
    return (struct memory){NULL, 0, SIZE_MAX};
}

struct memory memory_given(void *begin, size_t bytes)
{
    size_t skip = -(uintptr_t)begin % MEMORY_ALIGN;
    if (!begin || bytes < skip)
        return (struct memory){begin, 1, 0};
    return (struct memory){(unsigned char *)begin + skip, 0, bytes - skip};
}

void *memory_take(struct memory *memory, size_t count, size_t item_bytes)
{
    size_t bytes, end;
    if (__builtin_mul_overflow(count, item_bytes, &bytes) ||
        __builtin_add_overflow(bytes, MEMORY_ALIGN - 1, &bytes) ||
        __builtin_add_overflow(memory->used, bytes & -(size_t)MEMORY_ALIGN, &end))
        end = SIZE_MAX;
    size_t at = memory->used;
    memory->used = end;
    return memory->begin && end <= memory->bytes ? memory->begin + at : NULL;
}

bool memory_enough(const struct memory *memory)
{
    return memory->begin && memory->used <= memory->bytes;
}

size_t memory_wanted(const struct memory *memory)
{
    return memory->used > SIZE_MAX - MEMORY_ALIGN ? SIZE_MAX : memory->used + MEMORY_ALIGN;
}
