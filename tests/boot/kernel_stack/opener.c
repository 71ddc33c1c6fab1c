/* SPDX-License-Identifier: BSD-2-Clause
 * Passes words of its stack by their address, and tries to have them open longer than it may. Results are the
 * number of the first thing that was not as expected, and 0. */
#include "stack.h"

#define EXPECT(number, condition)                                                                            \
    if (!(condition))                                                                                        \
    return number

SHOJI_EXPORT long opener_pass(uint64_t *where)
{
    volatile uint32_t words[16] = {5, 6};

    *where = (uint64_t)words;
    EXPECT(1, callee_load(*where) == SHOJI_EFAULT);
    EXPECT(2, mmp_supr_set_perm(*where, 64, WRITE, 0, CALLEE) == SHOJI_OK);
    EXPECT(3, callee_load(*where) == 5 && callee_store(*where) == SHOJI_OK && words[0] == 7);
    words[1] = 9;
    EXPECT(4, callee_load(*where + 4) == 9 && callee_store(*where + 60) == SHOJI_OK && words[15] == 7);
    EXPECT(5, callee_load(*where + 64) == SHOJI_EFAULT && callee_load(*where - 4) == SHOJI_EFAULT);
    EXPECT(6, other_load(*where) == SHOJI_EFAULT);
    EXPECT(7, mmp_supr_set_perm(*where + 8, 4, READ, 0, OTHER) == SHOJI_OK && other_load(*where + 8) == 0);
    EXPECT(8, other_load(*where) == SHOJI_EFAULT && callee_load(*where) == 7);
    return 0; /* its return closes them */
}

SHOJI_EXPORT long opener_closed(uint64_t address)
{
    EXPECT(1, address > (uint64_t)__builtin_frame_address(0) - 0x1000); /* above all that it calls */
    EXPECT(2, callee_load(address) == SHOJI_EFAULT);
    EXPECT(3, other_load(address) == SHOJI_EFAULT);
    return 0;
}

SHOJI_EXPORT long opener_nest(uint64_t *where)
{
    volatile uint32_t words[4] = {5};

    *where = (uint64_t)words;
    EXPECT(1, mmp_supr_set_perm(*where, 16, READ, 0, CALLEE) == SHOJI_OK);
    EXPECT(2, callee_load(*where) == 5 && callee_store(*where) == SHOJI_EFAULT && words[0] == 5);
    EXPECT(3, callee_other(*where) == SHOJI_EFAULT);
    return 0;
}

SHOJI_EXPORT long opener_take(uint64_t *where)
{
    volatile uint32_t words[4] = {5};

    *where = (uint64_t)words;
    for (int i = 0; i < 100; i++) {
        EXPECT(1, mmp_supr_set_perm(*where, 16, READ, 0, CALLEE) == SHOJI_OK && callee_load(*where) == 5);
        EXPECT(2, mmp_supr_set_perm(*where, 16, NONE, 0, CALLEE) == SHOJI_OK);
        EXPECT(3, callee_load(*where) == SHOJI_EFAULT);
    }
    EXPECT(4, mmp_supr_set_perm(*where, 16, NONE, 0, OTHER) == SHOJI_OK);
    return 0;
}

SHOJI_EXPORT long opener_exclusive(uint64_t *where)
{
    volatile uint32_t words[4] = {5};

    *where = (uint64_t)words;
    EXPECT(1, mmp_supr_set_perm(*where, 16, READ, 0, CALLEE) == SHOJI_OK);
    EXPECT(2, mmp_supr_set_perm(*where, 4, READ, 1, OTHER) == SHOJI_OK);
    EXPECT(3, other_load(*where) == 5 && callee_load(*where) == SHOJI_EFAULT);
    EXPECT(4, mmp_supr_set_perm(*where, 16, READ, 1, CALLEE) == SHOJI_OK);
    EXPECT(5, callee_load(*where) == 5 && other_load(*where) == SHOJI_EFAULT);
    EXPECT(6, mmp_supr_set_perm(*where, 16, WRITE, 1, OPENER) == SHOJI_OK); /* its own again */
    EXPECT(7, callee_load(*where) == SHOJI_EFAULT);
    return 0;
}

