/* SPDX-License-Identifier: BSD-2-Clause */
#include "static_content.h"

void path_unknown(const char *path, uint64_t path_bytes)
{
    (void)path;
    (void)path_bytes;
}
