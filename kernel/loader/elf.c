/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading ELF files that may be hostile: every offset, size and index is checked in elf_open, against the
 * file's size and the image's. Arithmetic is in 64 bits on values that were checked to be below 4 GiB:
 * nothing wraps.
 */
#include "loader/elf.h"

#include <elf.h>
#include <stddef.h>

static void copy(void *to, const void *from, uint64_t bytes)
{
    __builtin_memcpy(to, from, bytes);
}

static bool within(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

/* The bytes of the file that are loaded at these addresses; NULL if they are not all in one segment's file
 * part. */
static const uint8_t *loaded_at(const struct elf_file *file, uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < file->segment_count; i++) {
        const struct elf_segment *segment = &file->segments[i];

        if (address >= segment->address && within(address - segment->address, bytes, segment->file_bytes))
            return file->bytes + segment->offset + (address - segment->address);
    }
    return NULL;
}

static const struct elf_segment *segment_of(const struct elf_file *file, uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < file->segment_count; i++) {
        const struct elf_segment *segment = &file->segments[i];

        if (address >= segment->address && within(address - segment->address, bytes, segment->bytes))
            return segment;
    }
    return NULL;
}

static const char *header_check(const struct elf_file *file, Elf64_Ehdr *header)
{
    if (file->size < sizeof *header)
        return "too short for an ELF file";
    copy(header, file->bytes, sizeof *header);
    if (__builtin_memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return "not an ELF file";
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_X86_64)
        return "not for x86-64";
    if (header->e_type != ET_DYN)
        return "not a shared object (ET_DYN)";
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 || header->e_phnum > 32 ||
        !within(header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr), file->size))
        return "program headers outside the file";
    return NULL;
}

static const char *segment_add(struct elf_file *file, const Elf64_Phdr *program, uint32_t limit)
{
    struct elf_segment *segment = &file->segments[file->segment_count];

    if (file->segment_count == ELF_SEGMENTS)
        return "too many segments";
    if (program->p_vaddr % PAGE_BYTES != 0)
        return "a segment does not begin on a page";
    if (program->p_filesz > program->p_memsz || !within(program->p_offset, program->p_filesz, file->size))
        return "a segment lies outside the file";
    if (!within(program->p_vaddr, program->p_memsz, limit))
        return "the image does not fit into its slot";
    if (program->p_vaddr < file->image_bytes)
        return "segments overlap or are not in order";
    if ((program->p_flags & PF_W) != 0 && (program->p_flags & PF_X) != 0)
        return "a segment is writable and executable";
    if ((program->p_flags & ELF_PF_KEPT) != 0 && ((program->p_flags & PF_W) == 0 || program->p_filesz != 0))
        return "a segment is to be kept that is not writable, or not empty";
    *segment = (struct elf_segment){.address = (uint32_t)program->p_vaddr,
                                    .bytes = (uint32_t)program->p_memsz,
                                    .offset = (uint32_t)program->p_offset,
                                    .file_bytes = (uint32_t)program->p_filesz,
                                    .right = (program->p_flags & PF_X) != 0   ? RIGHT_EXECUTE
                                             : (program->p_flags & PF_W) != 0 ? RIGHT_WRITE
                                                                              : RIGHT_READ,
                                    .kept = (program->p_flags & ELF_PF_KEPT) != 0};
    file->image_bytes =
        (uint32_t)((program->p_vaddr + program->p_memsz + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1));
    file->segment_count++;
    return NULL;
}

struct dynamic {
    uint64_t symbols, names, names_bytes, hash, rela, rela_bytes, jump, jump_bytes;
};

static const char *dynamic_read(const struct elf_file *file, const Elf64_Phdr *program, struct dynamic *out)
{
    const uint8_t *at = loaded_at(file, program->p_vaddr, program->p_filesz);

    if (at == NULL)
        return "the dynamic section is not loaded";
    for (uint64_t i = 0; i < program->p_filesz / sizeof(Elf64_Dyn); i++) {
        Elf64_Dyn entry;

        copy(&entry, at + i * sizeof entry, sizeof entry);
        switch (entry.d_tag) {
        case DT_NULL:
            return NULL;
        case DT_SYMTAB:
            out->symbols = entry.d_un.d_ptr;
            break;
        case DT_STRTAB:
            out->names = entry.d_un.d_ptr;
            break;
        case DT_STRSZ:
            out->names_bytes = entry.d_un.d_val;
            break;
        case DT_HASH:
            out->hash = entry.d_un.d_ptr;
            break;
        case DT_RELA:
            out->rela = entry.d_un.d_ptr;
            break;
        case DT_RELASZ:
            out->rela_bytes = entry.d_un.d_val;
            break;
        case DT_JMPREL:
            out->jump = entry.d_un.d_ptr;
            break;
        case DT_PLTRELSZ:
            out->jump_bytes = entry.d_un.d_val;
            break;
        case DT_NEEDED:
            return "it needs a shared library";
        case DT_TEXTREL:
            return "it relocates its text";
        case DT_REL:
        case DT_RELR:
            return "relocations of a kind other than RELA";
        default:
            break;
        }
    }
    return NULL;
}

