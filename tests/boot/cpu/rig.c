/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

struct trap trap_last;
unsigned failures;
static const char *test_name;
static bool test_failed;

extern char vectors[], snippets[], snippets_end[], end[];
extern void domain_enter(struct entry *entry);

/* ---- The machine ---- */

uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return low | (uint64_t)high << 32;
}

void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

void print(const char *text)
{
    while (*text)
        out8(0x3f8, (uint8_t)*text++);
}

void print_hex(uint64_t value)
{
    char text[19] = "0x";
    int at = 18, digits = 1;

    for (uint64_t v = value; v >>= 4;)
        digits++;
    at = 2 + digits;
    text[at] = 0;
    while (at-- > 2) {
        text[at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    print(text);
}

struct idt_gate {
    uint16_t low, selector;
    uint8_t ist, type;
    uint16_t mid;
    uint32_t high, zero;
};
static struct idt_gate idt[64];

void machine_start(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof idt - 1, (uint64_t)idt};

    for (unsigned i = 0; i < 64; i++) {
        uint64_t at = (uint64_t)vectors + 16 * i;

        idt[i] = (struct idt_gate){(uint16_t)at, 8, i == 8 ? 2 : 1, i == DONE ? 0xee : 0x8e, (uint16_t)(at >> 16),
                                   (uint32_t)(at >> 32), 0};
    }
    __asm__ volatile("lidt %0" : : "m"(pointer));

    /* the timer, at 1 kHz, is all that the interrupt controllers let through: vector 0x20 */
    out8(0x20, 0x11), out8(0x21, 0x20), out8(0x21, 4), out8(0x21, 1), out8(0x21, 0xfe);
    out8(0xa0, 0x11), out8(0xa1, 0x28), out8(0xa1, 2), out8(0xa1, 1), out8(0xa1, 0xff);
    out8(0x43, 0x34), out8(0x40, 1193 & 255), out8(0x40, 1193 >> 8);
}

void vector_present(unsigned vector, bool present)
{
    idt[vector].type = present ? 0x8e : 0x0e;
}

/* ---- Tables ---- */

static uint32_t pool, root_of[DOMAINS];
static struct {
    uint32_t root;
    uint16_t tag, flags;
    uint64_t rest;
} table[DOMAINS] __attribute__((aligned(16)));

static uint32_t take(uint32_t bytes)
{
    uint32_t at = (pool + bytes - 1) & ~(bytes - 1);

    pool = at + bytes;
    for (uint32_t i = 0; i < bytes; i += 4)
        *(uint32_t *)(uint64_t)(at + i) = 0;
    return at;
}

uint32_t *root_entry(int domain, uint32_t addr)
{
    return (uint32_t *)(uint64_t)root_of[domain] + (addr >> 22);
}

uint32_t *mid_entry(int domain, uint32_t addr)
{
    uint32_t *root = root_entry(domain, addr);

    if (*root == 0)
        *root = take(MMP_MID_BYTES);
    return (uint32_t *)(uint64_t)*root + (addr >> 12) % 1024;
}

void perm_set(int domain, uint32_t start, uint32_t stop, unsigned perm)
{
    for (uint32_t addr = start; addr < stop; addr += 4) {
        uint32_t *mid = mid_entry(domain, addr), *leaf;
        unsigned at = addr / 4 % 16;

        if (*mid == 0)
            *mid = take(MMP_LEAF_BYTES);
        leaf = (uint32_t *)(uint64_t)*mid + (addr >> 6) % 64;
        *leaf = (*leaf & ~(3u << 2 * at)) | perm << 2 * at;
    }
}

void invalidate(uint16_t id, uint32_t addr, unsigned log2_size)
{
    msr_write(MMP_MSR_INVAL, id | (uint64_t)log2_size << 16 | (uint64_t)addr << 32);
}

void perm_change(int domain, uint32_t start, uint32_t stop, unsigned perm)
{
    perm_set(domain, start, stop, perm);
    for (uint32_t page = start & ~0xfffu; page < stop; page += 4096)
        invalidate(ID(domain), page, 12);
}

void gate_set(unsigned index, uint16_t id, const void *target, uint32_t badge)
{
    uint32_t *gate = (uint32_t *)(uint64_t)GATE(index);

    gate[0] = MMP_GATE_CALL;
    gate[1] = (uint32_t)(uint64_t)target;
    gate[2] = id;
    gate[3] = badge;
    gate[4] = gate[5] = gate[6] = gate[7] = 0;
}

void root_share(int domain, int with)
{
    table[domain].root = table[with].root;
    table[domain].tag = ID(with);
}

void root_own(int domain)
{
    table[domain].root = root_of[domain];
    table[domain].tag = ID(domain);
    table[domain].flags = MMP_DD_VALID;
}

/* But for the stack permissions. */
static void stack_start(void)
{
    msr_write(MMP_MSR_SL, STACK_LOW);
    msr_write(MMP_MSR_FB, STACK_TOP);
    msr_write(MMP_MSR_XBASE, CALLSTACK);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    msr_write(MMP_MSR_XLIMIT, CALLSTACK + CALLSTACK_FRAMES * MMP_XFRAME_BYTES);
}

static void callstack_start(void)
{
    msr_write(MMP_MSR_STACK, 0);
    stack_start();
}

void domains_start(void)
{
    pool = 0x400000;
    for (int domain = ALICE; domain < DOMAINS; domain++) {
        root_of[domain] = take(MMP_ROOT_BYTES);
        perm_set(domain, (uint32_t)(uint64_t)snippets, (uint32_t)(uint64_t)snippets_end, MMP_PERM_RX);
        root_own(domain);
    }
    callstack_start();
    msr_write(MMP_MSR_DTBASE, (uint64_t)table);
    msr_write(MMP_MSR_DTCOUNT, DOMAINS);
    msr_write(MMP_MSR_GWLO, GATE_WINDOW_LOW);
    msr_write(MMP_MSR_GWHI, GATE_WINDOW_HIGH);
    msr_write(MMP_MSR_S0, SUPERVISOR_STACK);
    msr_write(MMP_MSR_SEL, 0x00180008);
    msr_write(MMP_MSR_CTL, 12 << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
    invalidate(0, 0, 32);
}

/* ---- Running ---- */

/* Called by trap: on the interrupt stack, in domain 0. */
void trapped(const uint64_t *frame);
void trapped(const uint64_t *frame)
{
    uint64_t *last = (uint64_t *)&trap_last, xsp;
    const uint8_t *own;

    for (unsigned i = 0; i < 22; i++)
        last[i] = frame[i];
    __asm__ volatile("mov %%cr2, %0" : "=r"(trap_last.cr2));
    trap_last.info = msr_read(MMP_MSR_FAULT_INFO);
    trap_last.addr = msr_read(MMP_MSR_FAULT_ADDR);
    trap_last.gate = msr_read(MMP_MSR_FAULT_GATE);
    xsp = msr_read(MMP_MSR_XSP);
    own = (const uint8_t *)(xsp - MMP_XFRAME_BYTES);
    trap_last.pd = *(const uint16_t *)(own + MMP_XFRAME_PD);
    trap_last.fb = *(const uint64_t *)(own + MMP_XFRAME_FB);
    trap_last.frames = (xsp - CALLSTACK) / MMP_XFRAME_BYTES - 1;
}

static void frame_push(int domain, uint16_t kind)
{
    uint64_t frame = msr_read(MMP_MSR_XSP);

    *(uint64_t *)(frame + MMP_XFRAME_FB) = STACK_TOP;
    *(uint16_t *)(frame + MMP_XFRAME_PD) = domain == NOBODY ? 0 : ID(domain);
    *(uint16_t *)(frame + MMP_XFRAME_KIND) = kind;
    msr_write(MMP_MSR_XSP, frame + MMP_XFRAME_BYTES);
}

void run_prepared(int domain, struct entry *entry)
{
    frame_push(domain, MMP_XFRAME_INTERRUPT);
    domain_enter(entry);
    stack_start();
}

void run_entry_above(int domain, struct entry *entry, uint16_t kind)
{
    callstack_start();
    if (kind != 0)
        frame_push(domain, kind);
    frame_push(domain, MMP_XFRAME_INTERRUPT);
    domain_enter(entry);
    callstack_start();
}

void run_entry(int domain, struct entry *entry)
{
    run_entry_above(domain, entry, 0);
}

void run(int domain, const void *code, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t rcx)
{
    bool user = domain != NOBODY && domain != KEN;
    struct entry entry = {.rip = (uint64_t)code,
                          .cs = user ? 0x1b : 0x08,
                          .ss = user ? 0x23 : 0x10,
                          .rflags = 2,
                          .rsp = STACK_TOP - 64,
                          .rdi = rdi,
                          .rsi = rsi,
                          .rdx = rdx,
                          .rcx = rcx};

    run_entry(domain, &entry);
}

/* ---- Saying what happened ---- */

void test(const char *name)
{
    test_name = name;
    test_failed = false;
}

bool check(bool ok, const char *what, uint64_t found)
{
    if (!ok) {
        if (!test_failed) {
            print("FAIL ");
            print(test_name);
            print(":");
        }
        test_failed = true;
        print(" ");
        print(what);
        print("=");
        print_hex(found);
    }
    return ok;
}

void test_end(void)
{
    if (test_failed) {
        failures++;
        print(" | vector ");
        print_hex(trap_last.vector);
        print(" error ");
        print_hex(trap_last.error);
        print(" rip ");
        print_hex(trap_last.rip);
        print(" addr ");
        print_hex(trap_last.addr);
        print(" info ");
        print_hex(trap_last.info);
        print(" rax ");
        print_hex(trap_last.rax);
        print(" pd ");
        print_hex(trap_last.pd);
    } else {
        print("ok ");
        print(test_name);
    }
    print("\n");
}

void expect_done(uint64_t rax)
{
    check(trap_last.vector == DONE, "vector", trap_last.vector);
    check(trap_last.rax == rax, "rax", trap_last.rax);
}

void expect_fault(unsigned kind, const void *rip, uint64_t addr)
{
    check(trap_last.vector == MMP_VECTOR, "vector", trap_last.vector);
    check(trap_last.error == kind, "error", trap_last.error);
    check((trap_last.info & 0xff) == kind, "kind", trap_last.info & 0xff);
    check(trap_last.rip == (uint64_t)rip, "rip", trap_last.rip);
    check(trap_last.addr == addr, "addr", trap_last.addr);
    check((uint16_t)(trap_last.info >> 16) == trap_last.pd, "pd", trap_last.info >> 16);
}

void expect_denied(const void *rip, int access, uint64_t addr, unsigned size)
{
    expect_fault(MMP_FAULT_PERMISSION, rip, addr);
    check((trap_last.info >> 8 & 3) == (unsigned)access, "access", trap_last.info >> 8 & 3);
    check((trap_last.info >> 32 & 0xffff) == size, "size", trap_last.info >> 32 & 0xffff);
}

void expect_exception(unsigned vector, const void *rip)
{
    check(trap_last.vector == vector, "vector", trap_last.vector);
    check(trap_last.rip == (uint64_t)rip, "rip", trap_last.rip);
}
