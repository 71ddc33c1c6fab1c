/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Source lines of a component's image, for reports: the section .shoji_lines of its file, which
 * components/lines makes. In little endian: how many rows (u32), bytes of names (u32); the rows, ascending by
 * address: address in the image (u32), where the file's name begins among the names (u16), line (u16, 0:
 * nothing is known); the names, each with a NUL behind. A row is about all addresses up to the next one.
 */
#ifndef KERNEL_LOADER_LINES_H
#define KERNEL_LOADER_LINES_H

#include <stdint.h>

struct line {
    const char *file; /* in the file's bytes */
    unsigned number;  /* 0: unknown */
};

/* The file is one that elf_open has accepted. The section may hold anything: what is not as above is as if it
 * were not there. */
struct line lines_at(const uint8_t *file, uint64_t size, uint32_t address);

#endif
