/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A QEMU plugin that counts the guest's instructions, and its loads and stores, by where the code lies.
 *
 *     -plugin classes.so,ranges=FILE,counts=FILE
 *
 * ranges: lines `FIRST END CLASS`, the addresses in hexadecimal, ascending; what lies in none is class 0. counts:
 * two 64-bit numbers for each class, instructions and accesses, in the host's byte order, in a file that is
 * mapped: anybody may read them while the guest runs. A block is counted when it is entered, as its first
 * instruction is classed; a repeated string instruction counts once, its accesses one by one.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <qemu-plugin.h>

#define CLASSES 16u
#define RANGES 4096u

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static volatile struct counts {
    uint64_t instructions, accesses;
} * total;
static struct {
    uint64_t first, end;
    unsigned class;
} ranges[RANGES];
static unsigned range_count;

static unsigned class_of(uint64_t address)
{
    for (unsigned i = 0; i < range_count; i++)
        if (address >= ranges[i].first && address < ranges[i].end)
            return ranges[i].class;
    return 0;
}

static void block_entered(unsigned int cpu, void *what)
{
    uintptr_t packed = (uintptr_t)what;

    (void)cpu; /* the guest has one processor */
    total[packed % CLASSES].instructions += packed / CLASSES;
}

static void accessed(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *class)
{
    (void)cpu, (void)info, (void)address;
    total[(uintptr_t)class].accesses++;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    size_t count = qemu_plugin_tb_n_insns(block);
    uintptr_t class = class_of(qemu_plugin_tb_vaddr(block));

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_entered, QEMU_PLUGIN_CB_NO_REGS,
                                         (void *)(count * CLASSES + class));
    for (size_t i = 0; i < count; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), accessed, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, (void *)class);
}

static int ranges_read(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned long long first, end;
    unsigned class;

    if (file == NULL)
        return -1;
    while (range_count < RANGES && fscanf(file, "%llx %llx %u", &first, &end, &class) == 3 && class < CLASSES) {
        ranges[range_count].first = first;
        ranges[range_count].end = end;
        ranges[range_count++].class = class;
    }
    fclose(file);
    return 0;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    static const char from[] = "ranges=", to[] = "counts=";
    const size_t bytes = CLASSES * sizeof *total;
    int fd;
    void *page;

    (void)info;
    if (argc != 2 || strncmp(argv[0], from, sizeof from - 1) != 0 || strncmp(argv[1], to, sizeof to - 1) != 0 ||
        ranges_read(argv[0] + sizeof from - 1) != 0) {
        fprintf(stderr, "classes: ranges=FILE,counts=FILE\n");
        return -1;
    }
    fd = open(argv[1] + sizeof to - 1, O_RDWR | O_CREAT | O_TRUNC, 0644);
    page = fd < 0 || ftruncate(fd, (off_t)bytes) != 0
               ? MAP_FAILED
               : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        perror("classes");
        return -1;
    }
    total = page;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
