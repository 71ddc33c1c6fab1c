/* SPDX-License-Identifier: BSD-2-Clause
 * Who has used up its budget is told so; nobody else is worse off; and what cannot do without fails alone. */
#include <stdlib.h>

#include "turns.h"

#define BUDGET (256u << 10)

static struct sup_component components[16];

static const struct sup_component *component(component_t id)
{
    long count = sup_components(components, 16);

    for (long i = 0; i < count; i++)
        if (components[i].id == id)
            return &components[i];
    CHECK(!"a component of the manifest", id);
    return components;
}

/* The judge, of the same budget, has its memory meanwhile. */
static void others_look(void)
{
    uint64_t *mine = malloc(100 << 10);

    CHECK(mine != 0, 0);
    mine[0] = mine[(100 << 10) / 8 - 1] = 1;
    free(mine);
}

void budgets_look(void)
{
    long got = eater_fill();
    const struct sup_component *eater = component(EATER);

    CHECK(got > (long)BUDGET * 3 / 4 && got <= (long)BUDGET, got);
    CHECK(eater->memory_used > BUDGET - 8192 && eater->memory_used <= eater->memory_budget,
          eater->memory_used);
    CHECK(eater->state == SUP_RUNS && eater->faults == 0, eater->state);
    EXPECT(eater_ask(), SHOJI_EMEMORY);
    others_look();
    CHECK(eater_empty() == SHOJI_OK, 0);
    long again = eater_fill();
    CHECK(again >= got - 4096, again);
    /* Its memory is all taken, and it cannot do without. */
    EXPECT(eater_need(BUDGET / 2), SHOJI_EFAULT);
    others_look();
    for (uint32_t i = 0; i < 100 && component(EATER)->state != SUP_RUNS; i++)
        (void)sched_block_until(shoji_global.ticks + 1);
    eater = component(EATER);
    CHECK(eater->state == SUP_RUNS && eater->reboots == 1, eater->reboots);
    for (uint32_t i = 0; i < 16 && components[i].id != 0; i++)
        CHECK(components[i].id == EATER || components[i].reboots == 0, components[i].id);
    CHECK(eater->memory_used < BUDGET / 2, eater->memory_used);
    EXPECT(eater_need(BUDGET / 2), SHOJI_OK);
}
