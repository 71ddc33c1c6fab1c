/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Domain 0 of the differential test: what memory, tables and registers are at first, what it does between
 * operations of domains, and what it notes of each exception. Compiled for both sides; it sees memory and MMP
 * registers through world.
 */
#include "program.h"

bool verbose;
uint64_t supervisor_hash;

#define RING_RECORDS 16u

static uint32_t pool;
static unsigned align;

static uint32_t *word(uint64_t addr)
{
    return (uint32_t *)world(addr);
}
static uint64_t *quad(uint64_t addr)
{
    return (uint64_t *)world(addr);
}
static uint16_t *half(uint64_t addr)
{
    return (uint16_t *)world(addr);
}

/* ---- Tables ---- */

/* Each domain's root has a place of its own; other tables come from the pool and are not given back. */
static uint32_t root_of(unsigned domain)
{
    return TABLES + 0xf000 + 0x1000 * domain;
}
#define POOL (TABLES + 0x14000)

static uint32_t take(uint32_t bytes)
{
    uint32_t addr = (pool + bytes - 1) & ~(bytes - 1);

    if (addr + bytes > TABLES_END)
        return 0;
    pool = addr + bytes;
    return addr;
}

static uint32_t all(uint32_t entry_perm)
{
    return entry_perm == 0 ? 0 : MMP_BITMAP_ALL(entry_perm);
}

/* The mid entry of a page; its root entry becomes a pointer, whatever it was. 0: no room. */
static uint32_t mid_entry(unsigned domain, uint32_t addr)
{
    uint32_t root = root_of(domain) + (addr >> 22) * 4;

    if ((*word(root) & 3) != 0 || *word(root) == 0 || *word(root) >= TABLES_END || *word(root) % 4096 != 0) {
        uint32_t table = take(4096);

        if (table == 0)
            return 0;
        for (unsigned i = 0; i < 1024; i++)
            *word(table + 4 * i) = 0;
        *word(root) = table;
    }
    return *word(root) + (addr >> 12) % 1024 * 4;
}

/* A leaf table of the pool? Then no other entry points there. */
static bool own_leaf(uint32_t entry)
{
    return (entry & 3) == 0 && entry >= POOL && entry < TABLES_END && entry % 256 == 0;
}

/* Sets words; what cannot be kept (an entry of another kind, no room) is set as a whole page. True: a right
 * shrank, or may have. */
static bool perm_set(unsigned domain, uint32_t start, uint32_t end, unsigned perm)
{
    bool shrank = false;

    for (uint32_t addr = start; addr < end;) {
        uint32_t entry = mid_entry(domain, addr), page_end = (addr & ~4095u) + 4096;

        if (entry == 0)
            return true;
        if (page_end > end)
            page_end = end;
        if (*word(entry) == 0) {
            uint32_t leaf = take(256);

            if (leaf != 0)
                for (unsigned i = 0; i < 64; i++)
                    *word(leaf + 4 * i) = 0;
            *word(entry) = leaf;
        }
        if (!own_leaf(*word(entry))) {
            *word(entry) = all(perm);
            shrank = true;
            addr = page_end;
            continue;
        }
        for (; addr < page_end; addr += 4) {
            uint32_t *leaf = word(*word(entry) + (addr >> 6) % 64 * 4);
            unsigned shift = addr / 4 % 16 * 2, old = *leaf >> shift & 3;

            if (old != perm && old != MMP_PERM_NONE && !(old == MMP_PERM_RO && perm != MMP_PERM_NONE))
                shrank = true;
            *leaf = (*leaf & ~(3u << shift)) | perm << shift;
        }
    }
    return shrank;
}

static void invalidate(unsigned domain, bool everyone, uint64_t addr, unsigned log2)
{
    world_msr(MMP_MSR_INVAL, (everyone ? 0 : ID(domain)) | (uint64_t)log2 << 16 | addr << 32);
}

