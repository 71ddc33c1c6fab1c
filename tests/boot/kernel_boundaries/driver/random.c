/* SPDX-License-Identifier: BSD-2-Clause
 * Conversations with up to eight moves of any kind, one after the other, anywhere. */
#include "driver.h"

#define RUNS 2000u
#define MOVES 8u

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t random_below(uint32_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

static void random_layout(struct layout *layout)
{
    for (uint32_t i = 0; i < 3; i++)
        layout->set[i] = (uint8_t)random_below(3);
}

static void random_move(struct sup_test_move *move)
{
    struct layout layout;

    random_layout(&layout);
    *move = (struct sup_test_move){.after = 1 + random_below(500),
                                   .kind = SUP_MOVE_MERGE + random_below(4),
                                   .a = CLIENT + random_below(3),
                                   .b = CLIENT + random_below(3),
                                   .sets = {10, 11, layout.set[0], layout.set[1], layout.set[2]}};
}

/* The layout is as it is after the move; whether that changes anything. */
static bool move_apply(struct layout *layout, const struct sup_test_move *move)
{
    struct layout was = *layout;
    uint8_t a = was.set[move->a - CLIENT], b = was.set[move->b - CLIENT];
    bool changed = false;

    for (uint8_t i = 0; i < 3; i++) {
        bool is_a = i == move->a - CLIENT;

        if (move->kind == SUP_MOVE_MERGE && was.set[i] == b)
            layout->set[i] = a;
        if (move->kind == SUP_MOVE_SPLIT && is_a)
            layout->set[i] = 100;
        if (move->kind == SUP_MOVE_MOVE && is_a)
            layout->set[i] = b;
        if (move->kind == SUP_MOVE_PARTITION)
            layout->set[i] = move->sets[AT_CLIENT + i];
    }
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        changed |= crosses(layout, pair) != crosses(&was, pair);
    was = *layout;
    for (uint8_t i = 0; i < 3;
         i++) /* a set's number is its first member's place again: 100 is for the next split */
        for (layout->set[i] = 0; was.set[layout->set[i]] != was.set[i];)
            layout->set[i]++;
    return changed;
}

static long random_run(uint32_t x)
{
    struct sup_test_move moves[MOVES];
    struct layout layout;
    long hits;

    random_layout(&layout);
    for (uint32_t i = 0; i < MOVES; i++)
        random_move(&moves[i]);
    hits = run(&layout, random_below(2) == 0, moves, 1 + random_below(MOVES), x);
    if (hits < 0)
        return 0;
    for (long i = 0; i < hits; i++)
        CHECK(hit[i].status == (move_apply(&layout, &moves[i]) ? SHOJI_OK : SHOJI_ESAME), i);
    layout_look(&layout);
    (void)sched_give(THREAD_SLEEPER);
    CHECK(stale_domains() == 0, stale_domains());
    return hits;
}

void random_runs(void)
{
    uint64_t moves = 0;

    now = "any moves";
    for (now_at = 0; now_at < RUNS; now_at++)
        moves += (uint64_t)random_run(now_at);
    numbers_print((const char *const[]){"runs", "moves"}, (const uint64_t[]){RUNS, moves}, 2, now);
}
