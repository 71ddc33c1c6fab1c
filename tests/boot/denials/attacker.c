/* SPDX-License-Identifier: BSD-2-Clause
 * The attacks. Each is one function, called with what it aims at; if it returns, nothing stopped it. */
#include "denials.h"
#include "mmp/arch.h"

extern char pool_near_end[], pool_far[];

#define RING                                                                                                 \
    0x18000000ul /* RECORDS_BASE of kernel/memory_map.h: what the hardware records while all this is tried   \
                  */
#define NEXT_SLOT 0x401000ul /* gates begin a page further on in each slot */

static uint8_t own_data[4096] __attribute__((aligned(4096)));

/* ---- Aims ---- */

static uint64_t wall(uint64_t offset)
{
    return (uint64_t)victim_wall() + offset;
}

static uint64_t own_gates(void)
{
    return (uint64_t)&victim_wall & ~0xffful; /* to a client, a server's function is its gate */
}

static uint64_t aim_wall(void)
{
    return wall(0x40);
}
static uint64_t aim_island_end(void)
{
    return wall(ISLAND + ISLAND_BYTES);
}
static uint64_t aim_before_island(void)
{
    return wall(ISLAND - 4);
}
static uint64_t aim_lone_word(void)
{
    return wall(LONE_WORD);
}
static uint64_t aim_behind_lone(void)
{
    return wall(LONE_WORD + 4);
}
static uint64_t aim_ring(void)
{
    return RING;
}
static uint64_t aim_page_two(void)
{
    return wall(4096);
}
static uint64_t aim_island(void)
{
    return wall(ISLAND);
}
static uint64_t aim_table_end(void)
{
    return (uint64_t)pool_near_end;
}
static uint64_t aim_known_pool(void)
{
    return (uint64_t)pool_far + 64;
}
static uint64_t aim_function(void)
{
    return (uint64_t)victim_function();
}
static uint64_t aim_middle(void)
{
    return (uint64_t)victim_function() + 4;
}
static uint64_t aim_own_data(void)
{
    return (uint64_t)own_data;
}
static uint64_t aim_own_text(void)
{
    return (uint64_t)aim_own_data & ~3ul;
}
static uint64_t aim_own_gate(void)
{
    return own_gates();
}
static uint64_t aim_own_missing(void)
{
    return own_gates() + 32 * 100;
}
static uint64_t aim_gate_middle(void)
{
    return own_gates() + 8;
}
static uint64_t aim_drivers_gate(void)
{
    return own_gates() + NEXT_SLOT;
}
static uint64_t aim_victims_gate(void)
{
    return own_gates() - NEXT_SLOT;
}
static uint64_t aim_supervisor_text(void)
{
    return 0x101000;
}
static uint64_t aim_supervisor_data(void)
{
    return 0x200000;
}
static uint64_t aim_supervisor_stack(void)
{
    return 0x43ffff8;
}
static uint64_t aim_global(void)
{
    return (uint64_t)&shoji_global;
}
static uint64_t aim_below_stack(void)
{
    return 0x4000000 - 8;
} /* the first thread's stack is the lowest */
static uint64_t aim_beyond(void)
{
    return 1ul << 32;
}
static uint64_t aim_none(void)
{
    return 0;
}

/* ---- Attacks ---- */

static void store1(uint64_t at)
{
    *(volatile uint8_t *)at = 0xff;
}
static void store4(uint64_t at)
{
    *(volatile uint32_t *)at = 0xffffffff;
}
static void store_across4(uint64_t at)
{
    *(volatile uint32_t *)(at - 3) = 0xffffffff;
}
static void store_across8(uint64_t at)
{
    *(volatile uint64_t *)(at - 4) = ~0ul;
}
static void load4(uint64_t at)
{
    (void)*(volatile uint32_t *)at;
}
static void load1(uint64_t at)
{
    (void)*(volatile uint8_t *)at;
}
static void load_across8(uint64_t at)
{
    (void)*(volatile uint64_t *)(at - 4);
}
static void call(uint64_t at)
{
    ((void (*)(void))at)();
}

static void push(uint64_t at)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\tlea 8(%0), %%rsp\n\tpush %0\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(at)
                     : "rbx", "memory");
}

static void fxsave(uint64_t at)
{
    __asm__ volatile("fxsave64 (%0)" : : "r"(at - 16) : "memory");
}

static void locked(uint64_t at)
{
    __asm__ volatile("lock xaddq %%rax, (%0)" : : "r"(at - 4), "a"(1) : "memory");
}

/* Behind the right's end by one word; what is stored before it is what is there already. */
static void string_store(uint64_t at)
{
    uint64_t from = (uint64_t)own_data, to = at - 16, count = 20;

    for (unsigned i = 0; i < 16; i++)
        own_data[i] = ((volatile uint8_t *)to)[i];
    __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
}

