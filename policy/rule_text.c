/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule_text.h"

#include <string.h>

#include "sentence.h"

#define WORD_BYTES 64u

struct reader {
    struct rules *rules;
    const struct rule_names *names;
    const char *at; /* behind the word */
    char word[WORD_BYTES];
    struct sentence sentence;
};

/* The next word; false at the end. A word that is too long is cut, so that it is no name that exists. */
static bool word_next(struct reader *reader)
{
    size_t bytes = 0;
    while (*reader->at == ' ' || *reader->at == '\t')
        reader->at++;
    if (*reader->at == '#')
        reader->at += strlen(reader->at);
    while (*reader->at && !strchr(" \t\r\n", *reader->at)) {
        if (bytes < WORD_BYTES - 1)
            reader->word[bytes++] = *reader->at;
        reader->at++;
    }
    reader->word[bytes] = 0;
    return bytes > 0;
}

static enum policy_status refuse(struct reader *reader, enum policy_status status, const char *before,
                                 const char *name, const char *after)
{
    sentence_add(&reader->sentence, before);
    if (name)
        sentence_add_name(&reader->sentence, name);
    sentence_add(&reader->sentence, after);
    return status;
}

static enum policy_status refuse_conflict(struct reader *reader, const struct rules_conflict *conflict)
{
    const struct rule_names *names = reader->names;
    sentence_add(&reader->sentence, "Rule ");
    sentence_add_name(&reader->sentence, conflict->apart);
    sentence_add(&reader->sentence, " wants ");
    sentence_add_name(&reader->sentence, names->name(names->context, conflict->left));
    sentence_add(&reader->sentence, " and ");
    sentence_add_name(&reader->sentence, names->name(names->context, conflict->right));
    sentence_add(&reader->sentence, " apart, rule ");
    sentence_add_name(&reader->sentence, conflict->together);
    sentence_add(&reader->sentence, " together.");
    return POLICY_ECONTRADICTION;
}

static enum policy_status component_read(struct reader *reader, uint32_t *component)
{
    *component = reader->names->find(reader->names->context, reader->word);
    if (*component < reader->rules->components_count)
        return POLICY_OK;
    return refuse(reader, POLICY_ENOENT, "There is no component ", reader->word, ".");
}

static enum policy_status label_give(struct reader *reader, uint32_t label)
{
    struct rules_conflict conflict;
    uint32_t component;
    enum policy_status status = component_read(reader, &component);
    if (status != POLICY_OK)
        return status;
    if (reader->rules->labelled[component] >> label & 1)
        return refuse(reader, POLICY_EEXISTS, "Component ", reader->word, " has this label already.");
    status = rules_label_set(reader->rules, component, label, true, &conflict);
    return status == POLICY_OK ? status : refuse_conflict(reader, &conflict);
}

/* Takes the label back from the first `given` components of the list; each of them had it not before. */
static void label_take_back(struct reader *reader, uint32_t label, const char *list, uint32_t given)
{
    reader->at = list;
    for (uint32_t i = 0; i < given && word_next(reader); i++)
        rules_label_set(reader->rules, reader->names->find(reader->names->context, reader->word), label,
                        false, NULL);
}

static enum policy_status label_read(struct reader *reader)
{
    struct rules *rules = reader->rules;
    if (!word_next(reader))
        return refuse(reader, POLICY_EINVAL, "Expected the label's name and components.", NULL, "");
    uint32_t label = rules_label_find(rules, reader->word), labels = rules->labels_count, given = 0;
    enum policy_status status = POLICY_OK;
    if (label == UINT32_MAX)
        status = rules_label_add(rules, reader->word, &label);
    if (status == POLICY_EMEMORY)
        return refuse(reader, status, "There are 64 labels already, and no room for ", reader->word, ".");
    if (status != POLICY_OK)
        return refuse(reader, status, "", reader->word,
                      " is no name: expected up to 31 letters, digits, `_` or `-`.");
    const char *list = reader->at;
    for (; status == POLICY_OK && word_next(reader); given++)
        status = label_give(reader, label);
    if (status == POLICY_OK && given == 0)
        status = refuse(reader, POLICY_EINVAL, "Expected the components that have the label.", NULL, "");
    else if (status != POLICY_OK)
        label_take_back(reader, label, list, given - 1);
    if (status != POLICY_OK)
        rules->labels_count = labels;
    return status;
}

/* The word as a side. */
static enum policy_status side_read(struct reader *reader, struct rule_side *side)
{
    static const char prefix[] = "label:";
    if (strncmp(reader->word, prefix, sizeof prefix - 1) != 0) {
        side->kind = RULE_COMPONENT;
        return component_read(reader, &side->value);
    }
    const char *label = reader->word + sizeof prefix - 1;
    *side = (struct rule_side){RULE_LABEL, rules_label_find(reader->rules, label)};
    if (side->value == UINT32_MAX)
        return refuse(reader, POLICY_ENOENT, "There is no label ", label, ".");
    return POLICY_OK;
}

static enum policy_status rule_add(struct reader *reader, const char *name, enum rule_kind kind,
                                   struct rule_side left, const struct rule_side *right)
{
    struct rules_conflict conflict;
    enum policy_status status = rules_add(reader->rules, name, kind, left, right, &conflict);
    if (status == POLICY_ECONTRADICTION)
        return refuse_conflict(reader, &conflict);
    if (status == POLICY_EEXISTS)
        return refuse(reader, status, "There is a rule ", name, " already.");
    if (status == POLICY_EMEMORY)
        return refuse(reader, status, "The table of rules is full: no room for ", name, ".");
    if (status == POLICY_EINVAL && rule_name_valid(name))
        return refuse(reader, status, "Rule ", name, " has the same component on both sides.");
    if (status != POLICY_OK)
        return refuse(reader, status, "", name,
                      " is no name: expected up to 31 letters, digits, `_` or `-`.");
    return POLICY_OK;
}

