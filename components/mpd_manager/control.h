/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control interface's paths and methods: a request in, an answer out. It knows nothing of connections.
 */
#ifndef MPD_MANAGER_CONTROL_H
#define MPD_MANAGER_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "http_parser/request.h"

#define CONTROL_BODY_BYTES 4096 /* of a request; more: 413 */
#define CONTROL_SENTENCE_BYTES 256

/* Either a body (malloc'd, the caller's to free) or, if `body` is NULL, a refusal with a sentence. */
struct control_answer {
    int status;
    const char *type;
    const char *header; /* one more header line or NULL */
    char *body;
    size_t bytes;
    char sentence[CONTROL_SENTENCE_BYTES]; /* empty: the status's own */
};

void control_answer(const struct request *request, struct control_answer *answer);

#endif
