/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A QEMU plugin that records which words each component loads, stores and executes: for `make audit`.
 *
 *     -plugin touched.so,base=ADDRESS,slots=COUNT,to=FILE
 *
 * Who accesses is told by where its code lies: slot (address - base) / 4 MiB. The file is written when the
 * emulator ends: a line `SLOT PAGE LOADED STORED FETCHED` for each page of 4 KiB that the slot's code
 * touched, each a string of 256 hexadecimal digits, the lowest word in the lowest bit of the last digit. A
 * word counts as executed when a block with it is translated, so those behind a jump within a block count
 * too.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qemu-plugin.h>

#define SLOT_SHIFT 22
#define PAGE_SHIFT 12
#define PAGES (1u << (32 - PAGE_SHIFT))
#define WORDS 1024u
#define SLOTS_MAX 64u
enum { LOADED, STORED, FETCHED, KINDS };

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct page {
    uint64_t touched[KINDS][WORDS / 64];
};
static struct page **pages[SLOTS_MAX]; /* by slot and page number; what is not touched takes no memory */
static uint64_t base;
static unsigned slots;
static const char *path;

static void touch(unsigned slot, unsigned kind, uint64_t address, uint64_t bytes)
{
    for (uint64_t word = address / 4; word <= (address + bytes - 1) / 4; word++) {
        struct page **page = &pages[slot][word / WORDS % PAGES];

        if (word / WORDS >= PAGES)
            return;
        if (*page == NULL && (*page = calloc(1, sizeof **page)) == NULL)
            abort();
        (*page)->touched[kind][word % WORDS / 64] |= 1ull << word % 64;
    }
}

static void accessed(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *slot)
{
    (void)cpu; /* the guest has one processor */
    touch((unsigned)(uintptr_t)slot, qemu_plugin_mem_is_store(info) ? STORED : LOADED, address,
          1u << qemu_plugin_mem_size_shift(info));
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn), slot = (address - base) >> SLOT_SHIFT;

        if (address < base || slot >= slots)
            continue;
        touch((unsigned)slot, FETCHED, address, qemu_plugin_insn_size(insn));
        qemu_plugin_register_vcpu_mem_cb(insn, accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                         (void *)(uintptr_t)slot);
    }
}

static void write_all(qemu_plugin_id_t id, void *nothing)
{
    FILE *file = fopen(path, "w");

    (void)id, (void)nothing;
    if (file == NULL) {
        perror(path);
        return;
    }
    for (unsigned slot = 0; slot < slots; slot++)
        for (uint32_t number = 0; number < PAGES; number++) {
            const struct page *page = pages[slot][number];

            if (page == NULL)
                continue;
            fprintf(file, "%u %x", slot, number);
            for (unsigned kind = 0; kind < KINDS; kind++) {
                fputc(' ', file);
                for (unsigned i = WORDS / 64; i-- > 0;)
                    fprintf(file, "%016llx", (unsigned long long)page->touched[kind][i]);
            }
            fputc('\n', file);
        }
    if (fclose(file) != 0)
        perror(path);
}

static const char *argument(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);

    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0)
            return argv[i] + length;
    return NULL;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv)
{
    const char *from = argument(argc, argv, "base="), *count = argument(argc, argv, "slots=");

    (void)info;
    path = argument(argc, argv, "to=");
    if (from == NULL || count == NULL || path == NULL) {
        fprintf(stderr, "touched: base=ADDRESS,slots=COUNT,to=FILE\n");
        return -1;
    }
    base = strtoull(from, NULL, 0);
    slots = (unsigned)strtoul(count, NULL, 0);
    if (slots == 0 || slots > SLOTS_MAX) {
        fprintf(stderr, "touched: slots=1 to %u\n", SLOTS_MAX);
        return -1;
    }
    for (unsigned i = 0; i < slots; i++)
        if ((pages[i] = calloc(PAGES, sizeof *pages[i])) == NULL)
            return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, write_all, NULL);
    return 0;
}
