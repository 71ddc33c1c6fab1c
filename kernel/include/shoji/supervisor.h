/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor calls: gates into domain 0. To a component they are ordinary undefined symbols; the loader grants a gate
 * only where the system manifest draws an edge from the component to `supervisor` for that call's group
 * (edge CLIENT supervisor:GROUP). At most six words, in registers. Structures are passed by address; the supervisor
 * checks that the caller's component could itself write (or read) every byte of them, else SHOJI_EINVAL.
 */
#ifndef SHOJI_SUPERVISOR_H
#define SHOJI_SUPERVISOR_H

#include <stdint.h>

#include "shoji/status.h"

typedef uint32_t component_t; /* id as in the manifest, 1 to 255; 0 is the supervisor */
typedef uint32_t thread_t;    /* 0 is the scheduler's upcall thread */

#define SHOJI_NAME_BYTES 32

/* ---- Global read-only page, present in every domain (HotOS 3.1, global read-only export) ---- */
struct shoji_global {
    volatile uint64_t ticks;   /* timer ticks since boot */
    uint64_t tick_us;          /* microseconds a tick */
    volatile thread_t current; /* thread that runs */
    volatile uint64_t moves;   /* how often walls have moved since boot: merges, splits, partitions */
};
/* The loader resolves this symbol for every component. */
extern const struct shoji_global shoji_global;

/* ---- group console: terminal_printer ---- */
/* Writes length (1 to 32) bytes, which lie in w0..w3 in memory order, to the serial console. */
long sup_console_write(uint64_t length, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);

/* ---- group terminal: mpd_manager ---- */
/* What was typed at the serial console: up to `bytes` of it, at most SUP_CONSOLE_READ_BYTES. Returns how many; 0: nothing, and whoever waits for
 * SUP_EVENT_CONSOLE (sched_line_wait) goes on when something comes. Nothing is received before the first call. What nobody takes waits in
 * the line. */
#define SUP_CONSOLE_READ_BYTES 1024u
long sup_console_read(char *to, uint64_t bytes);
/* A last line that stays below whatever is printed, until it is set again: 0 bytes, none. It does not end with a newline. */
#define SUP_CONSOLE_FOOT_BYTES 256u
long sup_console_foot(const char *text, uint64_t bytes);
struct sup_console {
    uint64_t received;      /* bytes that came since boot */
    uint64_t received_lost; /* those that the line had no room for, at least */
    uint64_t written_lost;  /* bytes that were written and that the line did not take in time */
    uint64_t kept, room;    /* bytes that it has still to take; that could be written besides, and none lost */
};
/* What has become of the characters. SHOJI_EINVAL. */
long sup_console_state(struct sup_console *out);

/* ---- group memory: memory_mapper ---- */
/* Gives `owner` bytes (rounded up to pages) of zeroed memory, contiguous to what it got before. Returns the address.
 * HotOS 3.1 mmp_alloc, on behalf of the owner. SHOJI_EMEMORY past the owner's budget. */
long mmp_alloc(component_t owner, uint64_t bytes);
/* The same at a place: whole pages of the owner's heap of which it has none, zeroed. SHOJI_EBUSY: it has one of them; SHOJI_EINVAL: no
 * pages, or none of its heap; SHOJI_EMEMORY: past its budget. */
long mmp_alloc_at(component_t owner, uint64_t address, uint64_t bytes);
/* Takes whole pages of its heap from the owner, wherever they lie in what it was given; nobody has any right to them then, whoever
 * was lent them. SHOJI_EINVAL; SHOJI_EPERM: not all of them are the owner's. */
long mmp_free(component_t owner, uint64_t address, uint64_t bytes);
/* What the owner has and may have, in bytes: budget << 32 | used. */
long sup_memory_used(component_t owner);

