/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Request bodies larger than a stream's own buffer, of routes that take such (control.c, control_large).
 *
 * 1. One lies in memory from the end of its request's head until the request is answered, its connection
 * ends, or whoever answers takes it.
 * 2. There are at most CONTROL_LARGE_BODIES at a time, only from those who may change something.
 */
#ifndef MPD_MANAGER_CONTROL_BODY_H
#define MPD_MANAGER_CONTROL_BODY_H

#include "http_parser/request.h"

#define CONTROL_LARGE_BYTES (1u << 20) /* more: 413 */
#define CONTROL_LARGE_BODIES 2

/* For struct request_wish, `head`: room for what comes, if it is of such a route. 0, 401, 413, or 503. */
int control_body_begin(struct request *request);
/* The request has been answered, or will never be. `own` is the stream's buffer, of CONTROL_BODY_BYTES. */
void control_body_end(struct request_wish *wish, char *own);
/* The body is the caller's now, to free; NULL: memory is short. */
char *control_body_take(const struct request *request);

#endif
