/* SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc and its like, by the setting that the manifest gives the component: newlib's own, or slabs.c. The
 * linker sends every call of newlib's functions here, those of newlib itself too (component.mk, --wrap);
 * __real_ names newlib's.
 *
 * 1. What is freed is taken back from whoever was lent it, whatever the setting.
 */
#include "heap.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "runtime.h"
#include "slabs.h"

/* lend.c's, if the component lends anything. */
extern void lend_take_back(const void *object, size_t bytes) __attribute__((weak));

void *__real__malloc_r(struct _reent *reent, size_t bytes);
void __real__free_r(struct _reent *reent, void *object);
void *__real__realloc_r(struct _reent *reent, void *object, size_t bytes);
void *__real__calloc_r(struct _reent *reent, size_t count, size_t bytes);
void *__real__memalign_r(struct _reent *reent, size_t align, size_t bytes);
size_t __real__malloc_usable_size_r(struct _reent *reent, void *object);

void __malloc_lock(struct _reent *reent);
void __malloc_unlock(struct _reent *reent);

uint32_t heap_setting(void)
{
    return (uint32_t)(uintptr_t)shoji_heap;
}

void heap_take_back(const void *object, size_t bytes)
{
    if (lend_take_back != NULL)
        lend_take_back(object, bytes);
}

void heap_sure(long status)
{
    if (status < 0)
        runtime_panic("the heap's records are broken", __FILE__, __LINE__);
}

void heap_written(const void *object, size_t bytes)
{
    uintptr_t from = (uintptr_t)object & ~(uintptr_t)3, end = ((uintptr_t)object + bytes + 3) & ~(uintptr_t)3;

    if (heap_setting() == SUP_HEAP_GUARD && bytes != 0)
        (void)sup_heap_written(from, end - from); /* what is no allocation's needs nothing */
}

static void *result(void *object)
{
    if (object == NULL)
        errno = ENOMEM;
    return object;
}

static void *allocate(struct _reent *reent, size_t bytes, size_t align, int zeroed)
{
    void *object;

    __malloc_lock(reent);
    object = slab_alloc(bytes, align, zeroed);
    __malloc_unlock(reent);
    return result(object);
}

void *__wrap__malloc_r(struct _reent *reent, size_t bytes);
void *__wrap__malloc_r(struct _reent *reent, size_t bytes)
{
    if (heap_setting() == SUP_HEAP_PLAIN)
        return __real__malloc_r(reent, bytes);
    return allocate(reent, bytes, SLAB_ALIGN, 0);
}

void *__wrap__calloc_r(struct _reent *reent, size_t count, size_t bytes);
void *__wrap__calloc_r(struct _reent *reent, size_t count, size_t bytes)
{
    size_t all;

    if (heap_setting() == SUP_HEAP_PLAIN)
        return __real__calloc_r(reent, count, bytes);
    if (__builtin_mul_overflow(count, bytes, &all))
        return result(NULL);
    return allocate(reent, all, SLAB_ALIGN, 1);
}

void *__wrap__memalign_r(struct _reent *reent, size_t align, size_t bytes);
void *__wrap__memalign_r(struct _reent *reent, size_t align, size_t bytes)
{
    if (heap_setting() == SUP_HEAP_PLAIN)
        return __real__memalign_r(reent, align, bytes);
    return allocate(reent, bytes, align, 0);
}

void __wrap__free_r(struct _reent *reent, void *object);
void __wrap__free_r(struct _reent *reent, void *object)
{
    if (object == NULL)
        return;
    if (heap_setting() == SUP_HEAP_PLAIN) {
        if (lend_take_back != NULL)
            lend_take_back(object, __real__malloc_usable_size_r(reent, object));
        __real__free_r(reent, object);
        return;
    }
    __malloc_lock(reent);
    slab_free(object);
    __malloc_unlock(reent);
}

void *__wrap__realloc_r(struct _reent *reent, void *object, size_t bytes);
void *__wrap__realloc_r(struct _reent *reent, void *object, size_t bytes)
{
    void *to;

    if (heap_setting() == SUP_HEAP_PLAIN)
        return __real__realloc_r(reent, object, bytes);
    if (object == NULL)
        return __wrap__malloc_r(reent, bytes);
    __malloc_lock(reent);
    to = slab_resize(object, bytes);
    __malloc_unlock(reent);
    return result(to);
}

size_t __wrap__malloc_usable_size_r(struct _reent *reent, void *object);
size_t __wrap__malloc_usable_size_r(struct _reent *reent, void *object)
{
    if (heap_setting() == SUP_HEAP_PLAIN)
        return __real__malloc_usable_size_r(reent, object);
    return slab_size(object);
}
