/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token that changing anything needs: fresh at each boot, from the CPU's random numbers.
 */
#ifndef MPD_MANAGER_TOKEN_H
#define MPD_MANAGER_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define TOKEN_BITS 256
#define TOKEN_HEX (TOKEN_BITS / 4)

/* Draws the token. SHOJI_EAGAIN: the CPU gives no random numbers; then no token is right. */
long token_draw(void);
/* The token in hexadecimal digits, ending with 0. */
const char *token_text(void);
/* `value` is an Authorization header's value. How long it takes doesn't depend on where a wrong token
 * differs. */
bool token_matches(const char *value, uint32_t bytes);

/* Random bits of the CPU (random.c; tests bring their own). */
bool random_word(uint64_t *word);

#endif
