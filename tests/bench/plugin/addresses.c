/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A QEMU plugin that counts how often each of the guest's instructions is executed, by its address.
 *
 *     -plugin addresses.so,counts=PATH
 *
 * PATH is a file of records that is mapped, so anybody may read it while the guest runs or is stopped: pairs
 * of 64-bit numbers in the host's byte order. The first pair is how many records follow, and how often an
 * instruction was executed for which there was no room; each record is an address and a count, in no order.
 *
 * 1. A record once made keeps its place and address; its count only grows.
 * 2. An instruction that faults counts, as often as it is begun; a repeated string instruction counts once.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>
#include <qemu-plugin.h>

#define RECORDS (1u << 20)

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct record {
    uint64_t address, count;
} * records; /* [0]: how many; no room */
static GHashTable *places;

static void executed(unsigned int cpu, void *record)
{
    (void)cpu; /* the guest has one processor */
    ((struct record *)record)->count++;
}

static struct record *record_of(uint64_t address)
{
    gpointer key = (gpointer)(uintptr_t)address, place = g_hash_table_lookup(places, key);

    if (place != NULL)
        return place;
    if (records->address == RECORDS - 1)
        return records;
    place = &records[records->address + 1];
    ((struct record *)place)->address = address;
    records->address++;
    g_hash_table_insert(places, key, place);
    return place;
}

/* The translator's lock is held: no two blocks at once. */
static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);

        qemu_plugin_register_vcpu_insn_exec_cb(instruction, executed, QEMU_PLUGIN_CB_NO_REGS,
                                               record_of(qemu_plugin_insn_vaddr(instruction)));
    }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv)
{
    static const char key[] = "counts=";
    const size_t bytes = RECORDS * sizeof *records;
    int fd;

    (void)info;
    if (argc != 1 || strncmp(argv[0], key, sizeof key - 1) != 0) {
        fprintf(stderr, "addresses: counts=PATH\n");
        return -1;
    }
    fd = open(argv[0] + sizeof key - 1, O_RDWR | O_CREAT | O_TRUNC, 0644);
    records = fd < 0 || ftruncate(fd, (off_t)bytes) != 0
                  ? MAP_FAILED
                  : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (records == MAP_FAILED) {
        perror("addresses");
        return -1;
    }
    places = g_hash_table_new(NULL, NULL);
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