SHOJI_EXPORT long opener_moved(uint64_t *where)
{
    volatile uint32_t words[4] = {5};

    *where = (uint64_t)words;
    EXPECT(1, mmp_supr_set_perm(*where, 16, READ, 0, CALLEE) == SHOJI_OK);
    EXPECT(2, pd_merge(OTHER, CALLEE) == SHOJI_OK && callee_load(*where) == 5);
    EXPECT(3, pd_split(CALLEE) == SHOJI_OK && callee_load(*where) == 5 && other_load(*where) == SHOJI_EFAULT);
    EXPECT(4,
           pd_merge(OPENER, CALLEE) == SHOJI_OK && callee_load(*where) == 5 && pd_split(CALLEE) == SHOJI_OK);
    EXPECT(5, callee_load(*where) == 5 && other_load(*where) == SHOJI_EFAULT);
    return 0;
}

SHOJI_EXPORT long opener_refused(void)
{
    static uint32_t data[4];
    volatile uint32_t words[32] = {5};
    uint64_t at = (uint64_t)words, end = (uint64_t)__builtin_frame_address(0);
    int n = 0;

    EXPECT(1, mmp_supr_set_perm(at + 2, 4, READ, 0, CALLEE) == SHOJI_EINVAL);
    EXPECT(2, mmp_supr_set_perm(at, 0, READ, 0, CALLEE) == SHOJI_EINVAL);
    EXPECT(3, mmp_supr_set_perm(at, 4, EXECUTE, 0, CALLEE) == SHOJI_EINVAL);
    EXPECT(4, mmp_supr_set_perm(at, 4, READ, 0, 99) == SHOJI_ENOENT);
    EXPECT(5,
           mmp_supr_set_perm(at - 0x2000, 4, READ, 0, CALLEE) == SHOJI_EPERM); /* below its stack pointer */
    EXPECT(6, mmp_supr_set_perm(end, 0x1000, READ, 0, CALLEE) == SHOJI_EPERM); /* its caller's frame */
    EXPECT(7, mmp_supr_set_perm((end + 0xfff) & ~0xffful, 4, READ, 0, CALLEE) == SHOJI_EPERM);
    EXPECT(8, mmp_supr_set_perm((uint64_t)data, 4, READ, 0, CALLEE) == SHOJI_EPERM);
    EXPECT(9, mmp_supr_set_perm(0x4000000, 4, READ, 0, CALLEE) == SHOJI_EPERM); /* another stack */
    EXPECT(10, mmp_supr_set_perm(-4ul, 8, READ, 0, CALLEE) == SHOJI_EPERM);
    EXPECT(11, mmp_supr_set_perm(at, -4ul, READ, 0, CALLEE) == SHOJI_EPERM);
    EXPECT(12, mmp_supr_set_perm(at, 4, READ, 0, OPENER) == SHOJI_EPERM);
    while (mmp_supr_set_perm(at + 4 * (uint64_t)n, 4, READ, 0, CALLEE) == SHOJI_OK)
        n++;
    EXPECT(13, n == 7 && callee_load(at + 24) == 0);
    EXPECT(14, mmp_supr_set_perm(at, 28, NONE, 0, CALLEE) == SHOJI_OK && callee_load(at) == SHOJI_EFAULT);
    EXPECT(15, mmp_supr_set_perm(at, 4, READ, 0, CALLEE) == SHOJI_OK && callee_load(at) == 5);
    return 0;
}

/* rdi: where. The words lie at rsp when the supervisor is called, which makes rsp + 8 the frame base; rbx:
 * rsp as it was entered, r12: its return address. */
#define OPENS(name, then)                                                                                    \
    __asm__(                                                                                                 \
        ".globl " #name "\n.type " #name ", @function\n" #name ":\n"                                         \
        "\tmov (%rsp), %r12\n\tmov %rsp, %rbx\n\tsub $0x108, %rsp\n\tmov %rsp, (%rdi)\n\tmovl $5, (%rsp)\n"  \
        "\tmov %rsp, %rdi\n\tmov $64, %esi\n\tmov $2, %edx\n\txor %ecx, %ecx\n\tmov $2, %r8d\n"              \
        "\tcall *mmp_supr_set_perm@GOTPCREL(%rip)\n" then "\n.size " #name ", . - " #name)

OPENS(opener_raised,
      "\tmov %rsp, %rdi\n\tlea -8(%rbx), %rsp\n\tcall *callee_load@GOTPCREL(%rip)\n\tmov %rbx, %rsp\n\tret");
OPENS(opener_sneaks, "\tmov $9, %eax\n\tmov %r12, (%rsp)\n\tret");
OPENS(opener_sneaks_well, "\tmov $9, %eax\n\tmov (%rbx), %rcx\n\tmov %rcx, (%rsp)\n\tret");
OPENS(opener_faults, "\tud2");

SHOJI_EXPORT long component_init(component_t self)
{
    return self == OPENER ? SHOJI_OK : SHOJI_EINVAL;
}