/* ---- group share: any component, for memory it owns ---- */
/* Sets the permission (MMP_PERM_*) of `to`, a component or a group, for the words of [address, address + bytes); both multiples of 4.
 * HotOS 3.1 mmp_set_perm: owner only, and no more than it has itself. It lasts whatever merges and splits. The owner may set its own, too, for
 * what it has from mmp_alloc or mmp_mem_chown: none, read, write. SHOJI_EPERM, SHOJI_ENOENT, SHOJI_EINVAL, SHOJI_EMEMORY.
 * MMP_PERM_RX for words that the owner may write: only whole pages in the slot of a component that it has made, only for that one, and
 * nobody may write them then; to change them, it takes that back and gives itself MMP_PERM_RW.
 * `to` PD_ALL: everybody, also those that will be made later (HotOS 3.1, global read-only export): MMP_PERM_RO, or MMP_PERM_NONE to end it.
 * With SUP_PERM_TRANSITIVE the receiver may pass on what it got, or less: then it calls this itself for those words, at most 64 KiB at a
 * time. It cannot change what others gave, nor give to the owner or to those from whom it has it (SHOJI_EPERM). It can until the owner
 * sets its permission for any of the words again; what it has passed on by then stays, till the owner takes it back. SHOJI_EMEMORY: more
 * of these than the supervisor remembers. */
#define SUP_PERM_TRANSITIVE 0x100u
#define PD_ALL 0xffffffffu
long mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);
/* Mondrix's name for it, without the right to pass on. */
long mprot_export(uint64_t address, uint64_t bytes, uint32_t prot, component_t to);

/* Whole pages that the caller owns (not of its image, not kept) are `to`'s, and so is their part of the caller's budget. Nobody's
 * permissions change, the caller's included: `to` decides about them from now on; a right to pass on ends. HotOS 3.1. SHOJI_EPERM,
 * SHOJI_ENOENT, SHOJI_EINVAL, SHOJI_EMEMORY. */
long mmp_mem_chown(uint64_t address, uint64_t bytes, component_t to);

/* Words of the caller's frame on the stack that runs, between its stack pointer and its return address, for `to` to read or to write until
 * the caller's invocation returns, or takes them back (MMP_PERM_NONE): an argument passed by its address. `exclusive`: nobody else may use
 * them any more. For the caller itself (MMP_PERM_RW, exclusive): all others lose them; its frame is its alone without that.
 * HotOS 3.2 mmp_supr_set_perm; Mondrix's stack permissions. SHOJI_EPERM: no words of that frame; SHOJI_EMEMORY: at most six of these at once
 * in an invocation, fewer where those that called it have some; SHOJI_ENOENT, SHOJI_EINVAL. */
long mmp_supr_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, uint32_t exclusive, component_t to);

/* Group domains (Mondrix). Returns an id for mmp_set_perm and mprot_export: what is exported to it, by whomever, is its members', while
 * they are in it. The caller owns it. SHOJI_EMEMORY. */
#define SUP_GROUP_FIRST 0x10000u
long mmp_alloc_group(void);
/* Owner only: it is no more; who may join; who may not any more, and leaves if it has. SHOJI_ENOENT, SHOJI_EPERM. */
long mmp_free_group(component_t group);
long mmp_group_admit(component_t group, component_t component);
long mmp_group_expel(component_t group, component_t component);
/* The caller joins, leaves. SHOJI_EPERM: it was not admitted; SHOJI_ESAME: it is in it, or is not; SHOJI_EMEMORY. */
long mmp_group_join(component_t group);
long mmp_group_leave(component_t group);

/* Takes these words of the caller's own back from all who were given them, directly or not. SHOJI_OK also if nobody was. */
long sup_take_back(uint64_t address, uint64_t bytes);

/* Who is behind a gate of the caller's: its id, for mmp_set_perm, and its name. SHOJI_ENOENT: the supervisor, or nobody any more;
 * SHOJI_EINVAL: not the address of a gate of the caller's. */
long sup_gate_server(uint64_t gate, char name[SHOJI_NAME_BYTES]);

/* ---- group pd: components that make others ---- */
/* HotOS 3.1 mmp_alloc_PD: a protection domain, as a component without an image, whose id it returns. It may do nothing, and owns nothing; its
 * budget of `memory` bytes, a multiple of 4 KiB, is taken from the caller's. `name` as in a manifest, at most 31 characters, or 0.
 * Its slot, where code for it must lie, is what mmp_pd_slot says. SHOJI_EPERM: a user domain makes no kernel domain; SHOJI_EBUSY: the name is
 * taken; SHOJI_EINVAL, SHOJI_EMEMORY. */
