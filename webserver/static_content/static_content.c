/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 15, static_content: content by path. In a larger system a disk stands behind it; here the file
 * system is a read-only image in the component's own (image.h). It owns nothing but that.
 */
#include "static_content.h"

#include <stdbool.h>
#include <string.h>

#include "content.h"
#include "export.h"
#include "image.h"

extern char pool_content[], pool_content_end[];

long component_init(component_t self)
{
    (void)self;
    return memcmp(static_image.magic, "SHOJIFS1", 8) == 0 ? SHOJI_OK : SHOJI_EINVAL;
}

static bool piece_in_pool(const char *piece)
{
    return piece >= pool_content && piece <= pool_content_end &&
           CONTENT_PIECE_BYTES <= (uint64_t)(pool_content_end - piece) && (uint64_t)piece % 8 == 0;
}

SHOJI_EXPORT long static_get(void *piece, uint64_t path_bytes, uint64_t offset)
{
    if (!piece_in_pool(piece) || path_bytes > CONTENT_META_AT)
        return SHOJI_EINVAL;
    const struct image_file *file = image_find(&static_image, piece, path_bytes);
    if (!file) {
        path_unknown(piece, path_bytes);
        return SHOJI_ENOENT;
    }
    if (offset > file->bytes)
        return SHOJI_EINVAL;
    uint64_t copied = file->bytes - offset < CONTENT_META_AT ? file->bytes - offset : CONTENT_META_AT;
    struct content_meta *meta = (void *)((char *)piece + CONTENT_META_AT);
    meta->tag = file->tag;
    memcpy(piece, (const char *)&static_image + file->content + offset, copied);
    return (long)((uint64_t)file->bytes << 32 | copied);
}
