/* SPDX-License-Identifier: BSD-2-Clause */
#include "quick.h"

#include <string.h>

typedef uint64_t __attribute__((aligned(1), may_alias)) word64;

#define EACH(byte) (0x0101010101010101u * (byte))

/* Of a header's name, and of a target: letters, digits, and those that nobody argues about. */
enum { NAME = 1, TARGET = 2 };
static const uint8_t kinds[256] = {
    ['0' ... '9'] = NAME | TARGET,
    ['A' ... 'Z'] = NAME | TARGET,
    ['a' ... 'z'] = NAME | TARGET,
    ['-'] = NAME | TARGET,
    ['_'] = TARGET,
    ['.'] = TARGET,
    ['/'] = TARGET,
    ['?'] = TARGET,
    ['&'] = TARGET,
    ['='] = TARGET,
    ['+'] = TARGET,
    ['%'] = TARGET,
    ['~'] = TARGET,
    [':'] = TARGET,
    [','] = TARGET,
};

static const char *skip(const char *at, const char *end, uint8_t kind)
{
    while (at < end && kinds[(unsigned char)*at] & kind)
        at++;
    return at;
}

/* The first byte that is not a printable one of ASCII. */
static const char *skip_printable(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word = *(const word64 *)at;
        uint64_t wrong = ((word - EACH(0x20)) | (word + EACH(0x01)) | word) & EACH(0x80);

        if (wrong)
            return at + __builtin_ctzll(wrong) / 8;
    }
    while (at < end && *at >= 0x20 && *at < 0x7f)
        at++;
    return at;
}

static bool same(const char *at, uint64_t bytes, const char *lower, uint64_t lower_bytes)
{
    if (bytes != lower_bytes)
        return false;
    for (uint64_t i = 0; i < bytes; i++)
        if ((at[i] | 0x20) != lower[i])
            return false;
    return true;
}
#define SAME(at, bytes, literal) same(at, bytes, literal, sizeof literal - 1)

/* Whether a header is one that changes how the request is read, or one that somebody wants the value of:
 * those that are, and some that only look alike. Connection is looked at apart. */
static bool matters(const char *name, uint64_t bytes)
{
    char first = name[0] | 0x20;

    switch (bytes) {
    case 5: /* Range */
        return first == 'r';
    case 7: /* Upgrade */
        return first == 'u';
    case 8: /* If-Range */
        return first == 'i';
    case 13: /* Authorization, If-None-Match */
        return first == 'a' || first == 'i';
    case 14: /* Content-Length */
        return first == 'c';
    case 16: /* Proxy-Connection */
        return first == 'p';
    case 17: /* Transfer-Encoding */
        return first == 't';
    default:
        return false;
    }
}

/* False: leave it to llhttp. */
static bool connection_read(const char *value, uint64_t bytes, struct quick *out)
{
    if (SAME(value, bytes, "keep-alive"))
        out->keep_alive = true;
    else if (SAME(value, bytes, "close"))
        out->keep_alive = false;
    else
        return false;
    return true;
}

uint64_t quick_parse(const char *bytes, uint64_t count, struct quick *out)
{
    static const char version[] = " HTTP/1.";
    const char *at = bytes, *end = bytes + count, *from;
    bool connection_seen = false;

    if (count < 18)
        return 0;
    out->head = memcmp(at, "HEAD", 4) == 0;
    if (!out->head && memcmp(at, "GET", 3) != 0)
        return 0;
    at += out->head ? 4 : 3;
    if (at[0] != ' ' || at[1] != '/')
        return 0;
    from = at + 1;
    at = skip(from, end, TARGET);
    out->target_from = (uint32_t)(from - bytes);
    out->target_bytes = (uint32_t)(at - from);
    if (end - at < (long)sizeof version + 2 || *(const word64 *)at != *(const word64 *)version)
        return 0;
    at += sizeof version - 1;
    if ((*at != '0' && *at != '1') || at[1] != '\r' || at[2] != '\n')
        return 0;
    out->minor = (uint8_t)(*at - '0');
    out->keep_alive = out->minor == 1;
    for (at += 3;; at += 2) {
        if (end - at < 2)
            return 0;
        if (*at == '\r')
            return at[1] == '\n' ? (uint64_t)(at + 2 - bytes) : 0;
        from = at;
        at = skip(at, end, NAME);
        uint64_t name_bytes = (uint64_t)(at - from);
        if (end - at < 2 || at[0] != ':' || at[1] != ' ' || name_bytes == 0 || matters(from, name_bytes))
            return 0;
        const char *value = at + 2;
        at = skip_printable(value, end);
        if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
            return 0;
        if (name_bytes == 10 && SAME(from, name_bytes, "connection")) {
            if (connection_seen || !connection_read(value, (uint64_t)(at - value), out))
                return 0;
            connection_seen = true;
        }
    }
}
