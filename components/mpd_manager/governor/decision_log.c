/* SPDX-License-Identifier: BSD-2-Clause */
#include "decision_log.h"

#include <stdio.h>
#include <string.h>

#include "decision_names.h"
#include "runtime.h"

#define NAMES_BYTES 48

/* The names of a side, as many as fit; then how many more there are. */
static void names(const uint64_t *side, uint64_t number, char text[NAMES_BYTES])
{
    size_t used = 0;
    unsigned more = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < LAYOUT_COMPONENTS; i++) {
        if (!decision_has(side, i))
            continue;
        int length = snprintf(text + used, NAMES_BYTES - 8 - used, "%s%s", used ? "+" : "",
                              decision_component(i, number));
        if (more || used + (size_t)length >= NAMES_BYTES - 8) {
            text[used] = 0;
            more++;
        } else {
            used += (size_t)length;
        }
    }
    if (more)
        snprintf(text + used, NAMES_BYTES - used, "+%u more", more);
}

#define SENTENCE_BYTES 256

/* The decision of that number; false: it is not known any more. */
static bool sentence(const struct decisions *decisions, uint64_t number, char out[SENTENCE_BYTES])
{
    const struct policy_decision *decision = decisions_find(decisions, number);
    char left[NAMES_BYTES], right[NAMES_BYTES];
    if (!decision)
        return false;
    names(decision->left, number, left);
    names(decision->right, number, right);
    snprintf(out, SENTENCE_BYTES, "decision %lu: %s %s %s %s: %s, %lu invocations, %d ppm expected",
             (unsigned long)number, decision->action == POLICY_MERGE ? "merge" : "split", right,
             decision->action == POLICY_MERGE ? "into" : "from", left, policy_reason_name(decision->reason),
             (unsigned long)decision->seen, (int)decision->expected);
    return true;
}

void decision_log(const struct decisions *decisions, uint64_t first)
{
    char text[SENTENCE_BYTES];
    for (uint64_t number = first; number <= decisions->count; number++)
        if (sentence(decisions, number, text))
            print_line("%s", text);
}

void decision_record(const struct decisions *decisions, uint64_t first)
{
    char text[SENTENCE_BYTES];
    for (uint64_t number = first; number <= decisions->count; number++)
        if (sentence(decisions, number, text) && sup_record_say(text, strlen(text)) < 0)
            return;
}
