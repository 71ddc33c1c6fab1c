/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include <string.h>

static uint32_t path_hash(const char *path, uint64_t bytes)
{
    uint32_t hash = (uint32_t)bytes;

    for (uint64_t i = 0; i < bytes; i++)
        hash = hash * 31 + (unsigned char)path[i];
    return hash;
}

const struct image_file *image_find(const struct image *image, const char *path, uint64_t bytes)
{
    uint32_t mask = image->slots - 1;

    for (uint32_t at = path_hash(path, bytes) & mask; image->files[at].path_bytes; at = (at + 1) & mask)
        if (image->files[at].path_bytes == bytes &&
            memcmp((const char *)image + image->files[at].path, path, bytes) == 0)
            return &image->files[at];
    return 0;
}