#define SUP_PD_USER 1u
#define SUP_PD_KERNEL 2u
long mmp_alloc_PD(uint32_t kind, uint64_t memory, const char *name);
/* The first address of its slot: 0x3f0000 bytes from there may be allocated. SHOJI_ENOENT, SHOJI_EPERM. */
long mmp_pd_slot(component_t pd);
/* It is no more, nor, if recursive, is what it made; else that is its maker's. Invocations in flight there end with SHOJI_EFAULT, gates into
 * it lead nowhere, what it owns is nobody's, its budget goes back. What others own of its slot stays theirs. SHOJI_EPERM: the caller has
 * not made it, directly or not; SHOJI_EBUSY: it was merged with others, and an invocation is in both; SHOJI_ENOENT, SHOJI_EMEMORY. */
long mmp_free_PD(component_t pd, uint32_t recursive);
/* One that has failed: whoever invokes it gets SHOJI_EFAULT at once, until who made it has put its memory right and calls this.
 * SHOJI_ESAME: it runs. */
long mmp_open_PD(component_t pd);
/* One that has failed owns nothing any more, what it gave to others is taken back, and its heap begins anew. What others own of its slot stays
 * theirs, and its gates stay. SHOJI_EBUSY: it runs, or has made others. */
long mmp_reset_PD(component_t pd);
/* MMP_PERM_RX: `to` may invoke `function`, by the gate whose address is returned. It is a function of the caller's, or of a component
 * that it has made, directly or not; or a gate of the caller's own that it may pass on: by an edge with `transitive` in the manifest, or given with
 * SUP_PERM_TRANSITIVE. `to` is what the caller has made, itself, or a component of the manifest with an edge to the caller. MMP_PERM_NONE takes
 * it back: invoking the gate ends with SHOJI_ECLOSED, and so it does when whoever passed it on has it no longer. SHOJI_EPERM,
 * SHOJI_EINVAL: no such function; SHOJI_ENOENT: no such component, or nothing to take; SHOJI_EMEMORY: no room for gates. */
long mmp_set_gate(uint64_t function, uint32_t perm, component_t to);
/* The same by name, for a function that `of`, a component of the manifest, exports, and to which the caller's edge says `transitive`: it needs no gate itself.
 * The gate's address. SHOJI_ENOENT: `of` offers no such function, or one of the two is not there; SHOJI_EPERM: no such edge, or `to` takes no gates
 * of the caller; SHOJI_EINVAL: no name; SHOJI_EMEMORY. */
long mmp_pass_gate(component_t of, const char *function, component_t to);
/* How much processor time one invocation may take in what the caller has made, in milliseconds as in a manifest; at first as much as in its
 * maker. More is a fault of its. SHOJI_EINVAL: less than 20 or more than 10000; SHOJI_ENOENT, SHOJI_EPERM. */
long mmp_time_PD(component_t pd, uint32_t milliseconds);
/* Another name for what the caller has made. SHOJI_EBUSY: it is taken; SHOJI_ENOENT, SHOJI_EPERM, SHOJI_EINVAL. */
long mmp_name_PD(component_t pd, const char *name);
/* Of which file that is an image, in pages of the caller's: reports name its functions and lines then, and sup_gate its functions. It is looked at
 * when they are needed, as far as it is a component's file then, and the pages still the caller's. 0 bytes: no more. SHOJI_EINVAL: no such file, or not
 * in the caller's pages; SHOJI_ENOENT, SHOJI_EPERM. */
long mmp_file_PD(component_t pd, const void *file, uint64_t bytes);
/* In this group mmp_alloc, mmp_alloc_at and mmp_free are for the caller and what it has made: else SHOJI_EPERM. A place may also be in the
 * slot of what the owner has made. */

/* ---- group heap: components whose line in the manifest says `heap slab` or `heap guard`; used by the runtime's malloc ---- */
/* The setting, as the value of a symbol that the loader resolves: &shoji_heap is 0 (plain; the calls are 0 too then), 1 or 2. */
#define SUP_HEAP_PLAIN 0u
#define SUP_HEAP_SLAB 1u
#define SUP_HEAP_GUARD 2u
extern const char shoji_heap[] __attribute__((weak));
/* Whole pages of the caller's heap: nobody may use them, until they are opened; then the caller may. SHOJI_EINVAL: no pages;
 * SHOJI_EPERM: not all of them are in its heap; SHOJI_EBUSY: one is kept. */
