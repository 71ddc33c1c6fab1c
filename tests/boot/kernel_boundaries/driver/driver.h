/* SPDX-License-Identifier: BSD-2-Clause
 * The driver's parts: print.c says things, run.c makes one conversation with moves and looks at what came of
 * it, reference.c finds all boundaries, kinds.c makes a kind of move at each of them, walls.c
 * looks at what can be reached, random.c any moves
 * anywhere.
 *
 * A boundary is where an interrupt can come: before each instruction that a component executes. */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>

#include "../boundaries.h"

#define BOUNDARIES 2048u
/* Places in the manifest. */
enum { AT_SCHED, AT_DRIVER, AT_CLIENT, AT_SERVER, AT_THIRD, COMPONENTS };
#define PAIRS 9u /* of client, server and third: client * 3 + server */

/* ---- print.c ---- */
void put(char letter);
void put_text(const char *text);
void put_number(uint64_t number, uint64_t base);
void put_line(void);
/* Names and numbers on one line, then what they are about. */
void numbers_print(const char *const names[], const uint64_t numbers[], uint32_t count, const char *what);
/* Ends the test. */
void fail(const char *file, uint64_t line, uint64_t value);
#define CHECK(condition, value) ((condition) ? (void)0 : fail(__FILE__, __LINE__, (uint64_t)(value)))
/* What fail says was going on. */
extern const char *now;
extern uint32_t now_at;

/* ---- run.c ---- */
struct layout {
    uint8_t set[3]; /* of client, server, third: the same number, the same domain */
};
struct kind {
    const char *name;
    struct layout before, after;
    bool sleeper;   /* a thread is blocked in client and server meanwhile */
    uint32_t moves; /* at one boundary */
    struct sup_test_move move[2];
};
extern struct sup_test_hit hit[SUP_MOVES];

bool crosses(const struct layout *layout, uint32_t pair);
uint32_t domain_of(uint32_t which);  /* of the three; as the last run left it */
uint32_t domain_was(uint32_t which); /* as the last run found it */
uint64_t stale_domains(void);
uint64_t domain_count(void);
/* In this layout, with the sleeper blocked inside or not, a conversation with these moves. Returns how many
 * came; -1: a tick of the timer came in between. Everything has been looked at but the layout and the counts
 * of single edges. */
long run(const struct layout *before, bool sleeper, const struct sup_test_move *moves, uint32_t count,
         uint32_t x);
/* The layout is this one, and in order. */
void layout_look(const struct layout *layout);
void layout_make(const struct layout *layout);
/* What the pair's edge has counted in the last run. */
void edge_read(uint32_t pair, uint64_t *invocations, uint64_t *gated);
void sleeper_run(void);
/* It is in the server, and will store to this address when it has its turn again. The status of that, once it
 * has left. */
void sleeper_hold(uint64_t address);
long sleeper_held(void);
/* It is in nobody any more. */
void sleeper_leave(void);
/* Makes the conversation once, for the emulator to write down. */
void run_once(bool sleeper);

/* ---- reference.c ---- */
struct reference {
    uint32_t count;
    uint32_t rip[BOUNDARIES];
    uint8_t thread[BOUNDARIES];
    uint16_t gates_before[PAIRS][BOUNDARIES + 1]; /* gates of the pair at boundaries below this one */
};
/* One for conversations without the sleeper, one for those with it. */
extern struct reference references[2];
/* What a hit's time is more than the instructions that were waited for. */
extern uint64_t settle;
void references_make(void);

/* ---- kinds.c, walls.c, random.c ---- */
void kinds_run(void);
void walls_look(void);
void random_runs(void);

#endif
