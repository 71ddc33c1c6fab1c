/* SPDX-License-Identifier: BSD-2-Clause */
#include "range.h"

#include <string.h>

#include "reply.h"

#define NUMBER_MAX (UINT64_MAX / 16)

/* Digits, at least one; false if there are none. A number beyond all content is as good as any other. */
static bool number_take(const char **at, const char *end, uint64_t *number)
{
    const char *from = *at;

    for (*number = 0; *at < end && **at >= '0' && **at <= '9'; ++*at)
        *number = *number > NUMBER_MAX ? NUMBER_MAX : *number * 10 + (uint64_t)(**at - '0');
    return *at > from;
}

enum range range_parse(const char *text, uint32_t bytes, uint64_t total, uint64_t *from, uint64_t *length)
{
    static const char unit[] = "bytes=";
    const char *at = text + sizeof unit - 1, *end = text + bytes;
    uint64_t first, last;

    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (end <= at || memcmp(text, unit, sizeof unit - 1) != 0)
        return RANGE_NONE;
    if (number_take(&at, end, &first)) {
        if (at == end || *at++ != '-')
            return RANGE_NONE;
        if (!number_take(&at, end, &last))
            last = UINT64_MAX;
        if (at != end || last < first)
            return RANGE_NONE;
        if (first >= total)
            return RANGE_UNSATISFIABLE;
        *from = first;
        *length = (last < total - 1 ? last : total - 1) - first + 1;
        return RANGE_PART;
    }
    if (*at++ != '-' || !number_take(&at, end, &last) || at != end)
        return RANGE_NONE;
    if (last == 0 || total == 0)
        return RANGE_UNSATISFIABLE;
    *length = last < total ? last : total;
    *from = total - *length;
    return RANGE_PART;
}

bool tag_listed(const char *text, uint32_t bytes, uint64_t tag)
{
    char wanted[REPLY_TAG_BYTES];

    if (bytes >= 1 && text[0] == '*')
        return true;
    (void)reply_tag(wanted, tag);
    for (uint32_t i = 0; i + REPLY_TAG_BYTES <= bytes; i++)
        if (memcmp(text + i, wanted, REPLY_TAG_BYTES) == 0)
            return true;
    return false;
}