long sup_heap_close(uint64_t address, uint64_t bytes);
long sup_heap_open(uint64_t address, uint64_t bytes);
/* The same pages are *kept* word by word from now on, till they are given back (mmp_free): nobody may use any of their words but those
 * of allocations. SHOJI_EMEMORY: the supervisor can keep no more. */
long sup_heap_keep(uint64_t address, uint64_t bytes);
/* Words of kept pages become an allocation. Each may be used once it has been stored to, and before that not be read; if `written` is
 * not 0, at once. A word before and one behind are in no allocation (SHOJI_EBUSY) and in kept pages (SHOJI_EINVAL). A store of a
 * part of a word makes all of it readable; an instruction that loads and stores is a load first. Words that were not written cannot
 * be given to others. */
long sup_heap_alloc(uint64_t address, uint64_t bytes, uint32_t written);
/* As if the words had been stored to, all at once. SHOJI_EPERM: they are not all of one allocation. */
long sup_heap_written(uint64_t address, uint64_t bytes);
/* The allocation that begins at `from` is one of `bytes` at `to` from now on, which may be `from`; with as much of its contents as there
 * is room for: what was written stays it, what was not is not. SHOJI_EINVAL: none begins there; SHOJI_EBUSY, as above. */
long sup_heap_move(uint64_t from, uint64_t to, uint64_t bytes);
/* Nobody may use the allocation that begins there any more, whoever was given rights to it. Returns its bytes. SHOJI_EPERM: it has
 * been freed; SHOJI_EINVAL: none ever began there. */
long sup_heap_free(uint64_t address);
/* The bytes of the allocation that begins there, whole words; SHOJI_EINVAL. */
long sup_heap_size(uint64_t address);

/* ---- group thread: scheduler ---- */
/* Shared with the kernel; lies in the scheduler's memory. While `lock` is set, an interrupt only sets its bit in
 * `pending` and goes back; else the kernel sets lock and resumes thread 0, the upcall thread. */
struct sup_sched {
    volatile uint32_t lock;
    volatile uint32_t pending; /* bit SUP_EVENT_*: an interrupt that nobody has looked at */
    /* A bit for each thread that must not go on waiting: an invocation below the one it waits in has ended with its component. The
     * kernel sets them, together with SUP_EVENT_CUT in pending, and clears them. */
    volatile uint64_t cut;
    /* sup_idle goes on over timer ticks that come before this one, if nothing else does. 0: over none. */
    volatile uint64_t idle_until;
    /* Device lines, by their bits, whose interrupt only sets its bit in pending also while lock is clear: who waits for them is not more
     * urgent than the thread that runs. */
    volatile uint32_t later;
};
/* The upcall thread's entry is `long sched_upcall(void)`, exported by the component that has this group. It is entered for the first
 * time, with lock set and interrupts running, after the last component_init: it picks the first thread to run. When it returns
 * it is entered anew, like any thread's entry; it need not return. It is no gate: nobody can invoke it. */
#define SUP_EVENT_TIMER 0
#define SUP_EVENT_LINE0 1 /* first device line, see sup_device_open */
#define SUP_EVENT_CONSOLE 30 /* something was typed: sup_console_read */
#define SUP_EVENT_CUT 31     /* look at `cut` */
long sup_sched_attach(struct sup_sched *shared);
struct sup_thread {
    char name[SHOJI_NAME_BYTES];
    component_t component;
    uint32_t priority; /* 0 is the highest */
};
/* The manifest's thread number `index` (from 1); SHOJI_ENOENT past the last. It exists but has not run. Its thread_t is index. */
long sup_thread_get(uint32_t index, struct sup_thread *out);
/* Saves the caller and resumes `to`. Returns SHOJI_OK when somebody switches back. If `to` was preempted (or never ran), the kernel
 * clears lock as it resumes it, but if pending is set by then it returns SHOJI_EAGAIN at once instead. A thread that called
 * sup_switch itself comes back with lock still set and clears it. Call with lock set (else SHOJI_EINVAL). SHOJI_ENOENT: no such thread;
 * SHOJI_ECLOSED: the thread faulted too often and will never run again. */
