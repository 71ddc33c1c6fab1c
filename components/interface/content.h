/* SPDX-License-Identifier: BSD-2-Clause
 * Components 14 content_manager (content_*) and 15 static_content (static_*): a request in, its body out, through a piece of pool
 * `content`. */
#ifndef INTERFACE_CONTENT_H
#define INTERFACE_CONTENT_H
#include "shoji/supervisor.h"

/* A request lies in a piece: at its start the path and right behind it the query (no NULs, no question mark), at CONTENT_BODY_AT the
 * body. Its shape is one word. */
#define CONTENT_PIECE_BYTES 8192
#define CONTENT_BODY_AT 2048
#define CONTENT_BODY_BYTES 4096
/* Of a reply, the piece holds at most CONTENT_META_AT bytes of content at its start, and at CONTENT_META_AT this: */
#define CONTENT_META_AT 8128
struct content_meta {
    uint64_t tag; /* changes with the content; 0: it is not always the same */
};
enum content_method { CONTENT_GET, CONTENT_POST, CONTENT_OTHER };
#define CONTENT_SHAPE(method, path, query, body)                                                                                       \
    ((uint64_t)(path) | (uint64_t)(query) << 16 | (uint64_t)(body) << 32 | (uint64_t)(method) << 48)
#define CONTENT_PATH(shape) ((shape) & 0xffff)
#define CONTENT_QUERY(shape) ((shape) >> 16 & 0xffff)
#define CONTENT_BODY(shape) ((shape) >> 32 & 0xffff)
#define CONTENT_METHOD(shape) ((enum content_method)((shape) >> 48 & 0xff))

/* The result: CONTENT_TOTAL(result) bytes are the whole body, CONTENT_COPIED(result) of them, from `offset` on, lie in the piece now,
 * written over the request. SHOJI_ENOENT: no such path; SHOJI_EPERM: not with this method; SHOJI_EBUSY: the service has no room.
 * CONTENT_LATER | ticket: a service makes the answer; `event` is triggered once it is there, and content_collect gives it.
 * SHOJI_EAGAIN there: not yet, and the event is that one from now on. content_drop: nobody will ask again. CONTENT_REFUSED(status): the
 * client gets that HTTP status, from a program. */
#define CONTENT_LATER (1l << 62)
#define CONTENT_REFUSED(status) (-4096l - (status)) /* below all statuses, and its own inverse */
#define CONTENT_TOTAL(result) ((uint64_t)(result) >> 32)
#define CONTENT_COPIED(result) ((uint64_t)(result) & 0xffffffff)
long content_get(void *piece, uint64_t shape, uint64_t offset, long event);
/* What follows of a file's content, once content_get has given its beginning; as that. It is a function of its own so that the
 * processor's count of content_get is that of requests. */
long content_more(void *piece, uint64_t shape, uint64_t offset);
long content_collect(long ticket, void *piece, long event);
long content_drop(long ticket);

/* For whoever makes programs while the system runs (interface/program.h): the program behind a gate of content_manager's answers below /cgi/NAME
 * from now on, by the name of its component; one that did under that name begins no request any more. SHOJI_EINVAL, SHOJI_ENOENT: no
 * such gate; SHOJI_EMEMORY: there are too many. content_manager forgets it when the component is no more, or content_manager itself begins anew. */
long content_program(uint64_t gate);
/* hold 1: it begins no request, and clients get 500, until hold is 0: while its memory is put right. SHOJI_EBUSY: it is in one; SHOJI_ENOENT. */
long content_program_hold(uint64_t gate, uint32_t hold);
/* It begins no request any more. SHOJI_EBUSY: it is in one, to be asked again; SHOJI_ENOENT: it is not known. */
long content_program_end(uint64_t gate);

/* The same of a file; SHOJI_ENOENT. */
long static_get(void *piece, uint64_t path_bytes, uint64_t offset);

/* The same of a file of the dashboard, whose path it puts below a name that no request of the web can have, in a piece of pool
 * `dashboard`: at most `most` bytes of it. Who has read one with most 0 knows its length and its tag. */
long static_page(void *piece, uint64_t path_bytes, uint64_t offset, uint64_t most);

#endif
