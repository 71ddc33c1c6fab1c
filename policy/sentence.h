/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sentences into a buffer, without a C library. What does not fit is cut off; there is always a final 0.
 */
#ifndef POLICY_SENTENCE_H
#define POLICY_SENTENCE_H

#include <stddef.h>
#include <stdint.h>

struct sentence {
    char *text;
    size_t used, bytes;
};

/* bytes > 0 */
struct sentence sentence_begin(char *text, size_t bytes);
void sentence_add(struct sentence *sentence, const char *text);
/* Between `these`. */
void sentence_add_name(struct sentence *sentence, const char *name);
void sentence_add_number(struct sentence *sentence, uint64_t number);

#endif