long sup_switch(thread_t to);
/* Stack segments (HotOS 3.2): mmp_alloc(SUP_STACK, bytes), of at most 64 KiB, returns the address of one; the supervisor owns it, the
 * caller is its manager. mmp_free(SUP_STACK, segment, 0): SHOJI_EBUSY unless it is idle. In this group these two are for SUP_STACK only.
 * mmp_set_stack saves the caller, as sup_switch does, and goes on with what is on the segment. An idle one begins: its first frame ends at
 * frame_base, in the segment and a multiple of 16, and `entry`, a function of the caller's, runs there with `argument`. When it returns, the
 * segment is idle again, and who made it active goes on: mmp_set_stack returns what it returned; SHOJI_EFAULT if it failed. If it is not
 * idle, frame_base is 0, and it goes on where it was. segment 0: who made the running one active goes on.
 * cpu is 0. SHOJI_EPERM: another manager's; SHOJI_ENOENT: no segment; SHOJI_EINVAL: lock is not set, or a frame or entry that cannot be;
 * SHOJI_EBUSY: it is not idle; SHOJI_EAGAIN as sup_switch. */
#define SUP_STACK 0x80000000u
long mmp_set_stack(uint64_t segment, uint32_t cpu, uint64_t frame_base, uint64_t entry, uint64_t argument);
/* Waits, with interrupts open, until pending is not zero. Call with lock set. */
long sup_idle(void);

/* ---- group device: vnic ---- */
struct sup_device {
    uint64_t common, notify, isr, config; /* addresses of the four virtio 1.0 structures, granted read-write */
    uint32_t notify_multiplier;
    uint32_t line; /* SUP_EVENT_LINE0 + ...: the scheduler's event bit of its interrupt */
    uint32_t vector; /* MSI-X table entry to write into queue_msix_vector */
};
/* The device that the manifest gives to the caller. */
long sup_device_open(struct sup_device *out);
#define SUP_DMA_NONE 0u
#define SUP_DMA_READ 1u
#define SUP_DMA_WRITE 2u /* and read */
/* What that device may do by itself (DMA) with the words of [address, address + bytes), both multiples of 4: SUP_DMA_*.
 * At first, and whenever its component begins anew, it may do nothing. Words of the caller's own slot, with which it may do that itself; or of
 * the part of a pool that the manifest gives the device. What the caller loses the device loses. SHOJI_ENOENT: no device; SHOJI_EPERM: other
 * words, or a right that is not the caller's or the manifest's to give; SHOJI_EMEMORY. A device that the manifest does not have checked may do
 * everything: then this does nothing.
 * A device that tries what it may not is stopped, and its component rebooted. */
long sup_device_perm(uint64_t address, uint64_t bytes, uint32_t perm);

/* ---- group test: boot tests only ---- */
/* Ends the emulation: QEMU's exit status is (code << 1) | 1 with -device isa-debug-exit,iobase=0xf4,iosize=4. */
long sup_exit(uint64_t code);
/* Does to the component what a fault of its does: all that is in its domain ends and is rebooted. But it is not counted against it: what
 * failed before is forgotten, and one that stayed down runs again. SHOJI_EPERM: this system cannot. */
long sup_kill(component_t component);

/* Walls that move at an instruction: once `after` instructions have passed since this call, or since the interrupt before, an interrupt
 * comes at which the supervisor makes the move. Exactly so under the emulator's -icount shift=0; and if the supervisor runs at that
 * moment, then at its return. A later call takes the place of an earlier one. */
