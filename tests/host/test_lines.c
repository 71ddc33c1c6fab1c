/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of source lines in a component's file: what it says of each address, against a plain search, and
 * files whose bytes were changed at random, of which nothing is read outside (the sanitizer watches).
 */
// clang-format off
// links: kernel/loader/lines.c tests/host/seeded.c
// includes: kernel tests/host
// clang-format on
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "loader/lines.h"
#include "seeded.h"

#define ROWS 60

static const char strings[] = "\0.shstrtab\0.shoji_lines\0.text";
static const char names[] = "one.c\0two.c\0three.h";

struct row {
    uint32_t address;
    uint16_t name, line;
};

static struct file {
    Elf64_Ehdr header;
    Elf64_Shdr sections[4];
    char strings[sizeof strings];
    uint32_t head[2];
    struct row rows[ROWS];
    char names[sizeof names];
} file;

static void make(unsigned rows)
{
    static const uint16_t starts[] = {0, 6, 12};
    uint32_t address = (uint32_t)random_below(8);

    memset(&file, 0, sizeof file);
    file.header.e_shoff = offsetof(struct file, sections);
    file.header.e_shnum = 4;
    file.header.e_shentsize = sizeof(Elf64_Shdr);
    file.header.e_shstrndx = 1;
    file.sections[1] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                    .sh_name = 1,
                                    .sh_offset = offsetof(struct file, strings),
                                    .sh_size = sizeof strings};
    file.sections[2] = (Elf64_Shdr){.sh_type = SHT_PROGBITS, .sh_name = 25, .sh_offset = 0, .sh_size = 64};
    file.sections[3] = (Elf64_Shdr){.sh_type = SHT_PROGBITS,
                                    .sh_name = 11,
                                    .sh_offset = offsetof(struct file, head),
                                    .sh_size = sizeof file - offsetof(struct file, head)};
    memcpy(file.strings, strings, sizeof strings);
    memcpy(file.names, names, sizeof names);
    file.head[0] = rows;
    file.head[1] = sizeof names;
    for (unsigned i = 0; i < rows; i++) {
        file.rows[i] = (struct row){address, starts[random_below(3)], (uint16_t)random_below(100)};
        address += 1 + (uint32_t)random_below(9);
    }
    /* The names follow the rows. */
    memmove(&file.rows[rows], file.names, sizeof names);
}

static struct line at(uint32_t address)
{
    return lines_at((const uint8_t *)&file, sizeof file, address);
}

static void every_address(void **state)
{
    (void)state;
    for (unsigned rows = 0; rows <= ROWS; rows++) {
        make(rows);
        for (uint32_t address = 0; address < 10 * ROWS; address++) {
            struct line told = at(address);
            const struct row *row = NULL;

            for (unsigned i = 0; i < rows && file.rows[i].address <= address; i++)
                row = &file.rows[i];
            assert_int_equal(told.number, row != NULL ? row->line : 0);
            if (told.number != 0)
                assert_string_equal(told.file, names + row->name);
        }
    }
}

static void what_is_wrong_is_not_there(void **state)
{
    (void)state;
    make(ROWS);
    assert_true(lines_at((const uint8_t *)&file, 10, 300).number == 0);
    file.rows[ROWS - 1].line = 7;
    assert_int_equal(at(UINT32_MAX).number, 7);
    file.sections[3].sh_name = 12;
    assert_int_equal(at(UINT32_MAX).number, 0);
    file.sections[3].sh_name = 11;
    file.rows[ROWS - 1].name = sizeof names;
    assert_int_equal(at(UINT32_MAX).number, 0);
    file.rows[ROWS - 1].name = 0;
    file.names[sizeof names - 1] = 'x';
    assert_int_equal(at(UINT32_MAX).number, 0);
    file.names[sizeof names - 1] = '\0';
    file.head[0]++;
    assert_int_equal(at(UINT32_MAX).number, 0);
}

static void bytes_changed_at_random(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t *copy = malloc(sizeof file);
        uint64_t size = random_one_in(4) ? random_below(sizeof file + 1) : sizeof file;

        make((unsigned)random_below(ROWS + 1));
        for (uint64_t changes = random_below(6); changes > 0; changes--)
            ((uint8_t *)&file)[random_one_in(2) ? random_below(sizeof file)
                                                : random_below(sizeof file.header + sizeof file.sections)] =
                (uint8_t)random_below(256);
        copy = realloc(copy, size != 0 ? size : 1);
        memcpy(copy, &file, size);
        for (int i = 0; i < 20; i++) {
            struct line told = lines_at(copy, size, (uint32_t)random_below(600));

            if (told.number != 0)
                assert_true(strlen(told.file) < size);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address),
        cmocka_unit_test(what_is_wrong_is_not_there),
        cmocka_unit_test(bytes_changed_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
