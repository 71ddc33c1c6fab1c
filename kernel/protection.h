/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The protection interface: all that the kernel knows of the hardware that keeps domains apart. kernel/mmp/
 * is its first implementation; nothing that includes this header may know which one it is.
 *
 * A *slot* is 4 MiB of addresses. A *view* is one way to see a slot. A *domain* (struct pd) selects one view
 * for each slot. An *id* (struct pd_id) is what gates and call stacks name; any number of ids may name one
 * domain.
 *
 * Growing a right takes effect at once; after shrinking one, or before a domain is used for something else,
 * call pd_forget or memory_forget. The layout does; nobody else changes a view once components run.
 */
#ifndef KERNEL_PROTECTION_H
#define KERNEL_PROTECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "memory_map.h"

/* Rights of a word, as components name them: MMP_PERM_* in shoji/supervisor.h's mmp_set_perm. */
enum right { RIGHT_NONE = 0, RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_EXECUTE = 3 };

/* ---- Views ---- */
struct view {
    uint32_t word; /* opaque; 0: nothing of the slot is granted */
};
#define VIEW_NONE ((struct view){0})
#define VIEW_UNIFORM_STEP 0x80000u /* bytes of view_uniform are a multiple of it */

struct view view_uniform(uint32_t bytes,
                         enum right right); /* the first bytes of a slot, all alike; costs no memory */
long view_create(struct view *out);         /* a table of its own, nothing granted. SHOJI_EMEMORY */
void view_destroy(struct view view);        /* of view_create's; no domain selects it any more */
bool view_is_table(struct view view);
/* Can view_set do this without running out of memory? SHOJI_OK or SHOJI_EMEMORY. */
long view_reserve(struct view view, uint32_t address, uint32_t bytes);
/* Sets the words of [address, address + bytes), both multiples of 4, in one slot. It has been reserved. True:
 * a right shrank. */
bool view_set(struct view view, uint32_t address, uint32_t bytes, enum right right);
/* Whole pages of a table, of which nobody may use a word; and they keep room for the rights of each, so that
 * view_set_kept needs none. Until view_set sets a whole page. SHOJI_EMEMORY: nothing has happened. */
long view_keep(struct view view, uint32_t address, uint32_t bytes);
bool view_set_kept(struct view view, uint32_t address, uint32_t bytes, enum right right);
/* Words get RIGHT_NONE without anything reserved: if there is no memory to tell them from their neighbours,
 * those of the same 512 bytes get it too. True: a right shrank. */
bool view_take(struct view view, uint32_t address, uint32_t bytes);
enum right view_right(struct view view, uint32_t address);
/* Has every word that [address, address + bytes) touches at least this right? Execute and write both include
 * read. */
bool view_covers(struct view view, uint32_t address, uint32_t bytes, enum right right);
/* The short way of view_covers and view_set for whole pieces of 64 bytes in one page where `to` has words set
 * already: false if this is no such case, or if `owner` does not cover it; then nothing has happened. What shrank has been forgotten. */
bool view_lend(struct view owner, struct view to, uint32_t address, uint32_t bytes, enum right right);
/* The stronger of two uniform views of one slot. */
struct view view_stronger(struct view a, struct view b);
/* Adds to `into` (a table) what `from` (a table) grants more than it. First comes view_add_reserve for each
 * `from`, all with one *budget, which begins as view_budget() and of which every view_create takes a table.
 */
struct view_budget {
    unsigned tables, leaves;
};
struct view_budget view_budget(void);
struct view_budget view_used(void); /* what has been taken of it */
/* What a table and what a leaf takes. */
#define VIEW_TABLE_BYTES 4096u
#define VIEW_LEAF_BYTES 256u
long view_add_reserve(struct view from, struct view_budget *budget);
void view_add(struct view into, struct view from);

/* ---- Domains ---- */
struct pd {
    uint8_t number; /* 1 to PD_COUNT - 1; 0: the supervisor */
};
struct pd_id {
    uint16_t value;
};

