/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the control interface answers a request with, and the ways to fill it in.
 */
#ifndef MPD_MANAGER_ANSWER_H
#define MPD_MANAGER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define CONTROL_SENTENCE_BYTES 320

/* Either a body (malloc'd, the caller's to free) or, if `body` is NULL, a refusal with a sentence. */
struct control_answer {
    int status;
    const char *type;
    const char *header; /* one more header line or NULL */
    char *body;
    size_t bytes;
    char sentence[CONTROL_SENTENCE_BYTES]; /* empty: the status's own */
};

extern const char answer_json[], answer_csv[], answer_dot[], answer_metrics[]; /* types */

void answer_refuse(struct control_answer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* 200 with a body of answer->bytes; without one memory was short. */
void answer_body(struct control_answer *answer, const char *type, char *body);
/* The layout of now, or NULL after a refusal. */
const struct layout *answer_layout(struct control_answer *answer);
/* 200 with what changed: render_change. */
void answer_change(struct control_answer *answer, const char *sentence, long steps);
/* The supervisor's status, or a rule, as a refusal. `same` is said if there was nothing to change, `why` if
 * it was a rule. */
void answer_refuse_change(struct control_answer *answer, long status, const char *same, const char *why);

#endif
