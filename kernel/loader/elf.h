/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A component's file, checked. What elf_open accepts can be read, loaded and relocated without further
 * checks; it refuses all else with a reason. The rules: docs/architecture.md, "Component images".
 */
#ifndef KERNEL_LOADER_ELF_H
#define KERNEL_LOADER_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "protection.h"

#define ELF_SEGMENTS 8u
#define ELF_SYMBOLS 4096u
#define ELF_PF_KEPT                                                                                          \
    0x100000u /* a segment's flag, of those that are left to systems; only without bytes in the file */

struct elf_segment {
    uint32_t address, bytes; /* address counts from the image's first byte; bytes in memory */
    uint32_t offset, file_bytes;
    enum right right;
    bool kept; /* PF_KEPT: a next life may find it as it is */
};

struct elf_table {
    const uint8_t *at;
    uint32_t count;
};

struct elf_file {
    const uint8_t *bytes;
    uint64_t size;
    struct elf_segment segments[ELF_SEGMENTS];
    unsigned segment_count;
    uint32_t image_bytes;                     /* whole pages */
    struct elf_table symbols, relocations[2]; /* dynamic ones */
    const char *names;
    uint32_t names_bytes;
    struct elf_table all_symbols; /* .symtab, for reports; count 0 if the file has none */
    const char *all_names;
    uint32_t all_names_bytes;
};

struct elf_symbol {
    const char *name;
    uint32_t value; /* counts from the image's first byte */
    bool defined, weak;
    bool offered; /* defined, global, default visibility, in an executable segment */
};

enum elf_relocation_kind { ELF_RELATIVE, ELF_ADDRESS, ELF_SLOT }; /* ADDRESS: symbol + addend; SLOT: symbol */
struct elf_relocation {
    enum elf_relocation_kind kind;
    uint32_t offset, symbol;
    uint64_t addend;
};

/* NULL, or why the file is refused. The image must fit into `limit` bytes. */
const char *elf_open(struct elf_file *file, const uint8_t *bytes, uint64_t size, uint32_t limit);
struct elf_symbol elf_symbol(const struct elf_file *file, uint32_t index);
struct elf_relocation elf_relocation(const struct elf_file *file, unsigned table, uint32_t index);
/* Copies the segments to image_bytes at `image`, zeroes between and behind. */
void elf_load(const struct elf_file *file, uint8_t *image);
/* Copies the writable segments alone, and zeroes behind them; those that are kept stay as they are, if
 * `keep`. */
void elf_load_data(const struct elf_file *file, uint8_t *image, bool keep);
/* Name of the function that holds this address of the image, and how far in; NULL if .symtab does not tell.
 */
const char *elf_function_at(const struct elf_file *file, uint32_t address, uint32_t *into);

#endif