void pd_select(struct pd pd, unsigned root_slot, struct view view); /* root_slot: address / SLOT_BYTES */
struct view pd_selected(struct pd pd, unsigned root_slot);
/* Many at once: root slots first + n for each bit n of `slots`. */
void pd_select_same(struct pd pd, struct pd like, unsigned first, uint64_t slots);
void pd_select_none(struct pd pd, unsigned first, uint64_t slots);
unsigned pd_bytes(void);                     /* memory that the hardware's structures of one domain take */
struct pd_id pd_tag(struct pd pd);           /* the id of the domain itself */
struct pd_id pd_home(uint32_t component);    /* the id by which gates name a component, 1 to 255 */
uint8_t pd_home_of(struct pd_id id);         /* that component; 0: the supervisor */
void pd_name(struct pd_id id, struct pd pd); /* id names this domain from now on */
void pd_name_each(const struct pd_id ids[64], uint64_t which, struct pd pd); /* ids[n] for each bit n */
void pd_name_tags(const uint64_t numbers[2], struct pd pd); /* the tags of the domains with these numbers */
void pd_unname(struct pd_id id);                            /* id names nothing */
void pd_close(struct pd_id id);      /* no gate leads into it until it is named again; pd_named still tells */
struct pd pd_named(struct pd_id id); /* number 0 if it names nothing */
void pd_forget(struct pd pd);        /* the hardware forgets what it caches of the domain */
void memory_forget(uint32_t address, uint32_t bytes); /* the same for some addresses in every domain */
/* The domain whose tag an id is; number 0 if it is no tag. */
struct pd pd_of_tag(uint16_t id);

/* ---- Devices: what they read and write by themselves (DMA) ---- */
/* Can the hardware check it? Else a device may do everything. */
bool protection_checks_devices(void);
/* The domain of the n-th device, 0 to PD_DEVICES - 1: one that no component is in and no call stack names.
 * pd_named does not know it. It selects nothing at first. */
struct pd pd_of_device(unsigned device);
/* The PCI function with that requester id may access what the domain may, from its next access on. Once it was denied something it may access
 * nothing, until this is called again. */
void protection_device_check(uint16_t requester, struct pd pd);
struct protection_device_fault {
    uint8_t kind;   /* MMP_FAULT_* */
    uint8_t access; /* 0 load, 1 store */
    uint16_t requester;
    uint64_t address; /* first word denied */
    uint64_t count;   /* accesses denied since boot, of all devices */
};
/* The first access that was denied since the last call; false: none was. */
bool protection_device_fault(struct protection_device_fault *out);

/* ---- Gates: records of GATE_BYTES in a component's gate space ---- */
struct gate {
    uint32_t target;     /* first instruction of the function */
    struct pd_id server; /* home of the server; PD_SUPERVISOR_ID */
    uint32_t badge;      /* what the function finds in rax */
    uint64_t invocations, gated;
};
#define PD_SUPERVISOR_ID ((struct pd_id){0})
#define PD_NOBODY_ID ((struct pd_id){0xffff}) /* names nothing, ever: a gate that leads nowhere */
void gate_write(uint32_t address, const struct gate *gate);
struct gate gate_read(uint32_t address);
/* How often it was crossed to another component: 0 if it leads to the supervisor. */
uint64_t gate_crossings(uint32_t address);

/* ---- A thread's stack registers and its cross-domain call stack ---- */
struct call_stack {
    uint64_t limit;      /* lowest byte of the thread's stack */
    uint64_t frame_base; /* of the current activation */
    uint64_t base, end,
        top; /* frames: [base, top) used, [top, end) free; of the running thread see call_stack_save */
};
enum frame_kind { FRAME_NONE, FRAME_CALL, FRAME_INTERRUPT };
struct frame {
    enum frame_kind kind;
    uint16_t id;         /* who called, or was interrupted */
    uint64_t rip, rsp;   /* where it returns to */
    uint64_t frame_base; /* the caller's */
    uint64_t gate;       /* FRAME_CALL: the gate that was entered, 0 at the base */
};
#define CALL_FRAME_BYTES 128

void call_stack_switch(struct call_stack *to);    /* saves the running one where it came from */
void call_stack_save(struct call_stack *running); /* brings its descriptor up to date */
void call_stack_load(
    const struct call_stack *running); /* the other way round: the registers become what it says */
/* The n-th frame from the top (0 is the top) of a stack that is saved; FRAME_NONE below the base. */
struct frame call_stack_frame(const struct call_stack *stack, unsigned n);
/* Where the running stack's top frame, a call's, returns to. */
uint64_t call_stack_return_address(void);
/* Adds to `named` (a bit for each domain number) the domains whose tags the frames name. */
void call_stack_named(const struct call_stack *stack, uint64_t named[2]);
/* Makes a stack, not running, look as if `id` had been interrupted with nothing below but a call frame whose
 * return goes to rip in the supervisor; that address is put on the thread's stack too. Returns rsp for the
 * interrupted code. */
