/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program that asks for more than one that is uploaded may have at first: timed_block. It waits as many
 * milliseconds as its path says.
 */
#include <stdlib.h>

#include "export.h"
#include "program.h"
#include "timed_block.h"

SHOJI_EXPORT long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

SHOJI_EXPORT long program_answer(const struct program_request *request, char *reply)
{
    long status = timed_block(request->path_bytes > 1 ? strtoul(program_path(request) + 1, NULL, 10) : 0);

    reply[0] = (char)('0' - status);
    return 1;
}
