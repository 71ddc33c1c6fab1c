/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What static_content.c takes from its neighbours in this folder.
 */
#ifndef STATIC_CONTENT_STATIC_CONTENT_H
#define STATIC_CONTENT_STATIC_CONTENT_H

#include <stdint.h>

/* Called for a path that nothing is at. tame.c does nothing; wild.c, of which the tests' image is built,
 * makes a wild store at /wild. */
void path_unknown(const char *path, uint64_t path_bytes);

#endif
