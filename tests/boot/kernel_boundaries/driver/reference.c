/* SPDX-License-Identifier: BSD-2-Clause
 * Finds all boundaries of a conversation by an interrupt after one instruction, after two, and so on to its
 * end. That none is missing is for the test to say, which compares them with the emulator's own record. */
#include "driver.h"

#define SLOT_OF(rip) ((uint32_t)((rip)-0x08000000u) >> 22)
#define IS_GATE(rip) ((rip) % 0x400000u >= 0x3f0000u)

struct reference references[2];
uint64_t settle;

static const struct layout apart = {{0, 1, 2}};

static void gates_count(struct reference *reference)
{
    for (uint32_t i = 0; i < reference->count; i++) {
        uint32_t rip = reference->rip[i], next = reference->rip[i + 1 < reference->count ? i + 1 : i];
        uint32_t a = SLOT_OF(rip) - AT_CLIENT, b = SLOT_OF(next) - AT_CLIENT;
        bool is_pair = IS_GATE(rip) && a < 3 && b < 3 && a != b;

        for (uint32_t pair = 0; pair < PAIRS; pair++)
            reference->gates_before[pair][i + 1] =
                (uint16_t)(reference->gates_before[pair][i] + (is_pair && pair == a * 3 + b));
    }
}

static void reference_make(struct reference *reference, bool sleeper)
{
    struct sup_test_move nothing = {.kind = SUP_MOVE_NONE};
    uint64_t last = 0;
    long hits = 1;

    for (uint32_t after = 1; hits != 0; after++) {
        now_at = reference->count;
        nothing.after = after;
        while ((hits = run(&apart, sleeper, &nothing, 1, after)) < 0)
            ;
        if (hits == 0 || hit[0].time == last)
            continue; /* it came while the supervisor ran: at the same boundary as the one before */
        if (settle == 0 || hit[0].time - after < settle)
            settle = hit[0].time - after;
        last = hit[0].time;
        CHECK(reference->count < BOUNDARIES, after);
        reference->rip[reference->count] = (uint32_t)hit[0].rip;
        reference->thread[reference->count++] = (uint8_t)hit[0].thread;
    }
    gates_count(reference);
}

static void reference_print(const struct reference *reference, const char *name)
{
    put_text("reference ");
    put_text(name);
    put_line();
    for (uint32_t i = 0; i < reference->count; i++) {
        put_text("boundary ");
        put_number(reference->rip[i], 16);
        put(' ');
        put_number(reference->thread[i], 10);
        put_line();
    }
}

void references_make(void)
{
    now = "no move";
    reference_make(&references[0], false);
    reference_print(&references[0], "alone");
    reference_make(&references[1], true);
    reference_print(&references[1], "sleeper");
}
