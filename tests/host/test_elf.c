/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The reader of components' files: a sound one made here, and the same with bytes changed at random. What is
 * accepted can be used without touching a byte outside file and image, which the sanitizer watches.
 */
// links: kernel/loader/elf.c tests/host/seeded.c
// includes: kernel kernel/include tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "loader/elf.h"
#include "seeded.h"

#define LIMIT 0x20000u

/* Text at 0, constants (symbols, names, relocations, dynamic) at 0x1000, data at 0x2000 with 0x800 bytes of
 * zeroes behind. */
struct sound {
    Elf64_Ehdr header;
    Elf64_Phdr programs[5]; /* the last one is not used at first */
    uint8_t text[64];
    struct {
        uint32_t hash[4];
        Elf64_Sym symbols[4];
        char names[40];
        Elf64_Rela relocations[3], jumps[1];
        Elf64_Dyn dynamic[9];
    } constants;
    uint64_t data[4];
    Elf64_Shdr sections[3];
    Elf64_Sym all_symbols[2];
    char all_names[16];
};
#define AT(field) offsetof(struct sound, field)
#define CONSTANT(field) (0x1000 + AT(constants.field) - AT(constants))

static void make_sound(struct sound *s)
{
    memset(s, 0, sizeof *s);
    memcpy(s->header.e_ident, ELFMAG, SELFMAG);
    s->header.e_ident[EI_CLASS] = ELFCLASS64;
    s->header.e_ident[EI_DATA] = ELFDATA2LSB;
    s->header.e_type = ET_DYN;
    s->header.e_machine = EM_X86_64;
    s->header.e_phoff = AT(programs);
    s->header.e_phentsize = sizeof(Elf64_Phdr);
    s->header.e_phnum = 4;
    s->header.e_shoff = AT(sections);
    s->header.e_shentsize = sizeof(Elf64_Shdr);
    s->header.e_shnum = 3;
    s->programs[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = PF_R | PF_X,
                                  .p_offset = AT(text),
                                  .p_vaddr = 0,
                                  .p_filesz = 64,
                                  .p_memsz = 64};
    s->programs[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = PF_R,
                                  .p_offset = AT(constants),
                                  .p_vaddr = 0x1000,
                                  .p_filesz = sizeof s->constants,
                                  .p_memsz = sizeof s->constants};
    s->programs[2] = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = PF_R | PF_W,
                                  .p_offset = AT(data),
                                  .p_vaddr = 0x2000,
                                  .p_filesz = 32,
                                  .p_memsz = 0x820};
    s->programs[3] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                  .p_flags = PF_R,
                                  .p_offset = AT(constants.dynamic),
                                  .p_vaddr = CONSTANT(dynamic),
                                  .p_filesz = sizeof s->constants.dynamic,
                                  .p_memsz = sizeof s->constants.dynamic};
    memset(s->text, 0xc3, sizeof s->text);
    s->constants.hash[1] = 4;
    memcpy(s->constants.names, "\0offered\0asked\0hidden", 22);
    s->constants.symbols[1] = (Elf64_Sym){.st_name = 1,
                                          .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                          .st_shndx = 1,
                                          .st_value = 16,
                                          .st_size = 8};
    s->constants.symbols[2] = (Elf64_Sym){.st_name = 9, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE)};
    s->constants.symbols[3] = (Elf64_Sym){.st_name = 15,
                                          .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
                                          .st_other = STV_HIDDEN,
                                          .st_shndx = 1,
                                          .st_value = 0x2008};
    s->constants.relocations[0] = (Elf64_Rela){0x2000, ELF64_R_INFO(0, R_X86_64_RELATIVE), 0x10};
    s->constants.relocations[1] = (Elf64_Rela){0x2008, ELF64_R_INFO(2, R_X86_64_64), 4};
    s->constants.relocations[2] = (Elf64_Rela){0x2010, ELF64_R_INFO(1, R_X86_64_GLOB_DAT), 0};
    s->constants.jumps[0] = (Elf64_Rela){0x2018, ELF64_R_INFO(2, R_X86_64_JUMP_SLOT), 0};
    Elf64_Dyn dynamic[] = {{DT_SYMTAB, {CONSTANT(symbols)}},
                           {DT_STRTAB, {CONSTANT(names)}},
                           {DT_STRSZ, {40}},
                           {DT_HASH, {CONSTANT(hash)}},
                           {DT_RELA, {CONSTANT(relocations)}},
                           {DT_RELASZ, {3 * sizeof(Elf64_Rela)}},
                           {DT_JMPREL, {CONSTANT(jumps)}},
                           {DT_PLTRELSZ, {sizeof(Elf64_Rela)}},
                           {DT_NULL, {0}}};
    memcpy(s->constants.dynamic, dynamic, sizeof dynamic);
    s->sections[1] = (Elf64_Shdr){
        .sh_type = SHT_SYMTAB, .sh_offset = AT(all_symbols), .sh_size = sizeof s->all_symbols, .sh_link = 2};
    s->sections[2] =
        (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = AT(all_names), .sh_size = sizeof s->all_names};
    s->all_symbols[1] = (Elf64_Sym){.st_name = 1,
                                    .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
                                    .st_shndx = 1,
                                    .st_value = 32,
                                    .st_size = 8};
    memcpy(s->all_names, "\0local", 7);
}

