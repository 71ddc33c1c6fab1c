/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_policy.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "policy/history.h"
#include "runtime.h"
#include "walls.h"

#define PAGE 4096ul
#define MAY_READ 1u
#define MAY_WRITE 2u

typedef long gate(const struct policy_question *question, struct policy_moves *moves, void *state);

/* What lies in the pages that it may write, and in those that it may read. */
struct answer {
    uint64_t state[POLICY_STATE_BYTES / sizeof(uint64_t)];
    struct policy_moves moves;
    uint32_t domain_of[LAYOUT_COMPONENTS];
    struct policy_move list[OWN_POLICY_MOVES];
};
struct asked {
    struct policy_question question;
    uint32_t domain_of[LAYOUT_COMPONENTS], weights[LAYOUT_COMPONENTS], ids[LAYOUT_COMPONENTS];
    uint64_t left[LAYOUT_COMPONENTS * (WALLS_RULES / 64)], right[LAYOUT_COMPONENTS * (WALLS_RULES / 64)];
    uint64_t cycles[HISTORY_WINDOWS];
    struct policy_pair pairs[LAYOUT_EDGES];
    uint32_t places[LAYOUT_EDGES];
    uint64_t counts[LAYOUT_EDGES][HISTORY_WINDOWS];
};

static struct own {
    char name[SHOJI_NAME_BYTES]; /* empty: none is loaded */
    struct made made;
    gate *decide;
    struct asked *asked; /* pages of their own */
    struct answer *answer;
    void *file; /* for its reports; NULL if memory was short */
} own;
static char reason[LAYOUT_WHY_BYTES + 64];
static char failure[LAYOUT_WHY_BYTES];

bool own_policy_loaded(void)
{
    return own.name[0] != 0;
}

const char *own_policy_name(void)
{
    return own_policy_loaded() ? own.name : "default";
}

const char *own_policy_reason(void)
{
    return reason[0] ? reason : 0;
}

const char *own_policy_failure(void)
{
    return failure[0] ? failure : 0;
}

void own_policy_start(void)
{
    const struct layout *layout = layout_last();
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (strcmp(layout->components[i].name, "mpd_manager") == 0 && layout->components[i].state != SUP_RUNS)
            snprintf(reason, sizeof reason,
                     "mpd_manager has been rebooted: if another policy was loaded, it is gone.");
    if (reason[0])
        print_line("the default policy decides: %s", reason);
}

/* ---- Its end ---- */

static void forget(struct own *it)
{
    (void)made_free(&it->made); /* it is alone in its domain: nothing can hold it back */
    free(it->asked);
    free(it->answer);
    free(it->file);
    *it = (struct own){0};
}

static void fit_again(void)
{
    const struct layout *layout = layout_read();
    if (!layout || !walls_fit(layout))
        print_line("memory is short: the rules do not fit the components");
}

void own_policy_drop(const char *why)
{
    reason[0] = 0;
    if (!own_policy_loaded())
        return;
    if (why) {
        snprintf(reason, sizeof reason, "Policy `%s` was dropped. %s", own.name, why);
        print_line("policy `%s` was dropped, the default one decides:", own.name);
        print_line("%s", why);
    }
    (void)walls_remove(OWN_POLICY_RULE);
    forget(&own);
    fit_again();
}

/* ---- Loading ---- */

