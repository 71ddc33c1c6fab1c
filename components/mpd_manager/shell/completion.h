/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Completing a word from names that are offered. It owns nothing beyond the struct.
 */
#ifndef MPD_MANAGER_COMPLETION_H
#define MPD_MANAGER_COMPLETION_H

#include <stdint.h>

#define COMPLETION_BYTES 64u

struct completion {
    char prefix[COMPLETION_BYTES];
    char common[COMPLETION_BYTES]; /* what all that fit begin with */
    uint32_t matches;
};

/* `line` up to `cursor`: the word that ends there. Returns which word of the line it is, from 0. A word may
 * be a list with commas: then its last element is completed. */
uint32_t completion_begin(struct completion *completion, const char *line, uint32_t cursor);
/* A name that it may be. Returns 1 if it fits. */
int completion_offer(struct completion *completion, const char *name);
/* What is missing of it behind the cursor: with a blank at its end if only one name fits. Empty: nothing, or
 * it is not known which. */
void completion_insert(const struct completion *completion, char out[COMPLETION_BYTES + 1]);

#endif