#define SUP_MOVES 64u
#define SUP_MOVE_NONE 0u
#define SUP_MOVE_MERGE 1u /* pd_merge(a, b) and so on */
#define SUP_MOVE_SPLIT 2u
#define SUP_MOVE_MOVE 3u
#define SUP_MOVE_PARTITION 4u
struct sup_test_move {
    uint32_t after; /* 0: at the same interrupt as the move before */
    uint32_t kind;
    component_t a, b;
    uint8_t sets[16]; /* partition, of at most so many components */
};
/* What an interrupt found. */
struct sup_test_hit {
    uint64_t rip;
    uint64_t time; /* instructions since the call of sup_moves_at, and some that are always as many */
    thread_t thread;
    int32_t status; /* of the move */
};
/* At most SUP_MOVES of them. SHOJI_EINVAL: more, or one that is no move. */
long sup_moves_at(const struct sup_test_move *moves, uint32_t count);
/* No move comes any more; how many came, and the first `count` of them. */
long sup_moves_hit(struct sup_test_hit *hits, uint32_t count);
/* SHOJI_OK; SHOJI_EINVAL, and a line on the console, if an invariant of the layout does not hold. Slow. */
long sup_layout_check(void);

/* ---- group trace: stack_trace ---- */
/* Where a thread is: the invocations that it is in, the outermost first. An invocation that found its server in the same domain has left
 * no frame, and is not told. Names are what the components' images say. */
#define SUP_FUNCTION_BYTES 40
#define SUP_FRAMES 16
struct sup_frame {
    component_t component;             /* whose function was entered; 0: the supervisor */
    component_t at;                    /* whose code the thread is in there, or goes back to */
    char function[SUP_FUNCTION_BYTES]; /* the function that was entered */
    char place[SUP_FUNCTION_BYTES];    /* where the thread is in it, or goes back to: function+0xoffset */
};
#define SUP_THREAD_RUNS 0u      /* it is the caller's own */
#define SUP_THREAD_WAITS 1u     /* it is in sup_switch or sup_idle: waits, or has given way to another */
#define SUP_THREAD_PREEMPTED 2u /* by an interrupt; or it has not run yet */
#define SUP_THREAD_OVER 3u
struct sup_trace {
    char name[SHOJI_NAME_BYTES];
    component_t component; /* its entry's */
    uint32_t priority;
    uint32_t state;  /* SUP_THREAD_... */
    uint32_t frames; /* how many there are; the first SUP_FRAMES of them are told */
    struct sup_frame frame[SUP_FRAMES];
};
/* SHOJI_ENOENT past the last thread. */
long sup_thread_trace(uint32_t thread, struct sup_trace *out);

/* ---- group layout: mpd_manager ---- */
#define SUP_RUNS 0u  /* it can be invoked */
#define SUP_DOWN 1u  /* it failed and will be rebooted; invocations of it end with SHOJI_EFAULT at once */
#define SUP_STAYS 2u /* it failed too often and stays down */
#define SUP_REASON_BYTES 96
struct sup_component {
    char name[SHOJI_NAME_BYTES];
    component_t id;
    uint32_t domain; /* current domain's number; equal for components that share one */
    uint64_t memory_used, memory_budget;
    uint64_t faults;
    uint32_t state;   /* SUP_RUNS ... */
    uint32_t reboots; /* since boot */
    char reason[SUP_REASON_BYTES]; /* of its last failure; empty if there was none */
    component_t parent; /* who made it; 0: the manifest */
    uint32_t zero;
};
struct sup_edge {
    component_t client, server; /* server 0: the supervisor */
    uint32_t gates;             /* functions granted */
    uint32_t crossing;          /* 1: client and server are in different domains now */
    uint64_t invocations;       /* since boot */
    uint64_t gated;             /* those of them that crossed domains */
};
struct sup_counters {
    uint64_t instructions, gated, passed, returns, faults, switches, mixed; /* the CPU's own */
    uint64_t merges, splits, stale_domains, domains;
    uint64_t cycles; /* of the processor in model mode; else its instructions */
    uint64_t domain_bytes; /* memory that one domain takes, but for tables that only it needs */
    uint64_t table_bytes;  /* memory that all permission tables take, but for those of domains */
    uint64_t reports;      /* of faults, since boot: see sup_fault */
};
/* How many invocations between components have crossed domains since boot: the edges' `gated` together, but for those to the supervisor, at a
 * fraction of what asking for the edges costs. */
