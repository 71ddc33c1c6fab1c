/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads nothing outside the file, and writes nothing outside the pages that it has taken for the image,
 * whatever the file says: each offset is checked where it is used.
 */
#include "image.h"

#include <elf.h>
#include <stddef.h>

#define PAGE 4096ul
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

static bool header_check(const struct image *image)
{
    Elf64_Ehdr header;

    if (image->size < sizeof header)
        return false;
    copy(&header, image->file, sizeof header);
    return header.e_ident[0] == ELFMAG0 && header.e_ident[1] == ELFMAG1 && header.e_ident[2] == ELFMAG2 &&
           header.e_ident[3] == ELFMAG3 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_machine == EM_X86_64 && header.e_type == ET_DYN &&
           header.e_phentsize == sizeof(Elf64_Phdr) && header.e_phnum <= 32 &&
           within(header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr), image->size);
}

/* Segments in order, each on pages of its own, none to be written and executed: how much they take. */
static long segments_check(struct image *image)
{
    Elf64_Phdr program;

    for (unsigned i = 0; program_read(image, i, &program); i++) {
        if (program.p_type != PT_LOAD || program.p_memsz == 0)
            continue;
        if (program.p_vaddr % PAGE != 0 || program.p_vaddr < image->bytes ||
            program.p_filesz > program.p_memsz || !within(program.p_offset, program.p_filesz, image->size) ||
            (program.p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
            return SHOJI_EINVAL;
        if (!within(program.p_vaddr, program.p_memsz, 0x3f0000))
            return SHOJI_ETOOBIG;
        image->bytes = whole(program.p_vaddr + program.p_memsz);
    }
    return image->bytes != 0 ? SHOJI_OK : SHOJI_EINVAL;
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
        return SHOJI_EINVAL;
    copy(&count, hash + 4, sizeof count);
    image->symbol_count = count;
    image->names_bytes = dynamic_value(image, DT_STRSZ);
    image->symbols =
        loaded_at(image, dynamic_value(image, DT_SYMTAB), image->symbol_count * sizeof(Elf64_Sym));
    image->names = loaded_at(image, dynamic_value(image, DT_STRTAB), image->names_bytes);
    return image->symbols != NULL && image->names != NULL && image->names_bytes != 0 &&
                   image->names[image->names_bytes - 1] == '\0'
               ? SHOJI_OK
               : SHOJI_EINVAL;
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

static long relocate(const struct image *image, const Elf64_Rela *rela, image_resolve *resolve, void *context)
{
    uint64_t value = image->base, kind = ELF64_R_TYPE(rela->r_info);
    Elf64_Sym symbol;
    const char *name;

    if (!within(rela->r_offset, sizeof value, image->bytes))
        return SHOJI_EINVAL;
    if (kind != R_X86_64_RELATIVE) {
        if (!symbol_read(image, ELF64_R_SYM(rela->r_info), &symbol, &name))
            return SHOJI_EINVAL;
        value = symbol.st_shndx != SHN_UNDEF ? image->base + symbol.st_value : resolve(context, name);
        if (value == 0 && ELF64_ST_BIND(symbol.st_info) != STB_WEAK)
            return SHOJI_ENOENT;
    }
    if (kind == R_X86_64_RELATIVE || kind == R_X86_64_64)
        value += (uint64_t)rela->r_addend;
    else if (kind != R_X86_64_GLOB_DAT && kind != R_X86_64_JUMP_SLOT)
        return SHOJI_EINVAL;
    copy((void *)(image->base + rela->r_offset), &value, sizeof value);
    return SHOJI_OK;
}

static long relocate_all(const struct image *image, uint64_t address, uint64_t bytes, image_resolve *resolve,
                         void *context)
{
    const uint8_t *at = loaded_at(image, address, bytes);

    if (bytes != 0 && at == NULL)
        return SHOJI_EINVAL;
    for (uint64_t i = 0; i < bytes / sizeof(Elf64_Rela); i++) {
        Elf64_Rela rela;
        long status;

        copy(&rela, at + i * sizeof rela, sizeof rela);
        status = relocate(image, &rela, resolve, context);
        if (status != SHOJI_OK)
            return status;
    }
    return SHOJI_OK;
}

/* ---- Rights ---- */

static long segment_give(const struct image *image, const Elf64_Phdr *program, component_t self,
                         component_t pd)
{
    uint64_t from = image->base + program->p_vaddr, bytes = whole(program->p_memsz);
    uint32_t perm = (program->p_flags & PF_X) != 0   ? PERM_EXECUTE
                    : (program->p_flags & PF_W) != 0 ? PERM_WRITE
                                                     : PERM_READ;
    long status = mmp_set_perm(from, bytes, perm, pd);

    if (status != SHOJI_OK || perm != PERM_WRITE)
        return status;
    status = mmp_set_perm(from, bytes, PERM_NONE, self);
    return status != SHOJI_OK ? status : mmp_mem_chown(from, bytes, pd);
}

long image_load(struct image *out, const void *file, uint64_t size, component_t self, component_t pd,
                image_resolve *resolve, void *context)
{
    Elf64_Phdr program;
    long status;

    *out = (struct image){.file = file, .size = size};
    if (!header_check(out))
        return SHOJI_EINVAL;
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
    status = relocate_all(out, dynamic_value(out, DT_RELA), dynamic_value(out, DT_RELASZ), resolve, context);
    if (status == SHOJI_OK)
        status = relocate_all(out, dynamic_value(out, DT_JMPREL), dynamic_value(out, DT_PLTRELSZ), resolve,
                              context);
    for (unsigned i = 0; status == SHOJI_OK && program_read(out, i, &program); i++)
        if (program.p_type == PT_LOAD && program.p_memsz != 0)
            status = segment_give(out, &program, self, pd);
    return status;
}
