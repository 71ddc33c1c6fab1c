/* SPDX-License-Identifier: BSD-2-Clause
 * Arms many random moves of any other components' walls, a random number of instructions apart, waits for as
 * long as they may take, and begins anew: whoever preempts it is met by them at any instruction. When nobody
 * has worked for long it says how many came, and stops. For systems of any manifest, with the lowest
 * priority: test_transparency.py adds it to the web server. */
#include "export.h"
#include "timed_block.h"

#define GAP_MOST 1500u       /* instructions from a move to the next */
#define WAIT_TURNS 16000u    /* of three instructions: until most of them have come */
#define QUIET_LISTS 1000u    /* in a row: it is over */
#define BUSY_INVOCATIONS 60u /* more than these in one list: somebody works */

static struct sup_component components[64];
static struct sup_test_move moves[SUP_MOVES];
static struct sup_test_hit hits[SUP_MOVES];
static uint64_t seen[64]; /* of a thread: a bit for each component that it was met in */
static long component_count;
static component_t own;
static uint64_t state = 0x9e3779b97f4a7c15u;
static uint64_t lists, made, met, refused, quiet, busy_before;

static uint32_t random_below(uint32_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

static component_t other(void)
{
    component_t id;

    do
        id = components[random_below((uint32_t)component_count)].id;
    while (id == own);
    return id;
}

static char *number_put(char *at, uint64_t number)
{
    if (number >= 10)
        at = number_put(at, number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* "mover: NAME NUMBER\n" */
static void say(const char *name, uint64_t number)
{
    uint64_t words[4] = {0};
    char *text = (char *)words, *at = text;

    for (const char *from = "mover: "; *from != '\0';)
        *at++ = *from++;
    while (*name != '\0')
        *at++ = *name++;
    *at++ = ' ';
    at = number_put(at, number);
    *at++ = '\n';
    (void)sup_console_write((uint64_t)(at - text), words[0], words[1], words[2], words[3]);
}

/* "mover: N in PLACE" for each thread and each component, by its place in the manifest. */
static void seen_say(void)
{
    for (uint32_t thread = 1; thread < 64; thread++)
        for (uint32_t place = 0; place < 64; place++)
            if ((seen[thread] >> place & 1) != 0) {
                char name[16];

                *number_put(name, thread) = '\0';
                __builtin_memcpy(name + (thread < 10 ? 1 : 2), " in", 4);
                say(name, place);
            }
}

static uint64_t invocations(void)
{
    static struct sup_counters now;

    (void)sup_counters(&now);
    return now.gated + now.passed;
}

static void list_make(void)
{
    for (uint32_t i = 0; i < SUP_MOVES; i++) {
        static const uint32_t kinds[] = {SUP_MOVE_MERGE, SUP_MOVE_MERGE, SUP_MOVE_MOVE,
                                         SUP_MOVE_SPLIT, SUP_MOVE_SPLIT, SUP_MOVE_SPLIT};

        moves[i] = (struct sup_test_move){.after = 1 + random_below(GAP_MOST),
                                          .kind = kinds[random_below(sizeof kinds / sizeof *kinds)],
                                          .a = other(),
                                          .b = other()};
    }
}

static void list_count(long came)
{
    uint64_t now = invocations();

    lists++;
    for (long i = 0; i < came; i++) {
        made += hits[i].status == SHOJI_OK;
        if (hits[i].thread < 64 && hits[i].rip - 0x08000000u < 60ull * 0x400000)
            seen[hits[i].thread] |= 1ull << (hits[i].rip - 0x08000000u) / 0x400000;
        met += hits[i].status == SHOJI_OK && hits[i].thread != shoji_global.current;
        refused += hits[i].status != SHOJI_OK && hits[i].status != SHOJI_ESAME;
    }
    quiet = now - busy_before > BUSY_INVOCATIONS ? 0 : quiet + 1;
    busy_before = now;
}

SHOJI_EXPORT long mover_thread(void)
{
    if (quiet > QUIET_LISTS) {
        (void)timed_block(1000);
        return SHOJI_OK;
    }
    list_make();
    if (sup_moves_at(moves, SUP_MOVES) != SHOJI_OK)
        say("failed to arm", lists);
    for (volatile uint32_t turn = 0; turn < WAIT_TURNS; turn++)
        ;
    list_count(sup_moves_hit(hits, SUP_MOVES));
    if (lists % 256 == 0 && sup_layout_check() != SHOJI_OK)
        say("layout broken", lists);
    if (quiet > QUIET_LISTS) {
        seen_say();
        say("lists", lists);
        say("made", made);
        say("met others", met);
        say("refused", refused);
    }
    return SHOJI_OK;
}

long component_init(component_t self)
{
    own = self;
    component_count = sup_components(components, 64);
    return component_count > 1 && component_count <= 64 ? SHOJI_OK : SHOJI_EINVAL;
}
