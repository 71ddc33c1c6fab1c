/* SPDX-License-Identifier: BSD-2-Clause */
#include "token.h"

#include <strings.h>

#include "shoji/status.h"

static const char scheme[] = "Bearer ";
static char token[TOKEN_HEX + 1]; /* empty: none */

long token_draw(void)
{
    char drawn[TOKEN_HEX];
    for (unsigned i = 0; i < TOKEN_HEX; i += 16) {
        uint64_t word;
        if (!random_word(&word))
            return SHOJI_EAGAIN;
        for (unsigned digit = 0; digit < 16; digit++)
            drawn[i + digit] = "0123456789abcdef"[word >> 4 * digit & 15];
    }
    for (unsigned i = 0; i < TOKEN_HEX; i++)
        token[i] = drawn[i];
    return SHOJI_OK;
}

const char *token_text(void)
{
    return token;
}

bool token_matches(const char *value, uint32_t bytes)
{
    if (!token[0] || bytes != sizeof scheme - 1 + TOKEN_HEX ||
        strncasecmp(value, scheme, sizeof scheme - 1) != 0)
        return false;
    const volatile char *given = value + sizeof scheme - 1, *right = token;
    unsigned difference = 0;
    for (unsigned i = 0; i < TOKEN_HEX; i++)
        difference |= (unsigned char)(given[i] ^ right[i]);
    return difference == 0;
}
