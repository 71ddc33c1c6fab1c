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

/* A body that is not all there at once. It is called without layout_lock, by one thread; `state` is the
 * handler's. */
struct answer_source {
    /* At most `room` bytes of it, which are 512 at least, into `out`: how many, 0 at its end, SHOJI_EBUSY:
     * none for now. Any other status cuts the reply short, and the connection with it. */
    long (*read)(long state, char *out, uint64_t room);
    /* Once: it has been read, or its reader is gone. Where nobody can read it in parts (the shell): at once,
     * by that thread, with layout_lock. */
    void (*end)(long state);
};

/* A source; or a body (malloc'd, the caller's to free); or, if there is neither, a refusal with a sentence,
 * or a 304. */
struct control_answer {
    int status;
    const char *type;
    const char *header; /* more header lines, or NULL; with a body: in place of Cache-Control: no-store */
    uint64_t tag;       /* ETag, or 0 */
    const struct answer_source *source;
    long state;
    bool sized; /* the source has `bytes` bytes; else it ends when it ends */
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
