/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program without a C library: nothing is in its image but this file. It answers how often it was asked,
 * and needs no other component for that; below /fault it stores where it must not.
 */
#include "export.h"
#include "program.h"

static uint64_t asked; /* kept from request to request, and 0 again when the component has begun anew */

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

static long number_write(char *to, uint64_t number)
{
    char digits[20];
    long count = 0;

    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    for (long i = 0; i < count; i++)
        to[i] = digits[count - 1 - i];
    to[count] = '\n';
    return count + 1;
}

static int path_is(const struct program_request *request, const char *path)
{
    uint32_t i = 0;

    while (i < request->path_bytes && path[i] != '\0' && program_path(request)[i] == path[i])
        i++;
    return i == request->path_bytes && path[i] == '\0';
}

SHOJI_EXPORT long program_answer(const struct program_request *request, char *reply)
{
    if (request->method != PROGRAM_GET)
        return SHOJI_EPERM;
    if (path_is(request, "/fault"))
        *(volatile uint32_t *)&shoji_global = 1; /* everybody may read it, nobody write */
    return path_is(request, "") ? number_write(reply, ++asked) : SHOJI_ENOENT;
}
