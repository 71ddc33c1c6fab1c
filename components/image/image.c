/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads nothing outside the file, and writes nothing outside the pages that it has taken for the image,
 * whatever the file says: each offset is checked where it is used.
 */
#include "image.h"

#include <elf.h>
#include <stddef.h>

#define PAGE 4096ul
#define IMAGE_ROOM 0x3f0000ul
#define PERM_NONE 0u
#define PERM_READ 1u
#define PERM_WRITE 2u
#define PERM_EXECUTE 3u

static bool within(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

static uint64_t whole(uint64_t bytes)
{
    return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static void copy(void *to, const void *from, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

static bool same(const char *a, const char *b)
{
    for (; *a == *b; a++, b++)
        if (*a == '\0')
            return true;
    return false;
}

/* ---- Segments ---- */

static bool program_read(const struct image *image, unsigned i, Elf64_Phdr *out)
{
    Elf64_Ehdr header;

    copy(&header, image->file, sizeof header);
    if (i >= header.e_phnum)
        return false;
    copy(out, image->file + header.e_phoff + i * sizeof *out, sizeof *out);
    return true;
}

/* The file is at fault, and how. */
static long wrong(struct image *image, const char *sentence)
{
    image->wrong = sentence;
    return SHOJI_EINVAL;
}

static long header_check(struct image *image)
{
    Elf64_Ehdr header;

    if (image->size < sizeof header)
        return wrong(image, "It is shorter than an ELF header.");
    copy(&header, image->file, sizeof header);
    if (header.e_ident[0] != ELFMAG0 || header.e_ident[1] != ELFMAG1 || header.e_ident[2] != ELFMAG2 ||
        header.e_ident[3] != ELFMAG3)
        return wrong(image, "It is no ELF file.");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
        return wrong(image, "It is an ELF file for another machine: expected 64-bit x86.");
    if (header.e_type != ET_DYN)
        return wrong(image, "It is not a shared object (ET_DYN), as components/component.mk links one.");
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > 32 ||
        !within(header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr), image->size))
        return wrong(image, "Its program headers lie outside the file, or are more than 32.");
    return SHOJI_OK;
}

/* Segments in order, each on pages of its own, none to be written and executed: how much they take. */
static long segments_check(struct image *image)
{
    Elf64_Phdr program;

    for (unsigned i = 0; program_read(image, i, &program); i++) {
        if (program.p_type != PT_LOAD || (program.p_memsz == 0 && program.p_filesz == 0))
            continue;
        if (program.p_vaddr % PAGE != 0 || program.p_vaddr < image->bytes)
            return wrong(image, "Its segments overlap, or do not begin on pages of their own.");
        if (program.p_filesz > program.p_memsz || !within(program.p_offset, program.p_filesz, image->size))
            return wrong(image, "A segment lies outside the file, which may be cut short.");
        if ((program.p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
            return wrong(image, "A segment may be written and executed: nobody may do both.");
        if (!within(program.p_vaddr, program.p_memsz, IMAGE_ROOM)) {
            image->wrong = "Its segments take more room than the 4032K of a slot.";
            return SHOJI_ETOOBIG;
        }
        image->bytes = whole(program.p_vaddr + program.p_memsz);
    }
    return image->bytes != 0 ? SHOJI_OK : wrong(image, "It has no segment to load.");
}

/* What lies at these addresses of the image, as it is in the file; NULL: not all of it does. */
static const uint8_t *loaded_at(const struct image *image, uint64_t address, uint64_t bytes)
{
    Elf64_Phdr program;

    for (unsigned i = 0; program_read(image, i, &program); i++)
        if (program.p_type == PT_LOAD && address >= program.p_vaddr &&
            within(address - program.p_vaddr, bytes, program.p_filesz))
            return image->file + program.p_offset + (address - program.p_vaddr);
    return NULL;
}

/* ---- The dynamic section ---- */

static uint64_t dynamic_value(const struct image *image, int64_t tag)
{
    Elf64_Phdr program;

    for (unsigned i = 0; program_read(image, i, &program); i++) {
        const uint8_t *at;

        if (program.p_type != PT_DYNAMIC)
            continue;
        at = loaded_at(image, program.p_vaddr, program.p_filesz);
        for (uint64_t n = 0; at != NULL && n < program.p_filesz / sizeof(Elf64_Dyn); n++) {
            Elf64_Dyn entry;

            copy(&entry, at + n * sizeof entry, sizeof entry);
            if (entry.d_tag == tag)
                return entry.d_un.d_val;
            if (entry.d_tag == DT_NULL)
                break;
        }
    }
    return 0;
}

static long symbols_find(struct image *image)
{
    const uint8_t *hash = loaded_at(image, dynamic_value(image, DT_HASH), 8);
    uint32_t count;

    if (hash == NULL)
        return wrong(image, "It has no table of symbols for a loader (DT_HASH), or is cut short.");
    copy(&count, hash + 4, sizeof count);
    image->symbol_count = count;
    image->names_bytes = dynamic_value(image, DT_STRSZ);
    image->symbols =
        loaded_at(image, dynamic_value(image, DT_SYMTAB), image->symbol_count * sizeof(Elf64_Sym));
    image->names = loaded_at(image, dynamic_value(image, DT_STRTAB), image->names_bytes);
    return image->symbols != NULL && image->names != NULL && image->names_bytes != 0 &&
                   image->names[image->names_bytes - 1] == '\0'
               ? SHOJI_OK
               : wrong(image, "Its table of symbols lies outside its segments.");
}

static bool symbol_read(const struct image *image, uint64_t index, Elf64_Sym *out, const char **name)
{
    if (index >= image->symbol_count)
        return false;
    copy(out, image->symbols + index * sizeof *out, sizeof *out);
    *name = (const char *)image->names + out->st_name;
    return out->st_name < image->names_bytes;
}

uint64_t image_function(const struct image *image, const char *name)
{
    Elf64_Sym symbol;
    const char *its;

    for (uint64_t i = 0; i < image->symbol_count; i++)
        if (symbol_read(image, i, &symbol, &its) && symbol.st_shndx != SHN_UNDEF &&
            symbol.st_value < image->bytes && same(its, name))
            return image->base + symbol.st_value;
    return 0;
}

/* ---- Relocations ---- */

struct linking {
    image_resolve *resolve;
    void *context;
    bool data_only; /* the other segments are as they were */
};

/* Does the word lie in a segment that is written again? */
static bool is_concerned(const struct image *image, const struct linking *linking, uint64_t address)
{
    Elf64_Phdr program;

    for (unsigned i = 0; linking->data_only && program_read(image, i, &program); i++)
        if (program.p_type == PT_LOAD && (program.p_flags & PF_W) != 0 && address >= program.p_vaddr &&
            address - program.p_vaddr < whole(program.p_memsz))
            return true;
    return !linking->data_only;
}

static long relocate(struct image *image, const Elf64_Rela *rela, const struct linking *linking)
{
    uint64_t value = image->base, kind = ELF64_R_TYPE(rela->r_info);
    Elf64_Sym symbol;
    const char *name;

    if (!within(rela->r_offset, sizeof value, image->bytes))
        return wrong(image, "A relocation lies outside its segments.");
    if (!is_concerned(image, linking, rela->r_offset))
        return SHOJI_OK;
    if (kind != R_X86_64_RELATIVE) {
        if (!symbol_read(image, ELF64_R_SYM(rela->r_info), &symbol, &name))
            return wrong(image, "A relocation is about a symbol that is not there.");
        value = symbol.st_shndx != SHN_UNDEF ? image->base + symbol.st_value
                                             : linking->resolve(linking->context, name);
        if (value == 0 && ELF64_ST_BIND(symbol.st_info) != STB_WEAK)
            return SHOJI_ENOENT;
    }
    if (kind == R_X86_64_RELATIVE || kind == R_X86_64_64)
        value += (uint64_t)rela->r_addend;
    else if (kind != R_X86_64_GLOB_DAT && kind != R_X86_64_JUMP_SLOT)
        return wrong(image, "A relocation is of a kind that no component has.");
    copy((void *)(image->base + rela->r_offset), &value, sizeof value);
    return SHOJI_OK;
}

static long relocate_table(struct image *image, uint64_t address, uint64_t bytes,
                           const struct linking *linking)
{
    const uint8_t *at = loaded_at(image, address, bytes);

    if (bytes != 0 && at == NULL)
        return wrong(image, "Its relocations lie outside its segments.");
    for (uint64_t i = 0; i < bytes / sizeof(Elf64_Rela); i++) {
        Elf64_Rela rela;
        long status;

        copy(&rela, at + i * sizeof rela, sizeof rela);
        status = relocate(image, &rela, linking);
        if (status != SHOJI_OK)
            return status;
    }
    return SHOJI_OK;
}

static long relocate_all(struct image *image, const struct linking *linking)
{
    long status =
        relocate_table(image, dynamic_value(image, DT_RELA), dynamic_value(image, DT_RELASZ), linking);

    if (status == SHOJI_OK)
        status = relocate_table(image, dynamic_value(image, DT_JMPREL), dynamic_value(image, DT_PLTRELSZ),
                                linking);
    return status;
}

/* ---- Rights ---- */

static long segment_give(const struct image *image, const Elf64_Phdr *program, component_t self,
                         component_t pd, bool keep)
{
    uint64_t from = image->base + program->p_vaddr, bytes = whole(program->p_memsz);
    uint32_t perm = (program->p_flags & PF_X) != 0   ? PERM_EXECUTE
                    : (program->p_flags & PF_W) != 0 ? PERM_WRITE
                                                     : PERM_READ;
    long status = mmp_set_perm(from, bytes, perm, pd);

    if (status != SHOJI_OK || perm == PERM_EXECUTE)
        return status;
    status = mmp_set_perm(from, bytes, perm == PERM_WRITE ? PERM_NONE : PERM_READ, self);
    if (perm == PERM_READ)
        return status;
    return status != SHOJI_OK || keep ? status : mmp_mem_chown(from, bytes, pd);
}

long image_load(struct image *out, const void *file, uint64_t size, component_t self, component_t pd,
                bool keep, image_resolve *resolve, void *context)
{
    const struct linking linking = {.resolve = resolve, .context = context};
    Elf64_Phdr program;
    long status;

    *out = (struct image){.file = file, .size = size};
    status = header_check(out);
    if (status == SHOJI_OK)
        status = segments_check(out);
    if (status == SHOJI_OK)
        status = symbols_find(out);
    if (status == SHOJI_OK)
        status = mmp_pd_slot(pd);
    if (status < 0)
        return status;
    out->base = (uint64_t)status;
    status = mmp_alloc_at(self, out->base, out->bytes);
    if (status < 0)
        return status;
    for (unsigned i = 0; program_read(out, i, &program); i++)
        if (program.p_type == PT_LOAD)
            copy((void *)(out->base + program.p_vaddr), out->file + program.p_offset, program.p_filesz);
    status = relocate_all(out, &linking);
    for (unsigned i = 0; status == SHOJI_OK && program_read(out, i, &program); i++)
        if (program.p_type == PT_LOAD && program.p_memsz != 0)
            status = segment_give(out, &program, self, pd, keep);
    return status;
}

/* One that is to be written: open to us, or closed again. The domain keeps its own right. */
static long segments_open(const struct image *image, component_t self, uint32_t perm)
{
    Elf64_Phdr program;
    long status = SHOJI_OK;

    for (unsigned i = 0; status == SHOJI_OK && program_read(image, i, &program); i++)
        if (program.p_type == PT_LOAD && program.p_memsz != 0 && (program.p_flags & PF_W) != 0)
            status = mmp_set_perm(image->base + program.p_vaddr, whole(program.p_memsz), perm, self);
    return status;
}

long image_reset(const struct image *image, component_t self, image_resolve *resolve, void *context)
{
    const struct linking linking = {.resolve = resolve, .context = context, .data_only = true};
    struct image again = *image;
    Elf64_Phdr program;
    long status = segments_open(image, self, PERM_WRITE);

    if (status != SHOJI_OK)
        return status;
    for (unsigned i = 0; program_read(image, i, &program); i++) {
        uint8_t *to = (uint8_t *)(image->base + program.p_vaddr);

        if (program.p_type != PT_LOAD || (program.p_flags & PF_W) == 0)
            continue;
        copy(to, image->file + program.p_offset, program.p_filesz);
        for (uint64_t n = program.p_filesz; n < whole(program.p_memsz); n++)
            ((volatile uint8_t *)to)[n] = 0;
    }
    status = relocate_all(&again, &linking);
    return status != SHOJI_OK ? status : segments_open(image, self, PERM_NONE);
}
