/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a file of permission calls.
 */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>

static void wrong(const char *path, unsigned line)
{
    fprintf(stderr, "%s:%u: no permission call\n", path, line);
    exit(2);
}

struct call *calls_read(const char *path, size_t *count)
{
    FILE *file = fopen(path, "r");
    struct call *calls = NULL;
    size_t room = 0;
    char text[256];

    *count = 0;
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    for (unsigned line = 1; fgets(text, sizeof text, file) != NULL; line++) {
        struct call call = {0};
        int perm;

        if (text[0] == '#')
            continue;
        if (sscanf(text, "set %i %i %i %i", (int *)&call.domain, (int *)&call.addr, (int *)&call.bytes, &perm) ==
            4)
            call.perm = (uint8_t)perm;
        else if (sscanf(text, "clear %i", (int *)&call.domain) == 1)
            call.clear = 1;
        else
            wrong(path, line);
        if (*count == room) {
            room = room * 2 + 1024;
            calls = realloc(calls, room * sizeof *calls);
            if (calls == NULL)
                wrong(path, line);
        }
        calls[(*count)++] = call;
    }
    fclose(file);
    return calls;
}
