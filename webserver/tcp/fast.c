/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See fast.h. Unaligned loads and stores are what x86-64 is good at: nothing is aligned first.
 */
#include "fast.h"

typedef uint64_t __attribute__((aligned(1), may_alias)) word64;
typedef uint32_t __attribute__((aligned(1), may_alias)) word32;
typedef uint16_t __attribute__((aligned(1), may_alias)) word16;

static void copy16(char *to, const char *from)
{
    uint64_t a = ((const word64 *)from)[0], b = ((const word64 *)from)[1];

    ((word64 *)to)[0] = a;
    ((word64 *)to)[1] = b;
}

static void copy32(char *to, const char *from)
{
    copy16(to, from);
    copy16(to + 16, from + 16);
}

/* What is left over is copied together with bytes before it, once more. */
void fast_copy(void *to, const void *from, size_t bytes)
{
    char *t = to, *t_end = t + bytes;
    const char *f = from, *f_end = f + bytes;

    if (bytes >= 32) {
        for (; bytes > 32; t += 32, f += 32, bytes -= 32)
            copy32(t, f);
        copy32(t_end - 32, f_end - 32);
    } else if (bytes >= 16) {
        copy16(t, f);
        copy16(t_end - 16, f_end - 16);
    } else if (bytes >= 8) {
        uint64_t first = *(const word64 *)f, last = *(const word64 *)(f_end - 8);

        *(word64 *)t = first;
        *(word64 *)(t_end - 8) = last;
    } else if (bytes >= 4) {
        uint32_t first = *(const word32 *)f, last = *(const word32 *)(f_end - 4);

        *(word32 *)t = first;
        *(word32 *)(t_end - 4) = last;
    } else {
        for (; bytes > 0; bytes--)
            *t++ = *f++;
    }
}

uint16_t fast_checksum(const void *data, int bytes)
{
    const char *f = data;
    uint64_t sum = 0;

    for (; bytes >= 32; f += 32, bytes -= 32)
        __asm__("addq (%1), %0\n\tadcq 8(%1), %0\n\tadcq 16(%1), %0\n\tadcq 24(%1), %0\n\tadcq $0, %0"
                : "+r"(sum)
                : "r"(f), "m"(*(const char(*)[32])f)
                : "cc");
    for (; bytes >= 8; f += 8, bytes -= 8)
        __asm__("addq %1, %0\n\tadcq $0, %0" : "+r"(sum) : "m"(*(const word64 *)f) : "cc");
    if (bytes > 0 &&
        f - (const char *)data >= 8) { /* the last 8 bytes, without those that are counted already */
        uint64_t rest = *(const word64 *)(f + bytes - 8) >> (64 - 8 * bytes);

        sum += rest;
        sum += sum < rest;
        bytes = 0;
    }
    /* From here on 33 bits are enough, so the carries can wait. */
    sum = (sum & 0xffffffff) + (sum >> 32);
    if (bytes & 4) {
        sum += *(const word32 *)f;
        f += 4;
    }
    if (bytes & 2) {
        sum += *(const word16 *)f;
        f += 2;
    }
    if (bytes & 1)
        sum += *(const unsigned char *)f;
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}
