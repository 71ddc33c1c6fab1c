/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Programs: components that answer below /cgi/NAME, NAME being the component's name. A program is whatever component exports
 * program_answer and has content_manager among its clients: by an edge of the manifest (`edge content_manager counter`), or because it was
 * uploaded (`PUT /v1/components/counter`).
 *
 * content_manager calls it for each request to /cgi/NAME and to all below it, on the thread that serves the site, which waits for it: so it
 * does not block, and an invocation that takes more processor time than the manifest's `time` allows is a fault. If it faults the
 * client gets 500, and so does everybody until it runs again. Never two calls of one program at a time.
 */
#ifndef INTERFACE_PROGRAM_H
#define INTERFACE_PROGRAM_H
#include "shoji/supervisor.h"

#define PROGRAM_REPLY_BYTES 8128 /* at most */
enum program_method { PROGRAM_GET, PROGRAM_POST };

/* Lies in pages of content_manager's that only this program may read, with path, query and body behind it in this order, not ended by a
 * NUL. The path is what follows the name: nothing, or it begins with a slash. The query has no question mark. Nothing is decoded. */
struct program_request {
    uint32_t method; /* enum program_method; of a HEAD it is PROGRAM_GET */
    uint32_t path_bytes, query_bytes, body_bytes; /* at most 2048 together for path and query, and 4096 */
};
static inline const char *program_path(const struct program_request *request)
{
    return (const char *)(request + 1);
}
static inline const char *program_query(const struct program_request *request)
{
    return program_path(request) + request->path_bytes;
}
static inline const char *program_body(const struct program_request *request)
{
    return program_query(request) + request->query_bytes;
}

/* Writes the reply's body to `reply`, pages that only the program may write, of PROGRAM_REPLY_BYTES, and returns how many bytes it is (200; its
 * Content-Type follows from the path's ending, text if it has none); or SHOJI_EINVAL (400), SHOJI_ENOENT (404), SHOJI_EPERM (405: not with this
 * method), SHOJI_EBUSY (503). Any other status, or more bytes than there is room for, is a 500. */
long program_answer(const struct program_request *request, char *reply);

#endif
