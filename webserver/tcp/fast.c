/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See fast.h. Unaligned loads and stores are what x86-64 is good at: nothing is aligned first.
 */
#include "fast.h"

typedef uint64_t __attribute__((aligned(1), may_alias)) word64;
typedef uint32_t __attribute__((aligned(1), may_alias)) word32;
typedef uint16_t __attribute__((aligned(1), may_alias)) word16;

/* Otherwise gcc recognises the loop and calls memcpy. */
__attribute__((optimize("no-tree-loop-distribute-patterns"))) void fast_copy(void *to, const void *from,
                                                                             size_t bytes)
{
    char *t = to;
    const char *f = from;

    while (bytes >= 32) {
        uint64_t a = ((const word64 *)f)[0], b = ((const word64 *)f)[1];
        uint64_t c = ((const word64 *)f)[2], d = ((const word64 *)f)[3];

        ((word64 *)t)[0] = a;
        ((word64 *)t)[1] = b;
        ((word64 *)t)[2] = c;
        ((word64 *)t)[3] = d;
        t += 32, f += 32, bytes -= 32;
    }
    while (bytes >= 8) {
        *(word64 *)t = *(const word64 *)f;
        t += 8, f += 8, bytes -= 8;
    }
    if (bytes & 4) {
        *(word32 *)t = *(const word32 *)f;
        t += 4, f += 4;
    }
    if (bytes & 2) {
        *(word16 *)t = *(const word16 *)f;
        t += 2, f += 2;
    }
    if (bytes & 1)
        *t = *f;
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
