/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A QEMU plugin that counts the guest's instructions, for guests whose processor has no counter of its own.
 * The counts are two 64-bit numbers, in the host's byte order, at the start of a file that is mapped, so
 * anybody may read them while the guest runs: instructions, and loads and stores, which stay 0 without
 * accesses=on.
 *
 *     -plugin insncount.so,counts=PATH[,accesses=on]
 *
 * It counts a translation block's instructions when the block is entered. So a block that a fault leaves
 * early is counted whole, and a repeated string instruction counts as one.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <qemu-plugin.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static volatile struct {
    uint64_t instructions;
    uint64_t accesses;
} * total;
static bool count_accesses;

static void block_entered(unsigned int cpu, void *instructions)
{
    (void)cpu; /* the guests have one processor */
    total->instructions += (uintptr_t)instructions;
}

static void accessed(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *unused)
{
    (void)cpu, (void)info, (void)address, (void)unused;
    total->accesses++;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_entered, QEMU_PLUGIN_CB_NO_REGS,
                                         (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
    for (size_t i = 0; count_accesses && i < qemu_plugin_tb_n_insns(block); i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), accessed, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, NULL);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv)
{
    static const char key[] = "counts=";
    (void)info;
    count_accesses = argc == 2 && strcmp(argv[1], "accesses=on") == 0;
    if (argc != 1 + count_accesses || strncmp(argv[0], key, sizeof key - 1) != 0) {
        fprintf(stderr, "insncount: counts=PATH[,accesses=on]\n");
        return -1;
    }
    int fd = open(argv[0] + sizeof key - 1, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || ftruncate(fd, sizeof *total) != 0) {
        perror("insncount");
        return -1;
    }
    void *page = mmap(NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        perror("insncount");
        return -1;
    }
    total = page;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
