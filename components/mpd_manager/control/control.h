/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control interface's paths and methods: a request in, an answer out. It knows nothing of connections.
 */
#ifndef MPD_MANAGER_CONTROL_H
#define MPD_MANAGER_CONTROL_H

#include "answer.h"
#include "http_parser/request.h"

#define CONTROL_BODY_BYTES 4096 /* of a request; more: 413, but for routes that take large ones */

/* Is the request, whose head has come, of a route that takes a large body, and may it be made? 0, 401, or
 * 200: of another route. */
int control_large(const struct request *request);
void control_answer(const struct request *request, struct control_answer *answer);
/* The same for whoever sits at the machine itself: no token is asked for. On any thread. */
void control_answer_local(const struct request *request, struct control_answer *answer);

#endif