static void perm(const struct op *op)
{
    uint32_t start = (uint32_t)op->addr, end = start + op->count * 4;

    if (perm_set(op->domain, start, end, op->size)) {
        if (op->flags & FLAG_ALL)
            invalidate(op->domain, true, 0, 32);
        else
            for (uint32_t page = start & ~4095u; page < end; page += 4096)
                invalidate(op->domain, false, page, 12);
    }
}

/* A mid entry of any kind, a malformed one included. */
static void entry(const struct op *op)
{
    uint32_t at = mid_entry(op->domain, (uint32_t)op->addr), value = (uint32_t)(op->value >> 32), table;

    if (at == 0)
        return;
    switch (op->addr < ANY ? 5 + op->value % 3
                           : op->value % 8) { /* invariant 2: nothing is executable below ANY */
    case 0:
        value = MMP_ENTRY_BITMAP | (value & 0xffff0000);
        break;
    case 1:
    case 2:
        value = (value & ~MMP_RUNS_ZERO & ~3u) | MMP_ENTRY_RUNS; /* in order or not */
        break;
    case 3:
    case 4:
        table = take(256);
        for (unsigned i = 0; i < 64 && table != 0;
             i++) { /* no overlap with neighbours: they would be ambiguous */
            uint32_t run = (uint32_t)(op->value >> 16) * (i * 2 + 0x9e3779b1u);

            run ^= run >> 15;
            if (op->value >> 3 & 1)
                run = (run & ~3u) | MMP_RL_TYPE;
            else
                run = (run & ~3u & ~(31u << MMP_RL_FIRST_BEFORE) & ~(31u << MMP_RL_LAST_AFTER)) | MMP_RL_TYPE;
            *word(table + 4 * i) = i % 7 == 3 ? 0 : run;
        }
        value = table == 0 ? 0 : table | MMP_ENTRY_RUNLENGTH | (op->value >> 3 & 1 ? MMP_RUNLENGTH_WIDE : 0);
        break;
    case 5:
        value = (value % 2 ? RAM : 0xffffff00u) & ~0xffu; /* a leaf table outside memory */
        break;
    case 6:
        value = MMP_BITMAP_ALL(MMP_PERM_RW) | 4;
        break;
    default:
        value = all(value % 3);
        break;
    }
    *word(at) = value;
    invalidate(op->domain, op->flags & FLAG_ALL, op->addr, op->flags & FLAG_ALL ? 32 : 12);
}

/* ---- Domains ---- */

static uint64_t descriptor(unsigned domain)
{
    return DOMAIN_TABLE + MMP_DD_SIZE * domain;
}

static void own(unsigned domain)
{
    *word(descriptor(domain) + MMP_DD_ROOT) = root_of(domain);
    *half(descriptor(domain) + MMP_DD_TAG) = ID(domain);
    *half(descriptor(domain) + MMP_DD_FLAGS) = MMP_DD_VALID;
}

/* Domain 1 stays, so that there is always one to go on in. */
static void merge(const struct op *op)
{
    unsigned with = 1 + op->value % DOMAINS;

    if (op->domain != 1)
        *quad(descriptor(op->domain)) = *quad(descriptor(with));
}

static void spoil(const struct op *op)
{
    uint64_t at = descriptor(op->domain);

    if (op->domain == 1)
        return;
    switch (op->value % 4) {
    case 0:
        *half(at + MMP_DD_FLAGS) = 0xfffe;
        break;
    case 1:
        *word(at + MMP_DD_ROOT) |= 0x40;
        break;
    case 2:
        *half(at + MMP_DD_TAG) = 0;
        break;
    default: /* of the other privilege; a tag goes with its own root always, as invalidations are by tag */
        *half(at + MMP_DD_TAG) = ID(op->domain == KERNEL_DOMAIN ? 1 : KERNEL_DOMAIN);
        *word(at + MMP_DD_ROOT) = root_of(op->domain == KERNEL_DOMAIN ? 1 : KERNEL_DOMAIN);
        break;
    }
}

