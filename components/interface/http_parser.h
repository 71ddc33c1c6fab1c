/* SPDX-License-Identifier: BSD-2-Clause
 * Component 11: request bytes in, reply bytes out (TSE11 section 4.1.3). Buffers lie in pool `stream`. */
#ifndef INTERFACE_HTTP_PARSER_H
#define INTERFACE_HTTP_PARSER_H
#include "shoji/supervisor.h"

#define HTTP_CLOSE (1l << 40) /* or-ed to http_read's result: the connection closes after these bytes */
long http_open(void);                                                    /* stream, > 0 */
long http_write(long stream, const void *buffer, uint64_t bytes); /* bytes taken; SHOJI_EAGAIN: read the reply first */
long http_read(long stream, void *buffer, uint64_t bytes);               /* reply bytes; SHOJI_EAGAIN: no complete request yet */
long http_close(long stream);

#endif
