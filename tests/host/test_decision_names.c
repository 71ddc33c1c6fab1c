/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What decisions call those that they are about, while components and rules come and go: against a plain list
 * of what each index was called in each decision.
 */
// links: components/mpd_manager/governor/decision_names.c tests/host/seeded.c
// includes: . tests/host components/mpd_manager/governor components/interface components/runtime
// includes: kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "decision_names.h"
#include "seeded.h"
#include "walls.h"

#define DECISIONS 20000u
#define USED 6u /* components, and rules */
#define KEPT                                                                                                 \
    64u /* a decision so old must be told right, whatever was noted since: 8 names change at most between    \
           two */

static struct rule list[USED];
static struct rules rules = {.list = list};
static struct layout layout;
static char called[DECISIONS + 1][2 * USED][SHOJI_NAME_BYTES];

const struct rules *walls_rules(void)
{
    return &rules;
}

static void change(void)
{
    unsigned which = random_below(2 * USED);
    if (which < USED)
        snprintf(layout.components[which].name, SHOJI_NAME_BYTES, "c%u", (unsigned)random_below(4));
    else
        snprintf(list[which - USED].name, RULE_NAME_BYTES, "r%u", (unsigned)random_below(4));
    if (random_below(4) == 0)
        layout.components_count = 1 + random_below(USED);
    if (random_below(4) == 0)
        rules.count = random_below(USED + 1);
}

static void remember(uint64_t number)
{
    for (uint32_t i = 0; i < USED; i++) {
        strcpy(called[number][i], i < layout.components_count ? layout.components[i].name : "?");
        strcpy(called[number][USED + i], i < rules.count ? list[i].name : "?");
    }
}

static void check(uint64_t number, bool may_be_forgotten)
{
    for (uint32_t i = 0; i < 2 * USED; i++) {
        const char *name = i < USED ? decision_component(i, number) : decision_rule(i - USED, number);
        if (!may_be_forgotten || strcmp(name, "?") != 0)
            assert_string_equal(name, called[number][i]);
    }
}

static void names_stay_as_they_were(void **state)
{
    (void)state;
    uint64_t decisions = 0;
    unsigned told = 0;
    random_start(__func__);
    for (uint32_t i = 0; i < USED; i++)
        snprintf(layout.components[i].name, SHOJI_NAME_BYTES, "first%u", i);
    for (uint32_t i = 0; i < USED; i++)
        snprintf(list[i].name, RULE_NAME_BYTES, "rule%u", i);
    layout.components_count = USED;
    while (decisions < DECISIONS) {
        for (unsigned n = random_below(4); n > 0; n--)
            change();
        decision_names_note(&layout, decisions);
        for (unsigned n = random_below(3); n > 0 && decisions < DECISIONS; n--)
            remember(++decisions);
        if (decisions == 0)
            continue;
        uint64_t back = random_below(decisions < KEPT ? decisions : KEPT);
        check(decisions - back, false);
        uint64_t any = 1 + random_below(decisions);
        check(any, true);
        told += strcmp(decision_component(0, any), "?") != 0;
    }
    assert_true(told > 100);
    assert_string_equal(decision_component(0, 1), "?"); /* it was long ago */
    assert_string_equal(decision_component(LAYOUT_COMPONENTS, decisions), "?");
    assert_string_equal(decision_rule(WALLS_RULES, decisions), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_stay_as_they_were)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