static bool domain_valid(uint16_t id)
{
    uint64_t at = descriptor(id & MMP_PD_INDEX_MASK);

    if (id == 0)
        return true;
    return (id & MMP_PD_INDEX_MASK) >= 1 && (id & MMP_PD_INDEX_MASK) <= DOMAINS &&
           (*half(at + MMP_DD_FLAGS) & 1) && *half(at + MMP_DD_TAG) != 0 &&
           ((*half(at + MMP_DD_TAG) ^ id) & MMP_PD_USER) == 0 && *word(at + MMP_DD_ROOT) % 4096 == 0;
}

static void gate_set(unsigned index, uint64_t random)
{
    static const uint16_t others[] = {0, MMP_PD_USER, MMP_PD_USER | 9, MMP_PD_USER | KERNEL_DOMAIN,
                                      2, 0xffff};
    uint64_t gate = GATES + 32 * (uint64_t)index;
    uint16_t pd = ID(1 + random % DOMAINS);

    if (random >> 8 & 1 && random >> 9 & 1)
        pd = others[(random >> 16) % 6];
    *word(gate + MMP_GATE_KIND) = (random >> 24 & 31) == 0 ? MMP_GATE_CALL + 1 : MMP_GATE_CALL;
    *word(gate + MMP_GATE_TARGET) = pd == 0 ? CODE_SUPERVISOR : SLOT_ADDR(index + 1);
    *half(gate + MMP_GATE_PD) = pd;
    *word(gate + MMP_GATE_BADGE) = (uint32_t)(random >> 32);
}

/* ---- What is noted ---- */

static void note(uint64_t value)
{
    supervisor_hash = (supervisor_hash ^ value) * 0x9e3779b97f4a7c15u;
    supervisor_hash ^= supervisor_hash >> 29;
}

static uint64_t memory_hash(void)
{
    static const struct {
        uint32_t start, end;
    } regions[] = {{PLAIN, PLAIN_END},
                   {ANY, ANY_END},
                   {GATES, GATES + 32 * OPS},
                   {STACK - 4096, STACK_END + 4096},
                   {SUPERVISOR_STACK - 1024, SUPERVISOR_STACK}};
    uint64_t hash = 0;

    for (unsigned i = 0; i < sizeof regions / sizeof *regions; i++)
        for (uint64_t addr = regions[i].start; addr < regions[i].end; addr += 8)
            hash = (hash ^ *quad(addr)) * 0x9e3779b97f4a7c15u + (hash >> 31);
    for (uint64_t addr = CALLSTACK; addr < CALLSTACK + FRAMES * MMP_XFRAME_BYTES; addr += 8) {
        uint64_t value = *quad(addr);

        if (addr % MMP_XFRAME_BYTES == MMP_XFRAME_PD) /* the flags of arithmetic are not followed */
            value &= 0x00044700ffffffffu;
        hash = (hash ^ value) * 0x9e3779b97f4a7c15u + (hash >> 31);
    }
    return hash;
}

static void show(const char *name, uint64_t value)
{
    print(" "), print(name), print(" "), print_hex(value);
}

#define FLAGS 0x44700u /* TF, IF, DF, NT, AC */
#define PAGE_FAULT 14

/* The sizes of fetches and of enter are left open (manual 9.1). */
static uint64_t comparable_info(const struct program *p, uint64_t info, uint64_t rip)
{
    uint64_t index = (rip - CODE) / SLOT;
    unsigned kind = index < p->ops ? p->op[index].kind : KINDS;

    if ((info >> 8 & 3) == MMP_ACCESS_FETCH)
        return info & 0xffffffffu;
    if (kind == OP_ENTER)
        return info & 0xffffffffu;
    return info;
}

/* The records of the trace ring since the last time, all but when they were made. The ring is small: some are
 * gone. */
static uint64_t recorded;