static void string_load(uint64_t at)
{
    uint64_t from = at - 16, to = (uint64_t)own_data, count = 20;

    __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
}

static uint64_t frame_base(void)
{
    return ((uint64_t)__builtin_frame_address(0) | 4095) + 1;
}

static void frame_store(uint64_t at)
{
    (void)at;
    *(volatile uint64_t *)frame_base() = 0;
}

static void frame_load(uint64_t at)
{
    (void)at;
    (void)*(volatile uint8_t *)frame_base();
}

static void return_forged(uint64_t at)
{
    __asm__ volatile("mov %0, -8(%1)\n\tlea -8(%1), %%rsp\n\tret" : : "r"(at), "r"(frame_base()) : "memory");
}

static void stack_elsewhere(uint64_t at)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\tlea 2048(%0), %%rsp\n\tcall *%1\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(at), "r"(victim_check)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
}

static void stack_overflow(uint64_t at)
{
    __asm__ volatile("1:\tpush %0\n\tjmp 1b" : : "r"(at) : "memory");
}

static void stack_execute(uint64_t at)
{
    volatile uint8_t code[16] = {0xc3};

    (void)at;
    ((void (*)(void))(uintptr_t)code)();
}

static void revoked_fetch(uint64_t at)
{
    long (*lent)(void) = (long (*)(void))at;

    if (victim_lend_function(MMP_PERM_RX) != SHOJI_OK)
        return;
    for (int i = 0; i < 1000; i++) /* cached, and chained, by now */
        if (lent() != 42)
            return;
    if (victim_lend_function(MMP_PERM_RO) != SHOJI_OK)
        return;
    lent();
}

static void revoked_store(uint64_t at)
{
    volatile uint32_t *word = (volatile uint32_t *)at;

    if (victim_lend_page(MMP_PERM_RW) != SHOJI_OK)
        return;
    for (int i = 0; i < 1000; i++)
        *word = *word;
    if (victim_lend_page(MMP_PERM_RO) != SHOJI_OK)
        return;
    *word = ~*word;
}

static void revoked_load(uint64_t at)
{
    if (victim_lend_page(MMP_PERM_RO) != SHOJI_OK)
        return;
    for (int i = 0; i < 1000; i++)
        load4(at);
    if (victim_lend_page(MMP_PERM_NONE) != SHOJI_OK)
        return;
    load4(at);
}

#define INSTRUCTION(name, ...)                                                                               \
    static void name(uint64_t at)                                                                            \
    {                                                                                                        \
        __asm__ volatile(__VA_ARGS__ : : "a"(at), "c"(MMP_MSR_FB), "d"(0) : "memory", "rbx", "r11");         \
    }
INSTRUCTION(op_cli, "cli")
INSTRUCTION(op_sti, "sti")
INSTRUCTION(op_hlt, "hlt")
INSTRUCTION(op_in, "inb $0x60, %%al")
INSTRUCTION(op_out, "outb %%al, $0xf4")
INSTRUCTION(op_rdmsr, "rdmsr")
INSTRUCTION(op_wrmsr, "wrmsr")

/* The registers of the trace ring (manual 7.9). */
static void register_write(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}
static void ring_elsewhere(uint64_t address)
{
    register_write(MMP_MSR_TRACE_BASE, address & ~4095ul);
}
static void ring_off(uint64_t address)
{
    (void)address;
    register_write(MMP_MSR_TRACE_SIZE, 0);
}
static void ring_count(uint64_t address)
{
    uint32_t low, high;

    (void)address;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MMP_MSR_TRACE_COUNT));
}
INSTRUCTION(op_cr3, "mov %%cr3, %%rax\n\tmov %%rax, %%cr3")
INSTRUCTION(op_lgdt, "lgdt (%%rsp)")
INSTRUCTION(op_lidt, "lidt (%%rsp)")
INSTRUCTION(op_int, "int $0x80")
INSTRUCTION(op_int_timer, "int $32")
INSTRUCTION(op_int_mmp, "int $22")
INSTRUCTION(op_syscall, "syscall")
INSTRUCTION(op_sysenter, "sysenter")
INSTRUCTION(op_iretq, "mov %%rsp, %%rbx\n\tpushq $0x10\n\tpush %%rbx\n\tpushf\n\tpushq $8\n\tlea 1f(%%rip), "
                      "%%rax\n\tpush %%rax\n\tiretq\n1:\tmov %%rbx, %%rsp")
INSTRUCTION(op_far, "pushq $8\n\tlea 1f(%%rip), %%rax\n\tpush %%rax\n\tlretq\n1:")
INSTRUCTION(op_swapgs, "swapgs")
INSTRUCTION(op_invalid, "ud2")
INSTRUCTION(op_divide, "xor %%ecx, %%ecx\n\tdiv %%ecx")
INSTRUCTION(op_break, "int3")
INSTRUCTION(op_step, "pushf\n\torq $0x100, (%%rsp)\n\tpopf\n\tnop")
INSTRUCTION(op_no_address, "movabs $0x8000000000000000, %%rax\n\tmov (%%rax), %%rax")

