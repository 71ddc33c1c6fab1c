/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What static_content.c takes from its neighbours in this folder.
 */
#ifndef STATIC_CONTENT_STATIC_CONTENT_H
#define STATIC_CONTENT_STATIC_CONTENT_H

#include <stdint.h>

struct page {
    const char *path;
    uint32_t path_bytes;
    uint32_t bytes;
    const char *body;
};

extern const struct page pages[]; /* pages.c */
extern const uint32_t pages_count;

/* Called for a path that no page has. tame.c does nothing; wild.c, of which the tests' image is built, makes
 * a wild store at /wild. */
void path_unknown(const char *path, uint64_t path_bytes);

#endif