long sup_crossings(void);
/* What the console was told of a fault, in its parts. Texts are empty where there is nothing to say; names of functions are what images claim. */
#define SUP_FAULTS 32u /* so many are kept */
#define SUP_FELL 60    /* all components that there can be */
struct sup_fault {
    uint64_t number, tick;
    component_t component; /* who failed; 0: nobody can tell */
    component_t caller;    /* 0: nobody */
    uint32_t domain;
    uint32_t device;      /* 1: its device did it */
    uint64_t instruction; /* its address; 0 for a device */
    uint32_t fell_count;  /* who is rebooted or closed for it */
    char fell[SUP_FELL][SHOJI_NAME_BYTES];
    /* Names as they were: an id may be another one's by now. */
    char component_name[SHOJI_NAME_BYTES], caller_name[SHOJI_NAME_BYTES];
    char thread[SHOJI_NAME_BYTES];
    char function[80];  /* function+0xoffset */
    char place[80];     /* file:line */
    char owner[120];    /* whose word it was */
    char tried[304];    /* what, and why it failed */
    char allowed[200];  /* what would have allowed it */
    char outcome[304];  /* what happens now */
    char text[496];     /* all of it, as on the console */
};
/* Report number `number`, from 1. SHOJI_ENOENT: there is none, or it is kept no longer. */
long sup_fault(uint64_t number, struct sup_fault *out);
struct sup_gate {
    component_t server;
    uint32_t address; /* of the gate */
    uint64_t invocations, gated;
    char function[SUP_FUNCTION_BYTES]; /* empty: a gate into the supervisor */
};
/* The client's gate number `index`, in an order that stays while it runs: to whom and how often. SHOJI_ENOENT past the last, and for no
 * such client. */
long sup_gate(component_t client, uint32_t index, struct sup_gate *out);
/* Fill up to `count` records; return how many there are. */
long sup_components(struct sup_component *out, uint32_t count);
long sup_edges(struct sup_edge *out, uint32_t count);
long sup_counters(struct sup_counters *out);
/* Does nothing: what a crossing and its return cost. SHOJI_OK. */
long sup_null(void);
/* The manifest's line number `index` (from 0) that is about the policy (label, rule, weight), ended by a NUL. Returns its length;
 * SHOJI_ENOENT past the last, SHOJI_ETOOBIG: `bytes` are too few. */
#define SUP_POLICY_LINE_BYTES 256
long sup_policy_line(uint32_t index, char *out, uint64_t bytes);
/* MPD primitives (TSE11 section 3.1). merge: all components of from's domain move into into's. split: the component
 * gets a domain of its own. All or nothing. SHOJI_ENOENT, SHOJI_ESAME, SHOJI_EMEMORY, SHOJI_EPERM (the supervisor). */
long pd_merge(component_t into, component_t from);
long pd_split(component_t component);
/* What is composed of these two. move: the component leaves its domain for into's; SHOJI_ESAME if it is there. partition: sets[n] is the
 * number, below SUP_SETS, of the set that the n-th component (in the order of sup_components) is in from now on, and each set is a domain
 * of its own; count is the number of components, or of those of the manifest: then those of mmp_alloc_PD are alone. SHOJI_ESAME if it is so already. Also all or
 * nothing: SHOJI_EMEMORY leaves everything as it was. Both count as the merges and splits that they are made of. */
#define SUP_SETS 60u
long pd_move(component_t component, component_t into);
long pd_partition(const uint32_t *sets, uint32_t count);

/* ---- group record: mpd_manager ---- */
/* A *recording*: every invocation, return, interrupt and change of thread, as the hardware records them, and notes of what software does
 * to walls and components. One is made at a time; the last one is kept until the next begins. */
#define SUP_RECORD_OFF 0u /* nothing was ever recorded */
#define SUP_RECORDING 1u
#define SUP_RECORDED 2u
#define SUP_RECORDS 262144u /* the last so many records are kept */
#define SUP_NOTES 1024u     /* and notes */
#define SUP_NO_THREAD 0xffffffffu
struct sup_recording {
    uint32_t state;       /* SUP_RECORD_OFF ... */
    thread_t first_thread; /* that ran when it began */
    uint64_t number;      /* of the recording, from 1 */
    uint64_t records, notes; /* that were made, the kept ones being the last; their numbers begin at 0 */
    uint64_t begin, end;  /* time stamps of the processor; end: now, while it is made */
    uint64_t per_second;  /* how fast they count */
};
#define SUP_RECORD_CALL 1u   /* an invocation into another domain: place is the gate, stack what the caller's stack pointer will be */
#define SUP_RECORD_PASS 2u   /* one within a domain, likewise. Its return is not recorded: it has been when a record of its thread has a
                                stack that is not below */
