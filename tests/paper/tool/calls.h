/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Permission calls as text, one a line:
 *
 *   set DOMAIN ADDR BYTES PERM     numbers in decimal, or in hexadecimal after 0x
 *   clear DOMAIN                   the domain's tables are given back
 *
 * Lines that begin with # are remarks.
 */
#ifndef PAPER_CALLS_H
#define PAPER_CALLS_H

#include <stddef.h>
#include <stdint.h>

struct call {
    uint32_t domain, addr, bytes;
    uint8_t perm, clear;
};

/* All calls of a file; ends the program if it cannot be read. */
struct call *calls_read(const char *path, size_t *count);

#endif
