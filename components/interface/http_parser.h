/* SPDX-License-Identifier: BSD-2-Clause
 * Component 11: request bytes in, reply bytes out (TSE11 section 4.1.3). Buffers lie in pool `stream`. Streams belong to the client
 * that opened them. */
#ifndef INTERFACE_HTTP_PARSER_H
#define INTERFACE_HTTP_PARSER_H
#include "shoji/supervisor.h"

#define HTTP_CLOSE (1l << 40)  /* or-ed to http_read's result: the connection closes after these bytes */
#define HTTP_BYTES(result) ((result) & 0xffffffffl)
/* HTTP_MORE | bytes: the reply is not over, though there was room: there is no more of it for now. HTTP_MORE | HTTP_ROOM | bytes: there is,
 * but not for so little room. Below all statuses. */
#define HTTP_MORE ((long)(1ul << 63))
#define HTTP_ROOM (1l << 41)
#define HTTP_IS_MORE(result) ((result) < HTTP_MORE + 2 * HTTP_ROOM)
#define HTTP_READ_LEAST 1024 /* http_read with less room than this is SHOJI_EINVAL */
long http_open(long event); /* stream, > 0; the event is triggered when a reply that was SHOJI_EBUSY is there */
/* Bytes taken, up to the end of one request; SHOJI_EAGAIN: read the reply first; SHOJI_ECLOSED: after HTTP_CLOSE */
long http_write(long stream, const void *buffer, uint64_t bytes);
/* Reply bytes, fewer than `bytes` at a reply's end; SHOJI_EAGAIN: no complete request yet; SHOJI_EBUSY: somebody is working on it,
 * or on what follows HTTP_MORE */
long http_read(long stream, void *buffer, uint64_t bytes);
/* Its event is another one from now on. */
long http_set_event(long stream, long event);
/* The stream is no more; a reply that somebody is working on is dropped. */
long http_close(long stream);

#endif