static const char *symbols_check(struct elf_file *file, const struct dynamic *dynamic)
{
    const uint8_t *hash = loaded_at(file, dynamic->hash, 8);
    uint32_t count;

    if (dynamic->hash == 0 || hash == NULL)
        return "no symbol hash table (link with --hash-style=sysv)";
    copy(&count, hash + 4, 4);
    if (count == 0 || count > ELF_SYMBOLS)
        return "too many dynamic symbols";
    file->symbols =
        (struct elf_table){loaded_at(file, dynamic->symbols, (uint64_t)count * sizeof(Elf64_Sym)), count};
    file->names = (const char *)loaded_at(file, dynamic->names, dynamic->names_bytes);
    if (file->symbols.at == NULL || file->names == NULL || dynamic->names_bytes == 0)
        return "dynamic symbols outside the image";
    file->names_bytes = (uint32_t)dynamic->names_bytes;
    if (file->names[file->names_bytes - 1] != '\0')
        return "a symbol's name does not end";
    for (uint32_t i = 0; i < count; i++) {
        Elf64_Sym symbol;

        copy(&symbol, file->symbols.at + (uint64_t)i * sizeof symbol, sizeof symbol);
        if (symbol.st_name >= file->names_bytes)
            return "a symbol's name lies outside the image";
        if (symbol.st_shndx != SHN_UNDEF && symbol.st_value > file->image_bytes)
            return "a symbol lies outside the image";
        if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS || ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
            return "a symbol of a kind that is not supported (thread-local or indirect)";
    }
    return NULL;
}

static const char *relocations_check(struct elf_file *file, unsigned table, uint64_t address, uint64_t bytes)
{
    if (bytes == 0)
        return NULL;
    if (bytes % sizeof(Elf64_Rela) != 0 || loaded_at(file, address, bytes) == NULL)
        return "relocations outside the image";
    file->relocations[table] =
        (struct elf_table){loaded_at(file, address, bytes), (uint32_t)(bytes / sizeof(Elf64_Rela))};
    for (uint32_t i = 0; i < file->relocations[table].count; i++) {
        Elf64_Rela rela;
        const struct elf_segment *segment;

        copy(&rela, file->relocations[table].at + (uint64_t)i * sizeof rela, sizeof rela);
        segment = segment_of(file, rela.r_offset, 8);
        if (segment == NULL || segment->right == RIGHT_EXECUTE)
            return "a relocation outside the data";
        if (ELF64_R_SYM(rela.r_info) >= file->symbols.count)
            return "a relocation against a symbol that does not exist";
        switch (ELF64_R_TYPE(rela.r_info)) {
        case R_X86_64_RELATIVE:
        case R_X86_64_64:
        case R_X86_64_GLOB_DAT:
        case R_X86_64_JUMP_SLOT:
            break;
        default:
            return "a relocation of a kind that is not supported";
        }
    }
    return NULL;
}

/* Section headers serve reports only; a file need not have them, but what it has must be sound. */
static const char *all_symbols_check(struct elf_file *file, const Elf64_Ehdr *header)
{
    Elf64_Shdr section, names;

    if (header->e_shnum == 0)
        return NULL;
    if (header->e_shentsize != sizeof section ||
        !within(header->e_shoff, (uint64_t)header->e_shnum * sizeof section, file->size))
        return "section headers outside the file";
    for (unsigned i = 0; i < header->e_shnum; i++) {
        copy(&section, file->bytes + header->e_shoff + (uint64_t)i * sizeof section, sizeof section);
        if (section.sh_type != SHT_SYMTAB)
            continue;
        if (section.sh_link >= header->e_shnum)
            return "a section link that goes nowhere";
        copy(&names, file->bytes + header->e_shoff + (uint64_t)section.sh_link * sizeof names, sizeof names);
        if (!within(section.sh_offset, section.sh_size, file->size) ||
            !within(names.sh_offset, names.sh_size, file->size) || names.sh_size == 0 ||
            file->bytes[names.sh_offset + names.sh_size - 1] != '\0')
            return "the symbol table lies outside the file";
        file->all_symbols = (struct elf_table){file->bytes + section.sh_offset,
                                               (uint32_t)(section.sh_size / sizeof(Elf64_Sym))};
        file->all_names = (const char *)file->bytes + names.sh_offset;
        file->all_names_bytes = (uint32_t)names.sh_size;
        return NULL;
    }
    return NULL;
}

