/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What store_decode says an instruction stores to, against what it does: each one is executed here, in memory
 * whose every byte is known, and the bytes that changed are the ones that were told. Of what is no plain
 * store nothing is told.
 */
// links: kernel/cpu/store.c tests/host/seeded.c
// includes: kernel tests/host
// flags: -no-pie -fno-pie
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/store.h"
#include "seeded.h"

#define MEMORY 8192
uint8_t store_memory[MEMORY] __attribute__((aligned(64)));
static const uint8_t source[512] = {1};

/* Registers: rdi, rbx, rbp, r8, r12, r13 point into the memory; rdx, r14 are small; rcx counts; rsi has what
 * movs reads. */
#define INSTRUCTIONS(X)                                                                                      \
    X("movb %al, (%rdi)")                                                                                    \
    X("movb %al, 5(%rbx)") X("movb %r9b, -3(%r13)") X("movb $7, 300(%rbp)") X("movw %ax, (%r12)")            \
        X("movw $0x1122, 2(%r12)") X("movl %eax, (%r13)") X("movl $0x11223344, (%rdi,%rdx)")                 \
            X("movl %r9d, 1(%rdi,%rdx,4)") X("movl $0x11223344, store_memory+77(%rip)") X(                   \
                "movw $0x1122, store_memory+79(%rip)") X("movb $0x11, store_memory+80(%rip)")                \
                X("movq %rax, (%rbp)") X("movq $0x11223344, 8(%r8,%r14,8)") X(                               \
                    "movq %rax, store_memory+100(%rip)") X("movq %rax, store_memory")                        \
                    X("movq %r9, store_memory(,%rdx,8)") X("movq %r9, 1000(%r13,%r14,2)") X(                 \
                        "movnti %eax, (%rdi)") X("movnti %rax, 4(%rdi)") X("sete 9(%rdi)") X("setne (%r13)") \
                        X("movups %xmm0, 1(%rdi)") X("movaps %xmm0, (%rdi)") X("movupd %xmm0, 3(%rbx)")      \
                            X("movapd %xmm0, (%rdi)") X("movss %xmm0, (%r8)") X("movsd %xmm0, (%r8)")        \
                                X("movlps %xmm0, (%r8)") X("movhps %xmm0, (%r8)") X("movlpd %xmm0, (%r8)")   \
                                    X("movhpd %xmm0, 8(%r8)") X("movntps %xmm0, (%rdi)")                     \
                                        X("movntpd %xmm0, (%rdi)") X("movntdq %xmm0, (%rdi)")                \
                                            X("movdqa %xmm0, (%rdi)") X("movdqu %xmm0, 7(%rbp)")             \
                                                X("movd %xmm0, (%rbx)") X("movq %xmm0, (%rbx)") X(           \
                                                    ".byte 0x66, 0x48, 0x0f, 0x7e, 0x03")                    \
                                                    X("movq %mm0, (%rbx)") X("stosb") X("stosw") X("stosl")  \
                                                        X("stosq") X("movsb") X("movsw") X("movsl")          \
                                                            X("movsq") X("rep stosb") X("rep stosw")         \
                                                                X("rep stosl") X("rep stosq") X("rep movsb") \
                                                                    X("rep movsq")                           \
                                                                        X(".byte 0xf3, 0x66, 0x41, 0xab")    \
                                                                            X(".byte 0x3e, 0x89, 0x07")

/* They load first, or store elsewhere, or what they store to is not read from them. */
#define OTHERS(X)                                                                                            \
    X("addl %eax, (%rdi)")                                                                                   \
    X("orb $1, (%rdi)") X("incl (%rdi)") X("notl (%rdi)") X("lock incl (%rdi)") X("xchgl %eax, (%rdi)")      \
        X("xaddl %eax, (%rdi)") X("cmpxchgl %ecx, (%rdi)") X("btsl %eax, (%rdi)") X("shll %cl, (%rdi)")      \
            X("movl %eax, %fs:(%rdi)") X("movl %eax, (%edi)") X("movl %eax, %ecx") X("movl (%rdi), %eax")    \
                X("movups (%rdi), %xmm0") X("movq (%rdi), %xmm0") X("pushq %rax") X("nop") X("fstl (%rdi)")  \
                    X("fxsave (%rdi)") X("cmpxchg8b (%rdi)") X("movl $1, %eax") X("lodsb") X("ret")

#define ASSEMBLE(text)                                                                                       \
    "\t.quad 1f\n\t.pushsection .text\n1:\t" text "\n\tret\n\t.fill 16, 1, 0x90\n\t.popsection\n"
#define NAME(text) text,
__asm__(
    ".data\n.balign 8\nstore_codes:\n" INSTRUCTIONS(ASSEMBLE) "store_others:\n" OTHERS(ASSEMBLE) "\n.text");