static const struct {
    char name[8 * ATTACK_NAME_WORDS + 1];
    uint64_t (*aim)(void);
    void (*run)(uint64_t aim);
} attacks[] = {
    {"store", aim_wall, store4},
    {"load", aim_wall, load4},
    {"fetch_text", aim_function, call},
    {"fetch_middle", aim_middle, call},
    {"fetch_data", aim_island, call},
    {"fetch_own_data", aim_own_data, call},
    {"fetch_stack", aim_none, stack_execute},
    {"store_read_only", aim_lone_word, store4},
    {"store_own_text", aim_own_text, store4},
    {"store_byte_past", aim_island_end, store1},
    {"load_byte_past", aim_behind_lone, load1},
    {"store_across_word", aim_island_end, store_across4},
    {"load_across_word", aim_behind_lone, load_across8},
    {"store_across_page", aim_page_two, store_across8},
    {"load_across_page", aim_page_two, load_across8},
    {"store_across_table", aim_table_end, store_across8},
    {"load_across_table", aim_table_end, load_across8},
    {"store_known_pool", aim_known_pool, store4},
    {"load_known_pool", aim_known_pool, load4},
    {"push", aim_before_island, push},
    {"fxsave", aim_island_end, fxsave},
    {"locked", aim_island_end, locked},
    {"string_store", aim_island_end, string_store},
    {"string_load", aim_island_end, string_load},
    {"frame_store", aim_none, frame_store},
    {"frame_load", aim_none, frame_load},
    {"return_forged", aim_function, return_forged},
    {"gate_foreign", aim_drivers_gate, call},
    {"gate_victims", aim_victims_gate, call},
    {"gate_missing", aim_own_missing, call},
    {"gate_middle", aim_gate_middle, call},
    {"gate_store", aim_own_gate, store4},
    {"supervisor_call", aim_supervisor_text, call},
    {"supervisor_store", aim_supervisor_data, store4},
    {"supervisor_load", aim_supervisor_data, load4},
    {"supervisor_stack", aim_supervisor_stack, store4},
    {"global_store", aim_global, store4},
    {"beyond", aim_beyond, load4},
    {"stack_elsewhere", aim_own_data, stack_elsewhere},
    {"stack_overflow", aim_below_stack, stack_overflow},
    {"revoked_fetch", aim_function, revoked_fetch},
    {"revoked_store", aim_page_two, revoked_store},
    {"revoked_load", aim_page_two, revoked_load},
    {"ring_store", aim_ring, store4},
    {"ring_load", aim_ring, load4},
    {"ring_fetch", aim_ring, call},
    {"ring_elsewhere", aim_own_data, ring_elsewhere},
    {"ring_off", aim_none, ring_off},
    {"ring_count", aim_none, ring_count},
    {"cli", aim_none, op_cli},
    {"sti", aim_none, op_sti},
    {"hlt", aim_none, op_hlt},
    {"in", aim_none, op_in},
    {"out", aim_none, op_out},
    {"rdmsr", aim_none, op_rdmsr},
    {"wrmsr", aim_none, op_wrmsr},
    {"cr3", aim_none, op_cr3},
    {"lgdt", aim_none, op_lgdt},
    {"lidt", aim_none, op_lidt},
    {"int", aim_none, op_int},
    {"int_timer", aim_none, op_int_timer},
    {"int_mmp", aim_none, op_int_mmp},
    {"syscall", aim_none, op_syscall},
    {"sysenter", aim_none, op_sysenter},
    {"iretq", aim_none, op_iretq},
    {"far_return", aim_none, op_far},
    {"swapgs", aim_none, op_swapgs},
    {"undefined", aim_none, op_invalid},
    {"divide", aim_none, op_divide},
    {"breakpoint", aim_none, op_break},
    {"single_step", aim_none, op_step},
    {"no_address", aim_none, op_no_address},
};
#define ATTACKS (sizeof attacks / sizeof *attacks)

SHOJI_EXPORT long attack_name(uint64_t n, uint64_t word)
{
    uint64_t text = 0;

    if (n >= ATTACKS || word >= ATTACK_NAME_WORDS)
        return SHOJI_ENOENT;
    for (unsigned i = 0; i < 8; i++)
        text |= (uint64_t)(uint8_t)attacks[n].name[word * 8 + i] << i * 8;
    return (long)text;
}

SHOJI_EXPORT long attack_address(uint64_t n)
{
    return n < ATTACKS ? (long)attacks[n].aim() : SHOJI_ENOENT;
}

SHOJI_EXPORT long attack(uint64_t n)
{
    if (n >= ATTACKS)
        return SHOJI_ENOENT;
    attacks[n].run(attacks[n].aim());
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == ATTACKER ? SHOJI_OK : SHOJI_EINVAL;
}
