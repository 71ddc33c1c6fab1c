/* SPDX-License-Identifier: BSD-2-Clause */
#include "sentence.h"

struct sentence sentence_begin(char *text, size_t bytes)
{
    text[0] = 0;
    return (struct sentence){text, 0, bytes};
}

void sentence_add(struct sentence *sentence, const char *text)
{
    while (*text && sentence->used + 1 < sentence->bytes)
        sentence->text[sentence->used++] = *text++;
    sentence->text[sentence->used] = 0;
}

void sentence_add_name(struct sentence *sentence, const char *name)
{
    sentence_add(sentence, "`");
    sentence_add(sentence, name);
    sentence_add(sentence, "`");
}

void sentence_add_number(struct sentence *sentence, uint64_t number)
{
    char digits[21], *first = &digits[20];
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    sentence_add(sentence, first);
}
