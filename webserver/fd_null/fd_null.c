/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 19, fd_null: the empty lower layer. It owns nothing, and never looks at a buffer.
 */
#include "fd_null.h"

#include "export.h"

#define HANDLE 1

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

SHOJI_EXPORT long null_open(void)
{
    return HANDLE;
}

SHOJI_EXPORT long null_read(long handle, uint64_t buffer, uint64_t bytes)
{
    (void)buffer, (void)bytes;
    return handle == HANDLE ? 0 : SHOJI_ENOENT;
}

SHOJI_EXPORT long null_write(long handle, uint64_t buffer, uint64_t bytes)
{
    (void)buffer;
    return handle != HANDLE ? SHOJI_ENOENT : bytes <= INT64_MAX ? (long)bytes : SHOJI_EINVAL;
}

SHOJI_EXPORT long null_close(long handle)
{
    return handle == HANDLE ? SHOJI_OK : SHOJI_ENOENT;
}
