/* SPDX-License-Identifier: BSD-2-Clause */
#include "control_body.h"

#include <stdlib.h>
#include <string.h>

#include "control.h"

static struct large {
    const struct request_wish *of; /* NULL: free */
    char *bytes;                   /* NULL: taken */
} bodies[CONTROL_LARGE_BODIES];

static struct large *large_of(const struct request_wish *wish)
{
    for (unsigned i = 0; i < CONTROL_LARGE_BODIES; i++)
        if (bodies[i].of == wish)
            return &bodies[i];
    return 0;
}

int control_body_begin(struct request *request)
{
    struct request_wish *wish = request->wish;
    uint64_t length = request_length(request);
    if (length <= CONTROL_BODY_BYTES)
        return 0;
    int status = control_large(request);
    if (status)
        return status == 200 ? 0 : status;
    if (length != REQUEST_LENGTH_UNKNOWN && length > CONTROL_LARGE_BYTES)
        return 413;
    struct large *large = large_of(0);
    uint32_t room = length == REQUEST_LENGTH_UNKNOWN ? CONTROL_LARGE_BYTES : (uint32_t)length;
    char *bytes = large ? malloc(room) : 0;
    if (!bytes)
        return 503;
    *large = (struct large){.of = wish, .bytes = bytes};
    wish->body = bytes;
    wish->body_room = room;
    return 0;
}

void control_body_end(struct request_wish *wish, char *own)
{
    struct large *large = large_of(wish);
    wish->body = own;
    wish->body_room = CONTROL_BODY_BYTES;
    if (!large)
        return;
    free(large->bytes);
    *large = (struct large){0};
}

char *control_body_take(const struct request *request)
{
    struct large *large = large_of(request->wish);
    char *bytes = large ? large->bytes : malloc(request->wish->body_bytes + 1);
    if (!bytes)
        return 0;
    if (!large) {
        memcpy(bytes, request->wish->body, request->wish->body_bytes);
        return bytes;
    }
    large->bytes = 0;
    char *fitting = realloc(bytes, request->wish->body_bytes + 1); /* it came in chunks */
    return fitting ? fitting : bytes;
}