extern const uint8_t *const store_codes[], *const store_others[];
static const char *const names[] = {INSTRUCTIONS(NAME)};
static const char *const other_names[] = {OTHERS(NAME)};

/* Executes the code with these registers. */
static void execute(const uint8_t *code, const struct registers *r)
{
    uint64_t values[11] = {r->rdi, r->rbx, r->rbp, r->r8,  r->r12, r->r13,
                           r->rdx, r->r14, r->rcx, r->rsi, r->rax};

    __asm__ volatile(
        "push %%rbp\n\tpush %%rbx\n\tmov %1, %%r11\n\tmov %0, %%r10\n\t"
        "movq $0x7766554433221100, %%r9\n\tmovq %%r9, %%xmm0\n\tmovlhps %%xmm0, %%xmm0\n\tmovq %%r9, "
        "%%mm0\n\t"
        "mov (%%r10), %%rdi\n\tmov 8(%%r10), %%rbx\n\tmov 16(%%r10), %%rbp\n\tmov 24(%%r10), %%r8\n\t"
        "mov 32(%%r10), %%r12\n\tmov 40(%%r10), %%r13\n\tmov 48(%%r10), %%rdx\n\tmov 56(%%r10), %%r14\n\t"
        "mov 64(%%r10), %%rcx\n\tmov 72(%%r10), %%rsi\n\tmov 80(%%r10), %%rax\n\t"
        "test %%rsp, %%rsp\n\tcld\n\tcall *%%r11\n\temms\n\tpop %%rbx\n\tpop %%rbp"
        :
        : "r"(values), "r"(code)
        : "memory", "cc", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
          "xmm0", "mm0");
}

static struct registers random_registers(const uint8_t *code)
{
    uint64_t base = (uintptr_t)store_memory;

    return (struct registers){.rip = (uintptr_t)code,
                              .rdi = base + 64 * random_from(2, 20),
                              .rbx = base + random_from(1000, 4000),
                              .rbp = base + random_from(1000, 4000),
                              .r8 = base + random_from(1000, 4000),
                              .r12 = base + random_from(1000, 4000),
                              .r13 = base + random_from(1000, 4000),
                              .rdx = random_below(100),
                              .r14 = random_below(100),
                              .rcx = random_from(1, 40),
                              .rsi = (uintptr_t)source,
                              .rax = 0x8899aabbccddeeffull,
                              .r9 = 0x7766554433221100ull};
}

static void test_stores(void **state)
{
    (void)state;
    random_start("stores");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        for (unsigned round = 0; round < 50; round++) {
            struct registers registers = random_registers(store_codes[i]);
            uint64_t from = 0, bytes = 0;

            if (!store_decode(&registers, store_codes[i], &from, &bytes))
                fail_msg("%s: not known", names[i]);
            memset(store_memory, 0xa5, MEMORY);
            execute(store_codes[i], &registers);
            for (unsigned at = 0; at < MEMORY; at++) {
                uint64_t address = (uintptr_t)store_memory + at;

                if ((store_memory[at] != 0xa5) != (address >= from && address - from < bytes))
                    fail_msg("%s: byte %u has%s changed; told were %u from %u on", names[i], at,
                             store_memory[at] != 0xa5 ? "" : " not", (unsigned)bytes,
                             (unsigned)(from - (uintptr_t)store_memory));
            }
        }
}

static void test_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof other_names / sizeof *other_names; i++) {
        struct registers registers = random_registers(store_others[i]);
        uint64_t from, bytes;

        if (store_decode(&registers, store_others[i], &from, &bytes))
            fail_msg("%s: taken for a store", other_names[i]);
    }
}

/* Downwards only the next one is told, and of nothing to do nothing. Any bytes are looked at without harm. */
static void test_edges(void **state)
{
    static const uint8_t repeat[STORE_CODE_BYTES] = {0xf3, 0x48, 0xab};
    struct registers registers = random_registers(repeat);
    uint64_t from, bytes;

    (void)state;
    random_start("edges");
    registers.rflags = 0x400;
    assert_true(store_decode(&registers, repeat, &from, &bytes));
    assert_true(from == registers.rdi && bytes == 8);
    registers.rflags = 0;
    registers.rcx = 0;
    assert_true(store_decode(&registers, repeat, &from, &bytes) && bytes == 0);
    registers.rcx = UINT64_MAX;
    assert_true(store_decode(&registers, repeat, &from, &bytes) && bytes == 8);
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t code[STORE_CODE_BYTES];
        static const uint8_t prefixes[] = {0x66, 0xf2, 0xf3, 0x2e, 0x3e, 0x48, 0x41, 0x0f};

        for (unsigned k = 0; k < sizeof code; k++)
            code[k] = random_one_in(2) ? prefixes[random_below(sizeof prefixes)] : (uint8_t)random_bits();
        (void)store_decode(&registers, code, &from, &bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
