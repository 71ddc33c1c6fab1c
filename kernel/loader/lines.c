/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads the table of lines each time anew: it is asked for at faults only, and nothing of it is kept.
 *
 * 1. Every byte that is read lies in the file; a name that is told ends there.
 */
#include "lines.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

struct row {
    uint32_t address;
    uint16_t name, line;
};

struct bytes {
    const uint8_t *at; /* NULL: none */
    uint64_t count;
};

static const struct line unknown = {NULL, 0};
static const struct bytes nothing = {NULL, 0};

static struct bytes part(struct bytes of, uint64_t from, uint64_t count)
{
    if (of.at == NULL || from > of.count || count > of.count - from)
        return nothing;
    return (struct bytes){of.at + from, count};
}

static bool is_named(struct bytes names, uint64_t from, const char *name)
{
    do
        if (from >= names.count || names.at[from++] != (uint8_t)*name)
            return false;
    while (*name++ != '\0');
    return true;
}

/* The section's bytes. */
static struct bytes table_find(struct bytes file)
{
    struct bytes headers, strings;
    Elf64_Ehdr header;
    Elf64_Shdr section;

    if (file.count < sizeof header)
        return nothing;
    __builtin_memcpy(&header, file.at, sizeof header);
    headers = part(file, header.e_shoff, (uint64_t)header.e_shnum * sizeof section);
    if (headers.at == NULL || header.e_shentsize != sizeof section || header.e_shstrndx >= header.e_shnum)
        return nothing;
    __builtin_memcpy(&section, headers.at + (uint64_t)header.e_shstrndx * sizeof section, sizeof section);
    strings = part(file, section.sh_offset, section.sh_size);
    for (uint64_t i = 0; strings.at != NULL && i < header.e_shnum; i++) {
        __builtin_memcpy(&section, headers.at + i * sizeof section, sizeof section);
        if (section.sh_type == SHT_PROGBITS && is_named(strings, section.sh_name, ".shoji_lines"))
            return part(file, section.sh_offset, section.sh_size);
    }
    return nothing;
}

static struct row row_at(struct bytes rows, uint64_t index)
{
    struct row row;

    __builtin_memcpy(&row, rows.at + index * sizeof row, sizeof row);
    return row;
}

struct line lines_at(const uint8_t *file, uint64_t size, uint32_t address)
{
    struct bytes table = table_find((struct bytes){file, size}), rows, names;
    uint32_t head[2];
    uint64_t low = 0, high;
    struct row row;

    if (table.at == NULL || table.count < sizeof head)
        return unknown;
    __builtin_memcpy(head, table.at, sizeof head);
    high = head[0];
    rows = part(table, sizeof head, high * sizeof row);
    names = part(table, sizeof head + high * sizeof row, head[1]);
    if (rows.at == NULL || names.at == NULL || names.count == 0 || names.at[names.count - 1] != '\0')
        return unknown;
    while (low < high) { /* rows below `low` begin at or before the address, those from `high` on behind it */
        uint64_t middle = low + (high - low) / 2;

        if (row_at(rows, middle).address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return unknown;
    row = row_at(rows, low - 1);
    if (row.line == 0 || row.name >= names.count)
        return unknown;
    return (struct line){(const char *)names.at + row.name, row.line};
}