static void records_note(void)
{
    uint64_t count = world_msr_read(MMP_MSR_TRACE_COUNT), size = world_msr_read(MMP_MSR_TRACE_SIZE);

    note(count);
    for (uint64_t n = count - recorded > RING_RECORDS ? count - RING_RECORDS : recorded;
         size != 0 && n < count; n++) {
        uint64_t at = RING + n * MMP_TRACE_BYTES % size;

        note(*quad(at + MMP_TRACE_RSP));
        note(*word(at + MMP_TRACE_PLACE));
        note(*quad(at + MMP_TRACE_KIND));
        if (verbose)
            print("record"), show("what", *quad(at + MMP_TRACE_KIND)), show("rsp", *quad(at + MMP_TRACE_RSP)),
                show("place", *word(at + MMP_TRACE_PLACE)), print("\n");
    }
    recorded = count;
}

static void event_note(const struct program *p, const struct frame *f, unsigned cursor)
{
    uint64_t xsp = world_msr_read(MMP_MSR_XSP), own = xsp - MMP_XFRAME_BYTES;
    const uint64_t *reg = &f->rax;
    uint64_t info = 0, addr = 0, gate = 0;

    if (f->vector == MMP_VECTOR) {
        info = comparable_info(p, world_msr_read(MMP_MSR_FAULT_INFO), f->rip);
        addr = world_msr_read(MMP_MSR_FAULT_ADDR);
        gate = world_msr_read(MMP_MSR_FAULT_GATE);
    } else if (f->vector == PAGE_FAULT) {
        addr = world_cr2();
    }
    for (unsigned i = 0; i < 15; i++)
        note(reg[i]);
    note(f->rsp);
    note(f->rflags & FLAGS);
    note(f->vector << 32 | f->error);
    note(f->rip);
    note(xsp);
    note(*quad(own + MMP_XFRAME_FB));
    note((uint64_t)*half(own + MMP_XFRAME_PD) << 48 | *half(own + MMP_XFRAME_KIND));
    note(info), note(addr), note(gate);
    records_note();
    if (!verbose)
        return;
    print("event"), show("op", cursor), show("vector", f->vector), show("error", f->error),
        show("rip", f->rip);
    show("pd", *half(own + MMP_XFRAME_PD)), show("info", info), show("addr", addr), show("gate", gate);
    show("fb", *quad(own + MMP_XFRAME_FB)), show("xsp", xsp), show("flags", f->rflags & FLAGS);
    show("rsp", f->rsp), show("rax", f->rax), show("rcx", f->rcx), show("rdx", f->rdx), show("rbx", f->rbx),
        show("rbp", f->rbp);
    show("rsi", f->rsi), show("rdi", f->rdi), show("memory", memory_hash());
    print("\n");
}

/* ---- Between the operations ---- */

