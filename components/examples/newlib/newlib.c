/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program with the C library: sorts the words of the query, which + separates. Its heap grows by
 * memory_mapper, what it prints goes to the console by terminal_printer: so the manifest gives it edges to
 * both. Below /fault an assertion fails.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "program.h"

long component_init(component_t self)
{
    printf("newlib: I am component %u\n", self);
    return SHOJI_OK;
}

static int in_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

SHOJI_EXPORT long program_answer(const struct program_request *request, char *reply)
{
    static const char fault[] = "/fault";
    uint64_t count = 0, length = 0;

    if (request->method != PROGRAM_GET)
        return SHOJI_EPERM;
    assert(request->path_bytes != sizeof fault - 1 ||
           memcmp(program_path(request), fault, sizeof fault - 1) != 0);
    if (request->path_bytes != 0)
        return SHOJI_ENOENT;
    char *query = strndup(program_query(request), request->query_bytes);
    char **words = malloc((request->query_bytes / 2 + 1) * sizeof *words);
    if (!query || !words) {
        free(words);
        free(query);
        return SHOJI_EBUSY;
    }
    for (char *word = strtok(query, "+"); word; word = strtok(NULL, "+"))
        words[count++] = word;
    qsort(words, count, sizeof *words, in_order);
    for (uint64_t i = 0; i < count; i++)
        length += (uint64_t)snprintf(reply + length, PROGRAM_REPLY_BYTES - length, "%s\n", words[i]);
    free(words);
    free(query);
    return (long)length;
}
