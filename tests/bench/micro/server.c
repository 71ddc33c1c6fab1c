/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The server of the primitives' bench, and each of the components that only fill a domain. Owns nothing.
 */
#include "export.h"
#include "server.h"

SHOJI_EXPORT long bench_null(void)
{
    return 0;
}

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}
