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

extern char pool_content[], pool_content_end[], pool_dashboard[], pool_dashboard_end[];

/* What a path of the dashboard is put behind: no path of a request of the web begins so, for theirs begin
 * with a slash. */
static const char dashboard[] = "dashboard:";
#define DASHBOARD_BYTES (sizeof dashboard - 1)
#define PATH_MOST 256 /* of the dashboard's */

long component_init(component_t self)
{
    (void)self;
    return memcmp(static_image.magic, "SHOJIFS1", 8) == 0 ? SHOJI_OK : SHOJI_EINVAL;
}

static bool piece_within(const char *piece, const char *pool, const char *end)
{
    return piece >= pool && piece <= end && CONTENT_PIECE_BYTES <= (uint64_t)(end - piece) &&
           (uint64_t)piece % 8 == 0;
}

/* Copies what there is of the file from `offset` on, at most `most` bytes. */
static long file_copy(const struct image_file *file, char *piece, uint64_t offset, uint64_t most)
{
    if (offset > file->bytes)
        return SHOJI_EINVAL;
    uint64_t copied = file->bytes - offset < most ? file->bytes - offset : most;
    struct content_meta *meta = (void *)(piece + CONTENT_META_AT);
    meta->tag = file->tag;
    memcpy(piece, (const char *)&static_image + file->content + offset, copied);
    return (long)((uint64_t)file->bytes << 32 | copied);
}

SHOJI_EXPORT long static_get(void *piece, uint64_t path_bytes, uint64_t offset)
{
    if (!piece_within(piece, pool_content, pool_content_end) || path_bytes > CONTENT_META_AT)
        return SHOJI_EINVAL;
    const struct image_file *file = image_find(&static_image, piece, path_bytes);
    if (!file) {
        path_unknown(piece, path_bytes);
        return SHOJI_ENOENT;
    }
    return file_copy(file, piece, offset, CONTENT_META_AT);
}

SHOJI_EXPORT long static_page(void *piece, uint64_t path_bytes, uint64_t offset, uint64_t most)
{
    char path[DASHBOARD_BYTES + PATH_MOST];
    if (!piece_within(piece, pool_dashboard, pool_dashboard_end) || path_bytes > CONTENT_META_AT ||
        most > CONTENT_META_AT)
        return SHOJI_EINVAL;
    if (path_bytes > PATH_MOST)
        return SHOJI_ENOENT;
    memcpy(path, dashboard, DASHBOARD_BYTES);
    memcpy(path + DASHBOARD_BYTES, piece, path_bytes);
    const struct image_file *file = image_find(&static_image, path, DASHBOARD_BYTES + path_bytes);
    return file ? file_copy(file, piece, offset, most) : SHOJI_ENOENT;
}