uint64_t call_stack_start(struct call_stack *stack, uint64_t stack_end, struct pd_id id, uint64_t rip);
/* Of the running stack: drops the top frame, which is an interrupt's; the supervisor is now as if called by
 * the frame below. */
void call_stack_drop_interrupt(void);
/* Of a stack that is saved: drops the top frame; what is below is as if the supervisor had been called. */
void call_stack_drop(struct call_stack *stack);
/* Of a stack that is saved: the n-th frame from the top, a call's, returns to `rip` in the supervisor, and
 * names no domain. */
void call_stack_divert(struct call_stack *stack, unsigned n, uint64_t rip);
/* Of a stack that is saved: the n-th frame from the top returns to whatever `id` names by then. */
void call_stack_rename(struct call_stack *stack, unsigned n, struct pd_id id);
/* Of a stack that is saved and was interrupted: one tick more for the invocation that ran. Returns how many
 * it has had, at most CALL_TICKS_MAX. A new invocation begins with none. */
unsigned call_stack_tick(struct call_stack *stack);
#define CALL_TICKS_MAX 1023u

/* Of a stack that is saved: a call frame below the top one, which it is like, but that it returns to `rip` in the supervisor. */
void call_stack_insert(struct call_stack *stack, uint64_t rip);
bool call_stack_has_room(const struct call_stack *stack); /* for that */
/* Of a stack that is saved: without its n-th frame from the top. */
void call_stack_remove(struct call_stack *stack, unsigned n);
/* Of a stack that is saved: whoever the top frame is about goes on with another frame base. */
void call_stack_rebase(struct call_stack *stack, uint64_t frame_base);

/* Words of the running thread's stack that a domain may use beside its own frames, until another thread runs. */
struct stack_grant {
    struct pd_id tag;
    uint32_t address, bytes; /* multiples of 4, less than 64 KiB */
    enum right right;        /* read or write */
};
#define STACK_GRANTS 8u
void stack_grants_set(const struct stack_grant grants[], unsigned count); /* these, and no others */

/* ---- Records of what crosses, made by the hardware; off at first ---- */
enum record_kind {
    RECORD_CALL = 1,  /* an invocation into another domain: place is the gate, stack what the caller's stack
                         pointer will be after the return */
    RECORD_PASS,      /* one within the domain: likewise. Its return is not recorded */
    RECORD_RETURN,    /* from a RECORD_CALL: stack as said there, place is its gate */
    RECORD_INTERRUPT, /* or an exception: stack and place are the stack pointer and the instruction */
    RECORD_RESUME,    /* of what was interrupted: likewise */
    RECORD_STACK,     /* call_stack_switch to the one at place */
};
#define PROTECTION_RECORD_BYTES 32u
struct protection_record {
    uint64_t time;         /* the processor's time stamp */
    uint64_t stack;
    uint32_t place;
    uint32_t instructions; /* executed since boot, the lower half */
    enum record_kind kind;
    struct pd from, to;    /* domains that ran before and after */
};
/* From now on, into these bytes: a power of two, and nobody's. The latest records are kept. */
void protection_record_start(uint64_t address, uint64_t bytes);
void protection_record_stop(void);
uint64_t protection_record_count(void); /* made since it was started */
/* One of those that are kept. */
struct protection_record protection_record(uint64_t number);

/* ---- The whole ---- */
/* True if the hardware has it. Then: everything off until protection_start. */
bool protection_present(void);
/* From here on accesses of components are checked. Gates lie in [gates_from, gates_end). */
void protection_start(struct call_stack *first, uint64_t supervisor_stack);
/* `global` is a slot that every domain sees through this view; before any domain is made. */
void protection_global(unsigned root_slot, struct view view);

struct protection_fault {
    uint8_t kind;   /* MMP_FAULT_* */
    uint8_t access; /* 0 load, 1 store, 2 fetch */
    uint16_t id;
    uint32_t size;
    uint64_t address, gate;
};
struct protection_fault protection_fault(void);
const char *protection_fault_text(uint8_t kind);
bool protection_fault_is_closed(uint8_t kind); /* a gate whose server's id names nothing, or is closed */
bool protection_fault_is_access(uint8_t kind); /* a load, store or fetch of `size` bytes at `address` */
#define PROTECTION_VECTOR 22

struct protection_counters {
    uint64_t instructions, gated, passed, returns, faults, switches, mixed;
    uint64_t cycles; /* where the hardware tells none: instructions */
};
void protection_counters(struct protection_counters *out);

#endif
