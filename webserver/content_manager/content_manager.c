/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 14, content_manager: routes a request to whoever makes its content. All paths are
 * static_content's for now; a CGI service is one more route. It owns nothing: path and body stay in the
 * caller's buffer.
 */
#include "content.h"

#include <stdbool.h>

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

SHOJI_EXPORT long content_get(void *buffer, uint64_t path_bytes, uint64_t room, uint64_t offset)
{
    if (!buffer_in_pool(buffer, room) || path_bytes > room)
        return SHOJI_EINVAL;
    return static_get(buffer, path_bytes, room, offset);
}
