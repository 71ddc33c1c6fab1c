/* SPDX-License-Identifier: BSD-2-Clause
 * Component 11: request bytes in, reply bytes out (TSE11 section 4.1.3). Buffers lie in pool `stream`. Streams belong to the client
 * that opened them. */
#ifndef INTERFACE_HTTP_PARSER_H
#define INTERFACE_HTTP_PARSER_H
#include "shoji/supervisor.h"

#define HTTP_CLOSE (1l << 40)  /* or-ed to http_read's result: the connection closes after these bytes */
#define HTTP_BYTES(result) ((result) & 0xffffffffl)
#define HTTP_READ_LEAST 1024 /* http_read with less room than this is SHOJI_EINVAL */
long http_open(long event); /* stream, > 0; the event is triggered when a reply that was SHOJI_EBUSY is there */
/* Bytes taken, up to the end of one request; SHOJI_EAGAIN: read the reply first; SHOJI_ECLOSED: after HTTP_CLOSE */
long http_write(long stream, const void *buffer, uint64_t bytes);
/* Reply bytes, fewer than `bytes` at a reply's end; SHOJI_EAGAIN: no complete request yet; SHOJI_EBUSY: somebody is working on it */
long http_read(long stream, void *buffer, uint64_t bytes);
/* Its event is another one from now on. */
long http_set_event(long stream, long event);
/* The stream is no more; a reply that somebody is working on is dropped. */
long http_close(long stream);

#endif
