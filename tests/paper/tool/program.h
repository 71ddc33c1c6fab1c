/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the traced programs have: memory whose every use is recorded, and an allocator that guards each
 * allocation by inaccessible words (WDDD 4.2). A program runs for real; what it does to memory is told to
 * sink as it does it.
 *
 * References are 32 bits wide, as they were on the machines of the papers. Local variables are not recorded:
 * they stand for registers.
 */
#ifndef PAPER_PROGRAM_H
#define PAPER_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

typedef uint32_t ref; /* an address in the arena; 0 is none */

struct sink {
    void (*permission)(unsigned domain, uint32_t addr, uint32_t bytes, unsigned perm);
    void (*reference)(uint32_t addr, uint32_t bytes, bool store);
};
extern struct sink sink;

/* ---- Memory. x is an lvalue in the arena, such as AT(struct net, net)->pins ---- */
#define AT(type, where) ((type *)(void *)(arena + (where)))
#define GET(x) (program_touch(&(x), sizeof(x), false), (x))
#define PUT(x, value) (program_touch(&(x), sizeof(x), true), (void)((x) = (value)))
void program_touch(const void *at, uint32_t bytes, bool store);

/* bytes of the program's static data, zero. */
ref program_static(uint32_t bytes);

/* An allocation of that many bytes, rounded up to words and 8-byte aligned, with an inaccessible word before
 * and after; its words are readable and writable, and not zero. */
ref program_alloc(uint32_t bytes);
/* Its words are inaccessible from now on. */
void program_free(ref at);
/* No allocation is smaller than so many bytes. */
extern uint32_t program_least;
/* All that are still there, in the order of their addresses. */
void program_free_all(void);

struct program_counts {
    uint64_t allocations, frees, bytes; /* bytes: allocated now */
    uint64_t peak;                      /* the most of them */
    uint32_t heap;                      /* addresses that the heap spans, guards included */
};
extern struct program_counts program_counts;

/* A number below limit; the same sequence in each run. */
uint32_t program_random(uint32_t limit);

/* ---- The programs; size scales what they work on, 1 is smallest ---- */
struct program {
    const char *name;
    void (*run)(unsigned size);
};
extern const struct program programs[]; /* ends with a name of NULL */
void place_run(unsigned size);
void cells_run(unsigned size);
void packets_run(unsigned size);

#endif
