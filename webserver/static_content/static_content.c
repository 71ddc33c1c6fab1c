/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 15, static_content: content by path. In a larger system a file system and a disk stand behind it;
 * here the pages are part of the image (pages.c). It owns nothing but them.
 */
#include "static_content.h"

#include <stdbool.h>
#include <string.h>

#include "content.h"
#include "export.h"

extern char pool_content[], pool_content_end[];

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

static bool buffer_in_pool(const void *buffer, uint64_t bytes)
{
    const char *from = buffer;
    return from >= pool_content && from <= pool_content_end && bytes <= (uint64_t)(pool_content_end - from);
}

static const struct page *page_find(const char *path, uint64_t path_bytes)
{
    for (uint32_t i = 0; i < pages_count; i++)
        if (pages[i].path_bytes == path_bytes && memcmp(pages[i].path, path, path_bytes) == 0)
            return &pages[i];
    return 0;
}

SHOJI_EXPORT long static_get(void *buffer, uint64_t path_bytes, uint64_t room, uint64_t offset)
{
    if (!buffer_in_pool(buffer, room) || path_bytes > room)
        return SHOJI_EINVAL;
    const struct page *page = page_find(buffer, path_bytes);
    if (!page) {
        path_unknown(buffer, path_bytes);
        return SHOJI_ENOENT;
    }
    if (offset > page->bytes)
        return SHOJI_EINVAL;
    uint64_t copied = page->bytes - offset < room ? page->bytes - offset : room;
    memcpy(buffer, page->body + offset, copied);
    return (long)((uint64_t)page->bytes << 32 | copied);
}