#define SUP_RECORD_RETURN 3u /* from a SUP_RECORD_CALL: stack as it said */
#define SUP_RECORD_INTERRUPT 4u /* or an exception: stack pointer, and place of the instruction */
#define SUP_RECORD_RESUME 5u    /* of what was interrupted, likewise */
#define SUP_RECORD_THREAD 6u    /* the supervisor goes on for another thread */
#define SUP_RECORD_ENTRY 7u     /* a SUP_RECORD_RESUME with which the thread's entry begins */
struct sup_record {
    uint64_t time, stack;
    uint32_t instructions; /* executed since boot, the lower half */
    uint32_t place;
    thread_t thread;       /* SUP_NO_THREAD: the supervisor's stack */
    uint8_t kind, from, to; /* domains that ran before and after; 0: the supervisor */
    uint8_t zero;
};
#define SUP_NOTE_OPEN 1u   /* at the start the thread was in this invocation: gate, stack as above; gate 0: its entry. The outermost first */
#define SUP_NOTE_PLACED 2u /* the component, with that name (text), is in domain `to` now, not `from`; 0: it is new, it is gone */
#define SUP_NOTE_MERGE 3u  /* other's domain moved into the component's */
#define SUP_NOTE_SPLIT 4u  /* the component left its domain */
#define SUP_NOTE_FAULT 5u  /* of the component, in domain `from`: the report as on the console */
#define SUP_NOTE_DOWN 6u   /* gates into the component are closed; SUP_NOTE_RUNS: open again */
#define SUP_NOTE_RUNS 7u
#define SUP_NOTE_SAID 8u   /* sup_record_say, by the component */
#define SUP_NOTE_TEXT 464
struct sup_note {
    uint64_t time, stack;
    uint64_t at; /* it comes before the record of this number */
    uint32_t kind;
    component_t component, other;
    thread_t thread;
    uint32_t gate;
    uint16_t from, to;
    char text[SUP_NOTE_TEXT]; /* cut to fit */
};
/* For so many microseconds, at most an hour (SHOJI_EINVAL), and to the next tick; 0: until sup_record_stop. The first one since boot takes some milliseconds, to find the processor's speed.
 * SHOJI_EBUSY: one is being made. */
long sup_record_start(uint64_t microseconds);
long sup_record_stop(void); /* SHOJI_ESAME: none is being made */
/* What is being made, or kept. */
long sup_recording(struct sup_recording *out);
#define SUP_RECORDS_ONCE 256u
/* Up to `count`, but not more than SUP_RECORDS_ONCE, of the recording that is kept, from number `first` on. Returns how many; SHOJI_ENOENT: the
 * first is not there, or not any more. SHOJI_EBUSY: one is being made. */
long sup_records(uint64_t first, struct sup_record *out, uint32_t count);
/* The same for notes. */
long sup_notes(uint64_t first, struct sup_note *out, uint32_t count);
/* As sup_edges, with what was counted from the recording's start to its end, to the last invocation. */
long sup_record_edges(struct sup_edge *out, uint32_t count);
struct sup_record_gate {
    component_t client, server;        /* server 0: the supervisor */
    char function[SUP_FUNCTION_BYTES]; /* empty: not known */
};
/* Who may use the gate at that address now, and what it leads to. SHOJI_ENOENT; also if it was another component's that has gone since the
 * recording that is kept, or is made, began. */
long sup_record_gate(uint32_t gate, struct sup_record_gate *out);
/* Any thread, those of the supervisor too, from 0; component: its entry's. SHOJI_ENOENT past the last. */
long sup_record_thread(uint32_t index, struct sup_thread *out);
/* A note, if a recording is being made. SHOJI_ESAME: none is. */
long sup_record_say(const char *text, uint64_t bytes);

#endif