/* Everything that the loader does with a file that was accepted. */
static void use(const struct elf_file *file)
{
    uint8_t *image = malloc(file->image_bytes);
    uint32_t into;

    assert_true(file->image_bytes <= LIMIT && file->image_bytes % PAGE_BYTES == 0);
    elf_load(file, image);
    for (uint32_t i = 0; i < file->symbols.count; i++) {
        struct elf_symbol symbol = elf_symbol(file, i);

        assert_true(strlen(symbol.name) < file->names_bytes);
        if (symbol.offered)
            assert_true(symbol.defined && symbol.value < file->image_bytes);
    }
    for (unsigned table = 0; table < 2; table++)
        for (uint32_t i = 0; i < file->relocations[table].count; i++) {
            struct elf_relocation relocation = elf_relocation(file, table, i);

            assert_true(relocation.symbol < file->symbols.count);
            memset(image + relocation.offset, 0xaa, 8);
            for (unsigned k = 0; k < file->segment_count; k++)
                if (file->segments[k].right == RIGHT_EXECUTE)
                    assert_true(relocation.offset + 8 <= file->segments[k].address ||
                                relocation.offset >= file->segments[k].address + file->segments[k].bytes);
        }
    for (uint32_t address = 0; address < 256; address += 4) {
        const char *name = elf_function_at(file, address, &into);

        if (name != NULL)
            assert_true(strlen(name) < file->all_names_bytes);
    }
    free(image);
}

static void test_sound(void **state)
{
    struct sound sound;
    struct elf_file file;
    uint8_t image[0x3000];
    uint32_t into;

    (void)state;
    make_sound(&sound);
    const char *wrong = elf_open(&file, (const uint8_t *)&sound, sizeof sound, LIMIT);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_int_equal(file.image_bytes, 0x3000);
    assert_int_equal(file.symbols.count, 4);
    assert_true(elf_symbol(&file, 1).offered);
    assert_string_equal(elf_symbol(&file, 2).name, "asked");
    assert_false(elf_symbol(&file, 2).defined);
    assert_false(elf_symbol(&file, 3).offered);
    assert_int_equal(elf_relocation(&file, 0, 1).kind, ELF_ADDRESS);
    assert_int_equal(elf_relocation(&file, 0, 1).addend, 4);
    assert_string_equal(elf_function_at(&file, 36, &into), "local");
    assert_int_equal(into, 4);
    assert_null(elf_function_at(&file, 40, &into));
    memset(image, 0x55, sizeof image);
    elf_load(&file, image);
    assert_int_equal(image[63], 0xc3);
    assert_int_equal(image[64], 0);
    assert_int_equal(image[0x2820], 0);
    assert_int_equal(image[0x2fff], 0);
    use(&file);
}

static void what_is_kept_is_left_alone(void **state)
{
    struct sound sound;
    struct elf_file file;
    uint8_t image[0x4000];

    (void)state;
    make_sound(&sound);
    sound.header.e_phnum = 5;
    sound.programs[4] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_flags = PF_R | PF_W | ELF_PF_KEPT, .p_vaddr = 0x3000, .p_memsz = 0x300};
    assert_null(elf_open(&file, (const uint8_t *)&sound, sizeof sound, LIMIT));
    assert_int_equal(file.image_bytes, 0x4000);
    for (int keep = 0; keep < 2; keep++) {
        memset(image, 0x55, sizeof image);
        elf_load_data(&file, image, keep);
        assert_int_equal(image[0x1fff], 0x55); /* constants are not data */
        assert_int_equal(image[0x2800], 0);
        assert_int_equal(image[0x3000], keep ? 0x55 : 0);
        assert_int_equal(image[0x32ff], keep ? 0x55 : 0);
        elf_load(&file, image);
        assert_int_equal(image[0x3000], 0);
    }
    sound.programs[4].p_filesz = 1;
    assert_non_null(elf_open(&file, (const uint8_t *)&sound, sizeof sound, LIMIT));
    sound.programs[4].p_filesz = 0;
    sound.programs[4].p_flags = PF_R | ELF_PF_KEPT;
    assert_non_null(elf_open(&file, (const uint8_t *)&sound, sizeof sound, LIMIT));
}

/* Numbers that lie on or beyond some edge. */
static uint64_t nasty(void)
{
    static const uint64_t some[] = {0,
                                    1,
                                    8,
                                    0xfff,
                                    0x1000,
                                    0x2000,
                                    0x2fff,
                                    0x3000,
                                    LIMIT - 1,
                                    LIMIT,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x100000000,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0xffffffffffffffff};

    return some[random_below(sizeof some / sizeof *some)] + (random_one_in(3) ? random_below(17) - 8 : 0);
}

static void test_hostile(void **state)
{
    static const uint8_t widths[] = {1, 2, 4, 8};
    unsigned accepted = 0;

    (void)state;
    random_start("hostile");
    for (unsigned round = 0; round < 200000; round++) {
        size_t bytes = random_one_in(10) ? random_below(sizeof(struct sound) + 1) : sizeof(struct sound);
        struct sound sound;
        struct elf_file file;

        make_sound(&sound);
        for (uint64_t i = random_from(1, 3); i > 0; i--) {
            uint8_t width = widths[random_below(4)];
            uint64_t value = random_one_in(2) ? nasty() : random_bits();
            size_t at = random_below(sizeof sound / width) * width;

            memcpy((uint8_t *)&sound + at, &value, width);
        }
        uint8_t *copy = malloc(bytes + 1);
        memcpy(copy, &sound, bytes);
        uint8_t *exact = realloc(copy, bytes != 0 ? bytes : 1);
        const char *wrong = elf_open(&file, exact, bytes, LIMIT);
        if (wrong == NULL) {
            accepted++;
            use(&file);
        }
        free(exact);
    }
    assert_true(accepted > 1000); /* not everything that changes a byte is wrong: else nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sound), cmocka_unit_test(what_is_kept_is_left_alone), cmocka_unit_test(test_hostile)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