static enum policy_status rule_read(struct reader *reader)
{
    char name[WORD_BYTES];
    struct rule_side left, right;
    enum policy_status status;
    if (!word_next(reader))
        return refuse(reader, POLICY_EINVAL, "Expected the rule's name.", NULL, "");
    memcpy(name, reader->word, sizeof name);
    bool word = word_next(reader), apart = strcmp(reader->word, "apart") == 0;
    if (!word || (!apart && strcmp(reader->word, "together") != 0))
        return refuse(reader, POLICY_EINVAL, "Expected `apart` or `together` after the rule's name.", NULL,
                      "");
    if (!word_next(reader))
        return refuse(reader, POLICY_EINVAL, "Expected a component or `label:NAME`.", NULL, "");
    status = side_read(reader, &left);
    if (status != POLICY_OK)
        return status;
    bool two = word_next(reader);
    if (two && (status = side_read(reader, &right)) != POLICY_OK)
        return status;
    if (two && word_next(reader))
        return refuse(reader, POLICY_EINVAL, "Expected one or two sides; there is ", reader->word,
                      " too: give the components a label.");
    return rule_add(reader, name, apart ? RULE_APART : RULE_TOGETHER, left, two ? &right : NULL);
}

static bool number_read(const char *word, uint32_t *number)
{
    uint64_t value = 0;
    for (const char *at = word; *at; at++) {
        if (*at < '0' || *at > '9' || value > UINT32_MAX / 10)
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
    }
    *number = (uint32_t)value;
    return *word && value <= UINT32_MAX;
}

static enum policy_status weight_read(struct reader *reader)
{
    uint32_t component;
    if (!word_next(reader))
        return refuse(reader, POLICY_EINVAL, "Expected a component.", NULL, "");
    enum policy_status status = component_read(reader, &component);
    if (status != POLICY_OK)
        return status;
    struct rule_traits traits = reader->rules->traits[component];
    while (word_next(reader)) {
        uint32_t *trait = strcmp(reader->word, "risk") == 0     ? &traits.risk
                          : strcmp(reader->word, "lines") == 0  ? &traits.lines
                          : strcmp(reader->word, "faults") == 0 ? &traits.faults
                                                                : NULL;
        if (!trait)
            return refuse(reader, POLICY_EINVAL, "Expected `risk`, `lines` or `faults`; there is ",
                          reader->word, ".");
        if (!word_next(reader) || !number_read(reader->word, trait))
            return refuse(reader, POLICY_EINVAL, "Expected a number from 0 to 4294967295; there is ",
                          reader->word, ".");
    }
    return rules_traits_set(reader->rules, component, traits);
}

static const struct {
    const char *word;
    enum policy_status (*read)(struct reader *);
} lines[] = {{"label", label_read}, {"rule", rule_read}, {"weight", weight_read}};

#define LINES (sizeof lines / sizeof lines[0])

bool rule_text_is(const char *line)
{
    struct reader reader = {.at = line};
    if (word_next(&reader))
        for (size_t i = 0; i < LINES; i++)
            if (strcmp(reader.word, lines[i].word) == 0)
                return true;
    return false;
}

enum policy_status rule_text_read(struct rules *rules, const struct rule_names *names, const char *line,
                                  char *sentence, size_t bytes)
{
    struct reader reader = {.rules = rules, .names = names, .at = line};
    reader.sentence = sentence_begin(sentence, bytes);
    if (!word_next(&reader))
        return POLICY_OK;
    for (size_t i = 0; i < LINES; i++)
        if (strcmp(reader.word, lines[i].word) == 0)
            return lines[i].read(&reader);
    return refuse(&reader, POLICY_EINVAL, "Expected `label`, `rule` or `weight`; there is ", reader.word,
                  ".");
}

static void side_write(struct sentence *line, const struct rules *rules, const struct rule_names *names,
                       const struct rule_side *side)
{
    if (side->kind == RULE_OTHERS)
        return;
    sentence_add(line, side->kind == RULE_LABEL ? " label:" : " ");
    sentence_add(line, side->kind == RULE_LABEL ? rules->labels[side->value]
                                                : names->name(names->context, side->value));
}

void rule_text_write(const struct rules *rules, const struct rule_names *names, uint32_t index, char *line,
                     size_t bytes)
{
    const struct rule *rule = &rules->list[index];
    struct sentence sentence = sentence_begin(line, bytes);
    sentence_add(&sentence, "rule ");
    sentence_add(&sentence, rule->name);
    sentence_add(&sentence, rule->kind == RULE_APART ? " apart" : " together");
    side_write(&sentence, rules, names, &rule->left);
    side_write(&sentence, rules, names, &rule->right);
}

void rule_text_violation(const struct rules *rules, const struct rule_names *names,
                         const struct rule_violation *violation, char *text, size_t bytes)
{
    const struct rule *rule = &rules->list[violation->rule];
    struct sentence sentence = sentence_begin(text, bytes);
    sentence_add(&sentence, "Rule ");
    sentence_add_name(&sentence, rule->name);
    sentence_add(&sentence, " keeps ");
    sentence_add_name(&sentence, names->name(names->context, violation->left));
    sentence_add(&sentence, " and ");
    sentence_add_name(&sentence, names->name(names->context, violation->right));
    sentence_add(&sentence, rule->kind == RULE_APART ? " apart." : " together.");
}