static long name_check(const char *name, char why[LAYOUT_WHY_BYTES])
{
    size_t length = strlen(name);
    bool good = length > 0 && length <= OWN_POLICY_NAME_MOST && strcmp(name, "default") != 0;
    for (size_t i = 0; i < length; i++)
        good &= (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
                (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
    if (!good)
        snprintf(why, LAYOUT_WHY_BYTES,
                 "A policy's name has 1 to %d letters, digits and `_`, and is not `default`.",
                 OWN_POLICY_NAME_MOST);
    return good ? SHOJI_OK : SHOJI_EINVAL;
}

/* Pages, all of them for it, with this right. */
static void *lend(component_t pd, size_t bytes, uint32_t right)
{
    size_t whole = (bytes + PAGE - 1) & ~(PAGE - 1);
    void *pages = memalign(PAGE, whole);
    if (pages)
        memset(pages, 0, whole);
    if (pages && mmp_set_perm((uint64_t)pages, whole, right, pd) == SHOJI_OK)
        return pages;
    free(pages);
    return 0;
}

static long prepare(struct own *it, char why[LAYOUT_WHY_BYTES])
{
    long decide = made_gate(&it->made, "policy_decide");
    if (decide < 0) {
        snprintf(why, LAYOUT_WHY_BYTES,
                 "The file defines no policy_decide: policy/decide.h says what a policy is.");
        return SHOJI_ENOENT;
    }
    it->decide = (gate *)decide;
    it->asked = lend(it->made.pd, sizeof *it->asked, MAY_READ);
    it->answer = lend(it->made.pd, sizeof *it->answer, MAY_WRITE);
    if (it->asked && it->answer && mmp_time_PD(it->made.pd, OWN_POLICY_MS) == SHOJI_OK)
        return SHOJI_OK;
    snprintf(why, LAYOUT_WHY_BYTES, "Memory is short.");
    return SHOJI_EMEMORY;
}

/* The rule that keeps it apart, in force for the components that there are now. */
static bool keep_apart(const struct own *it, char why[LAYOUT_WHY_BYTES])
{
    char line[RULE_TEXT_BYTES];
    const struct layout *layout = layout_read();
    snprintf(line, sizeof line, "rule " OWN_POLICY_RULE " apart %s", it->name);
    if (layout && walls_fit(layout))
        return walls_add(line, why, LAYOUT_WHY_BYTES) == POLICY_OK;
    snprintf(why, LAYOUT_WHY_BYTES, "Memory is short.");
    return false;
}

/* The first loaded one's rule goes with it; another one of that name is somebody's own. */
static bool rule_is_taken(void)
{
    return !own_policy_loaded() && rules_find(walls_rules(), OWN_POLICY_RULE) != UINT32_MAX;
}

long own_policy_load(const char *name, const void *file, uint64_t bytes, char why[LAYOUT_WHY_BYTES])
{
    struct own fresh = {0};
    bool same = strcmp(name, own.name) == 0;
    long status = name_check(name, why);

    if (status == SHOJI_OK && rule_is_taken()) {
        snprintf(why, LAYOUT_WHY_BYTES,
                 "There is a rule `" OWN_POLICY_RULE
                 "`, which a loaded policy needs for itself: remove it first.");
        status = SHOJI_EBUSY;
    }
    if (status == SHOJI_OK)
        status = made_load(&fresh.made, same ? "own_policy_new" : name, 0, file, bytes, 0, 0, why);
    if (status == SHOJI_OK)
        status = prepare(&fresh, why);
    if (status != SHOJI_OK) {
        forget(&fresh);
        fit_again();
        return status;
    }
    own_policy_drop(0);
    reason[0] = 0;
    snprintf(fresh.name, sizeof fresh.name, "%s", name);
    if ((same && mmp_name_PD(fresh.made.pd, name) != SHOJI_OK) || !keep_apart(&fresh, why)) {
        forget(&fresh);
        fit_again();
        snprintf(reason, sizeof reason, "Policy `%s` could not be kept apart. %s", name, why);
        return SHOJI_EMEMORY;
    }
    fresh.file = malloc(bytes);
    if (fresh.file)
        made_told(&fresh.made, memcpy(fresh.file, file, bytes), bytes);
    own = fresh;
    return SHOJI_OK;
}

/* ---- Asking it ---- */

static bool question_copy(struct asked *to, const struct policy_question *from)
{
    uint32_t nodes = from->nodes, words = nodes * from->rule_words;
    if (nodes > LAYOUT_COMPONENTS || from->pairs_count > LAYOUT_EDGES || from->rule_words > WALLS_RULES / 64)
        return false;
    to->question = *from;
    to->question.pairs = memcpy(to->pairs, from->pairs, from->pairs_count * sizeof *to->pairs);
    to->question.domain_of = memcpy(to->domain_of, from->domain_of, nodes * sizeof *to->domain_of);
    to->question.weights = memcpy(to->weights, from->weights, nodes * sizeof *to->weights);
    to->question.ids = memcpy(to->ids, from->ids, nodes * sizeof *to->ids);
    to->question.left = memcpy(to->left, from->left, words * sizeof *to->left);
    to->question.right = memcpy(to->right, from->right, words * sizeof *to->right);
    to->question.cycles = memcpy(to->cycles, from->cycles, sizeof to->cycles);
    to->question.places = to->places;
    to->question.counts = to->counts[0];
    for (uint32_t i = 0; i < from->pairs_count; i++) {
        to->places[i] = i;
        memcpy(to->counts[i], &from->counts[(size_t)from->places[i] * HISTORY_WINDOWS], sizeof to->counts[i]);
    }
    return true;
}

/* The moves, copied once: what they say is checked by whoever asked. */
static bool answer_copy(struct policy_moves *to, const struct answer *from)
{
    uint32_t count = *(volatile const uint32_t *)&from->moves.count;
    if (count > OWN_POLICY_MOVES || count > to->limit) {
        snprintf(failure, sizeof failure, "It answered with %u moves; there is room for %u.", count,
                 OWN_POLICY_MOVES);
        return false;
    }
    memcpy(to->list, from->list, count * sizeof *to->list);
    to->count = count;
    return true;
}

/* What the supervisor says about it, after an invocation that ended with this status. */
static void say_failure(long status)
{
    const struct layout *layout = layout_read();
    const struct sup_component *it = layout ? layout_component(layout, own.made.pd) : 0;
    if (it && it->state != SUP_RUNS)
        snprintf(failure, sizeof failure, "It failed: %.*s.", SUP_REASON_BYTES, it->reason);
    else
        snprintf(failure, sizeof failure, "It returned %ld, and not 0.", status);
}

long own_policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    struct answer *answer = own.answer;
    (void)state;
    failure[0] = 0;
    if (!question_copy(own.asked, question)) {
        snprintf(failure, sizeof failure, "There are more components or edges than it can be told of.");
        return SHOJI_ETOOBIG;
    }
    answer->moves = (struct policy_moves){0, OWN_POLICY_MOVES, answer->list, answer->domain_of};
    memcpy(answer->domain_of, question->domain_of, question->nodes * sizeof *answer->domain_of);
    long status = own.decide(&own.asked->question, &answer->moves, answer->state);
    if (status != 0) {
        say_failure(status);
        return status;
    }
    return answer_copy(moves, answer) ? 0 : SHOJI_ETOOBIG;
}