const char *elf_open(struct elf_file *file, const uint8_t *bytes, uint64_t size, uint32_t limit)
{
    struct dynamic dynamic = {0};
    Elf64_Phdr program, dynamic_program = {.p_type = PT_NULL};
    Elf64_Ehdr header;
    const char *wrong;

    *file = (struct elf_file){.bytes = bytes, .size = size};
    if (size >> 31 != 0)
        return "too large";
    if ((wrong = header_check(file, &header)) != NULL)
        return wrong;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        copy(&program, bytes + header.e_phoff + i * sizeof program, sizeof program);
        if (program.p_type == PT_LOAD && program.p_memsz != 0 &&
            (wrong = segment_add(file, &program, limit)) != NULL)
            return wrong;
        if (program.p_type == PT_DYNAMIC)
            dynamic_program = program;
        if (program.p_type == PT_TLS && program.p_memsz != 0)
            return "it has thread-local storage";
        if (program.p_type == PT_INTERP)
            return "it asks for an interpreter";
    }
    if (file->segment_count == 0)
        return "nothing to load";
    if (dynamic_program.p_type == PT_NULL)
        return "no dynamic section";
    if ((wrong = dynamic_read(file, &dynamic_program, &dynamic)) != NULL ||
        (wrong = symbols_check(file, &dynamic)) != NULL ||
        (wrong = relocations_check(file, 0, dynamic.rela, dynamic.rela_bytes)) != NULL ||
        (wrong = relocations_check(file, 1, dynamic.jump, dynamic.jump_bytes)) != NULL)
        return wrong;
    return all_symbols_check(file, &header);
}

struct elf_symbol elf_symbol(const struct elf_file *file, uint32_t index)
{
    Elf64_Sym symbol;
    struct elf_symbol out;
    const struct elf_segment *segment;
    unsigned binding, visibility;

    copy(&symbol, file->symbols.at + (uint64_t)index * sizeof symbol, sizeof symbol);
    binding = ELF64_ST_BIND(symbol.st_info);
    visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    out = (struct elf_symbol){.name = file->names + symbol.st_name,
                              .value = (uint32_t)symbol.st_value,
                              .defined = symbol.st_shndx != SHN_UNDEF,
                              .weak = binding == STB_WEAK};
    segment = segment_of(file, out.value, 1);
    out.offered = out.defined && (binding == STB_GLOBAL || binding == STB_WEAK) &&
                  visibility == STV_DEFAULT && segment != NULL && segment->right == RIGHT_EXECUTE;
    return out;
}

struct elf_relocation elf_relocation(const struct elf_file *file, unsigned table, uint32_t index)
{
    Elf64_Rela rela;

    copy(&rela, file->relocations[table].at + (uint64_t)index * sizeof rela, sizeof rela);
    return (struct elf_relocation){.kind = ELF64_R_TYPE(rela.r_info) == R_X86_64_RELATIVE ? ELF_RELATIVE
                                           : ELF64_R_TYPE(rela.r_info) == R_X86_64_64     ? ELF_ADDRESS
                                                                                          : ELF_SLOT,
                                   .offset = (uint32_t)rela.r_offset,
                                   .symbol = (uint32_t)ELF64_R_SYM(rela.r_info),
                                   .addend = (uint64_t)rela.r_addend};
}

void elf_load(const struct elf_file *file, uint8_t *image)
{
    uint32_t done = 0;

    for (unsigned i = 0; i < file->segment_count; i++) {
        const struct elf_segment *segment = &file->segments[i];

        __builtin_memset(image + done, 0, segment->address - done);
        copy(image + segment->address, file->bytes + segment->offset, segment->file_bytes);
        done = segment->address + segment->file_bytes;
    }
    __builtin_memset(image + done, 0, file->image_bytes - done);
}

void elf_load_data(const struct elf_file *file, uint8_t *image, bool keep)
{
    for (unsigned i = 0; i < file->segment_count; i++) {
        const struct elf_segment *segment = &file->segments[i];

        if (segment->right != RIGHT_WRITE || (segment->kept && keep))
            continue;
        copy(image + segment->address, file->bytes + segment->offset, segment->file_bytes);
        __builtin_memset(image + segment->address + segment->file_bytes, 0,
                         segment->bytes - segment->file_bytes);
    }
}

const char *elf_function_at(const struct elf_file *file, uint32_t address, uint32_t *into)
{
    const char *name = NULL;

    for (uint32_t i = 0; i < file->all_symbols.count; i++) {
        Elf64_Sym symbol;

        copy(&symbol, file->all_symbols.at + (uint64_t)i * sizeof symbol, sizeof symbol);
        if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
            symbol.st_name >= file->all_names_bytes || address < symbol.st_value ||
            address - symbol.st_value >= (symbol.st_size != 0 ? symbol.st_size : 1))
            continue;
        name = file->all_names + symbol.st_name;
        *into = (uint32_t)(address - symbol.st_value);
    }
    return name;
}
