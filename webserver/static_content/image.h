/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The read-only file system image as `pack` in this folder makes it at build time; what it looks like is said
 * there.
 */
#ifndef STATIC_CONTENT_IMAGE_H
#define STATIC_CONTENT_IMAGE_H

#include <stdint.h>

struct image_file {
    uint32_t path, path_bytes; /* path_bytes 0: an empty slot */
    uint32_t content, bytes;
    uint64_t tag;
};

struct image {
    char magic[8];
    uint32_t slots, paths;
    struct image_file files[];
};
_Static_assert(sizeof(struct image) == 16 && sizeof(struct image_file) == 24, "as pack lays them out");

extern const struct image static_image;

/* The file at the path, or NULL. */
const struct image_file *image_find(const struct image *image, const char *path, uint64_t bytes);

#endif