static void supervisor_op(const struct op *op, struct frame *f)
{
    uint64_t xsp = world_msr_read(MMP_MSR_XSP), own_frame = xsp - MMP_XFRAME_BYTES;
    uint64_t used = (xsp - CALLSTACK) / MMP_XFRAME_BYTES;

    switch (op->kind) {
    case K_PERM:
        perm(op);
        break;
    case K_ENTRY:
        entry(op);
        break;
    case K_MERGE:
        merge(op);
        break;
    case K_OWN:
        own(op->domain);
        break;
    case K_DESCRIPTOR:
        spoil(op);
        break;
    case K_STACK:
        if (op->value & 1)
            world_msr(MMP_MSR_SL, op->value & 2 ? STACK : op->addr);
        if (!(op->value & 1) || op->value & 4)
            *quad(own_frame + MMP_XFRAME_FB) = op->value & 8 ? STACK_END : op->addr;
        break;
    case K_RSP:
        f->rsp = op->value % 4 < 2 ? *quad(own_frame + MMP_XFRAME_FB) - 8 * (op->value >> 2 & 3)
                                   : op->addr & ~(uint64_t)(op->value % 4 == 2 ? 7 : 0);
        break;
    case K_RUN:
        *half(own_frame + MMP_XFRAME_PD) = ID(op->domain);
        break;
    case K_GATE:
        gate_set(op->count, op->value);
        break;
    case K_ALIGN:
        align = 3 + (unsigned)(op->value % 10);
        world_msr(MMP_MSR_CTL, (uint64_t)align << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
        break;
    case K_LIMIT:
        used += 1 + op->value % 8;
        world_msr(MMP_MSR_XLIMIT, CALLSTACK + (used > FRAMES ? FRAMES : used) * MMP_XFRAME_BYTES);
        break;
    }
}

/* Where the frame leads to: a valid domain, at its privilege, in that slot. */
static void go_on(struct frame *f, unsigned index)
{
    uint64_t own_frame = world_msr_read(MMP_MSR_XSP) - MMP_XFRAME_BYTES;
    uint16_t *pd = half(own_frame + MMP_XFRAME_PD);

    if (*pd == 0 || !domain_valid(*pd)) /* invariant 3 */
        *pd = ID(1);
    f->cs = *pd & MMP_PD_USER ? 0x1b : 0x08;
    f->ss = f->cs + 8;
    f->rip = SLOT_ADDR(index);
    f->rflags &= FLAGS | 2;
}

bool supervisor_event(const struct program *p, struct frame *f)
{
    uint64_t in = f->rip - CODE;
    unsigned slot = in < CODE_END - CODE ? (unsigned)(in / SLOT) : 0;
    unsigned cursor = f->rdx < p->ops ? (unsigned)f->rdx : 0;
    bool in_slot;

    if (f->vector == 0x30 && slot == OPS + 1) { /* domain 0's own sequence, entered by a gate */
        event_note(p, f, slot);
        return true;
    }
    in_slot = slot >= cursor && slot <= OPS && in < CODE_END - CODE;
    if (in_slot)
        cursor = slot;
    event_note(p, f, cursor);
    if (!(in_slot && cursor < p->ops && p->op[cursor].kind >= K_FIRST))
        cursor++;
    while (cursor < p->ops && p->op[cursor].kind >= K_FIRST)
        supervisor_op(&p->op[cursor++], f);
    if (cursor >= p->ops) {
        note(memory_hash());
        return false;
    }
    go_on(f, cursor);
    return true;
}

/* ---- At first ---- */

static void memory_start(void)
{
    for (uint64_t addr = PLAIN; addr < ANY_END; addr += 8)
        *quad(addr) = addr * 0x0101010101010101u | 0x8080808080808080u;
    for (uint64_t addr = STACK - 4096; addr < STACK_END + 4096; addr += 8)
        *quad(addr) = addr * 0x0203040506070809u | 0x8080808080808080u;
    for (uint64_t addr = SUPERVISOR_STACK - 1024; addr < SUPERVISOR_STACK; addr += 8)
        *quad(addr) = 0;
    for (uint64_t addr = CALLSTACK; addr < CALLSTACK + (FRAMES + 1) * MMP_XFRAME_BYTES; addr += 8)
        *quad(addr) = 0;
    for (uint64_t addr = root_of(1); addr < POOL; addr += 8)
        *quad(addr) = 0;
    for (uint64_t addr = GATES; addr < GATES + 0x1000; addr += 8)
        *quad(addr) = 0;
    for (unsigned i = 0; i < 16; i++)
        *quad(DOMAIN_TABLE + 8 * i) = 0;
}

/* A page of each region is nobody's, one kind's, or by words. */
static void rights_start(unsigned domain)
{
    for (uint32_t page = PLAIN & ~4095u; page < ANY_END; page += 4096) {
        unsigned perms = page < PLAIN_END ? 3 : 4, perm = (unsigned)program_below(perms);
        uint32_t entry = mid_entry(domain, page);

        if (page >= PLAIN_END && page < ANY)
            continue;
        if (program_below(3) != 0) {
            *word(entry) = all(perm);
        } else {
            perm_set(domain, page, page + 4096, perm);
            for (unsigned i = 0; i < 4; i++) {
                uint32_t start = page + (uint32_t)program_below(1024) * 4,
                         end = start + 4 + (uint32_t)program_below(64) * 4;

                perm_set(domain, start, end > page + 4096 ? page + 4096 : end,
                         (unsigned)program_below(perms));
            }
        }
    }
    for (uint32_t page = CODE; page < CODE_END; page += 4096)
        *word(mid_entry(domain, page)) = MMP_BITMAP_ALL(MMP_PERM_RX);
    if (program_below(4) == 0)
        perm_set(domain, SLOT_ADDR(program_below(OPS)), SLOT_ADDR(OPS),
                 MMP_PERM_RX); /* by words, some of them */
    *word(mid_entry(domain, GATES)) = MMP_BITMAP_ALL(MMP_PERM_RX);
    if (program_below(3) == 0) {
        *word(mid_entry(domain, GATES)) = 0;
        for (unsigned i = 0; i < OPS; i++)
            if (program_below(4) != 0)
                perm_set(domain, GATES + 32 * i, GATES + 32 * i + (program_below(2) ? 4 : 32), MMP_PERM_RX);
    }
}

void supervisor_start(const struct program *p, struct frame *f)
{
    supervisor_hash = 0;
    pool = POOL;
    align = 3 + (unsigned)program_below(10);
    memory_start();
    for (unsigned domain = 1; domain <= DOMAINS; domain++) {
        rights_start(domain);
        own(domain);
    }
    for (unsigned i = 0; i < OPS; i++)
        gate_set(i, program_random());
    emit(p);

    world_msr(MMP_MSR_STACK, 0);
    world_msr(MMP_MSR_SL, STACK);
    world_msr(MMP_MSR_FB, STACK_END);
    world_msr(MMP_MSR_XBASE, CALLSTACK);
    world_msr(MMP_MSR_XLIMIT, CALLSTACK + FRAMES * MMP_XFRAME_BYTES);
    world_msr(MMP_MSR_XSP, CALLSTACK + MMP_XFRAME_BYTES);
    world_msr(MMP_MSR_DTBASE, DOMAIN_TABLE);
    world_msr(MMP_MSR_DTCOUNT, DOMAINS + 1);
    world_msr(MMP_MSR_GWLO, GATE_WINDOW);
    world_msr(MMP_MSR_GWHI, GATE_WINDOW + 0x400000);
    world_msr(MMP_MSR_S0, SUPERVISOR_STACK);
    world_msr(MMP_MSR_SEL, 0x00180008);
    world_msr(MMP_MSR_CTL, (uint64_t)align << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
    invalidate(0, true, 0, 32);
    world_msr(MMP_MSR_TRACE_BASE, RING);
    world_msr(MMP_MSR_TRACE_SIZE, program_below(3) == 0   ? 0
                                  : program_below(2) == 0 ? 64
                                                          : RING_RECORDS * MMP_TRACE_BYTES);
    world_msr(MMP_MSR_TRACE_COUNT, recorded = program_below(1000));
    world_msr(MMP_MSR_STACK, 0); /* the first record */

    *quad(CALLSTACK + MMP_XFRAME_FB) = STACK_END;
    *half(CALLSTACK + MMP_XFRAME_PD) = ID(1 + program_below(DOMAINS));
    *half(CALLSTACK + MMP_XFRAME_KIND) = MMP_XFRAME_INTERRUPT;
    *f = (struct frame){.rsp = STACK_END - 8 * (1 + program_below(64)), .rflags = 2};
    for (unsigned i = 0; i < p->ops && p->op[i].kind >= K_FIRST; i++)
        supervisor_op(&p->op[i], f);
    go_on(f, 0);
}
