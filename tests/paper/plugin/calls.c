/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A QEMU plugin that writes a line for each call of some functions of the guest: the function's number and
 * its first five arguments, as integers of 32 bits.
 *
 *     -plugin calls.so,functions=FILE,calls=FILE
 *
 * functions: lines of one address each, in hexadecimal; a function's number is its line's, from 0. Each line
 * of `calls` is complete when the function begins, so anybody may read them while the guest runs.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <qemu-plugin.h>

#define FUNCTIONS 64u
#define ARGUMENTS 5u

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static uint64_t functions[FUNCTIONS];
static unsigned function_count;
static struct qemu_plugin_register *arguments[ARGUMENTS];
static FILE *calls;

static void called(unsigned int cpu, void *number)
{
    GByteArray *bytes = g_byte_array_new();

    (void)cpu; /* the guest has one processor */
    fprintf(calls, "%u", (unsigned)(uintptr_t)number);
    for (unsigned i = 0; i < ARGUMENTS; i++) {
        uint32_t value = 0;

        g_byte_array_set_size(bytes, 0);
        qemu_plugin_read_register(arguments[i], bytes);
        memcpy(&value, bytes->data, bytes->len < sizeof value ? bytes->len : sizeof value);
        fprintf(calls, " %u", value);
    }
    fputc('\n', calls);
    fflush(calls);
    g_byte_array_free(bytes, TRUE);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);

        for (unsigned n = 0; n < function_count; n++)
            if (qemu_plugin_insn_vaddr(instruction) == functions[n])
                qemu_plugin_register_vcpu_insn_exec_cb(instruction, called, QEMU_PLUGIN_CB_R_REGS,
                                                       (void *)(uintptr_t)n);
    }
}

static void started(qemu_plugin_id_t id, unsigned int cpu)
{
    static const char *const names[ARGUMENTS] = {"rdi", "rsi", "rdx", "rcx", "r8"};
    GArray *registers = qemu_plugin_get_registers();

    (void)id, (void)cpu;
    for (guint i = 0; i < registers->len; i++) {
        qemu_plugin_reg_descriptor *it = &g_array_index(registers, qemu_plugin_reg_descriptor, i);

        for (unsigned n = 0; n < ARGUMENTS; n++)
            if (strcmp(it->name, names[n]) == 0)
                arguments[n] = it->handle;
    }
    g_array_free(registers, TRUE);
}

static int functions_read(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned long long address;

    if (file == NULL)
        return -1;
    while (function_count < FUNCTIONS && fscanf(file, "%llx", &address) == 1)
        functions[function_count++] = address;
    fclose(file);
    return 0;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv)
{
    static const char from[] = "functions=", to[] = "calls=";

    (void)info;
    if (argc != 2 || strncmp(argv[0], from, sizeof from - 1) != 0 ||
        strncmp(argv[1], to, sizeof to - 1) != 0 || functions_read(argv[0] + sizeof from - 1) != 0) {
        fprintf(stderr, "calls: functions=FILE,calls=FILE\n");
        return -1;
    }
    calls = fopen(argv[1] + sizeof to - 1, "w");
    if (calls == NULL) {
        perror("calls");
        return -1;
    }
    qemu_plugin_register_vcpu_init_cb(id, started);
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
