/* SPDX-License-Identifier: BSD-2-Clause */
#include "walls.h"

#include <stdlib.h>
#include <string.h>

#include "runtime.h"
#include "upload_rules.h"

/* What has been said, in order: the rules are made of it anew when the system's components change. */
static char *lines[WALLS_LINES];
static uint32_t lines_count;
static uint64_t version;

static struct rules rules;
static void *memory;                          /* of the rules */
static component_t fitted[LAYOUT_COMPONENTS]; /* whom their indexes are of */
static bool stale;                            /* they are of components that are no more */

static uint32_t find(const void *context, const char *name)
{
    const struct layout *layout = layout_last();
    (void)context;
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (strcmp(layout->components[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

static const char *name_of(const void *context, uint32_t component)
{
    const struct layout *layout = layout_last();
    (void)context;
    return component < layout->components_count ? layout->components[component].name : "?";
}

static const struct rule_names names = {.find = find, .name = name_of};

static void line_drop(uint32_t index)
{
    version++;
    free(lines[index]);
    memmove(&lines[index], &lines[index + 1], (lines_count - index - 1) * sizeof *lines);
    lines_count--;
}

static bool line_keep(const char *line)
{
    size_t bytes = strlen(line) + 1;
    char *copy = lines_count < WALLS_LINES ? malloc(bytes) : 0;
    if (!copy)
        return false;
    memcpy(copy, line, bytes);
    lines[lines_count++] = copy;
    return true;
}

static bool fits(const struct layout *layout)
{
    if (!memory || rules.components_count != layout->components_count)
        return false;
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (fitted[i] != layout->components[i].id)
            return false;
    return true;
}

bool walls_fit(const struct layout *layout)
{
    size_t bytes = rules_bytes(layout->components_count, WALLS_RULES);
    char sentence[RULE_TEXT_BYTES];
    if (!stale && fits(layout))
        return true;
    void *room = malloc(bytes);
    if (!room)
        return false;
    free(memory);
    memory = room;
    stale = false;
    if (rules_place(&rules, memory, bytes, layout->components_count, WALLS_RULES) != POLICY_OK)
        return false;
    for (uint32_t i = 0; i < layout->components_count; i++)
        fitted[i] = layout->components[i].id;
    for (uint32_t i = 0; i < lines_count;)
        if (rule_text_read(&rules, &names, lines[i], sentence, sizeof sentence) == POLICY_OK) {
            i++;
        } else {
            print_line("`%s` is dropped: %s", lines[i], sentence);
            line_drop(i);
        }
    return true;
}

bool walls_renew(const struct layout *layout)
{
    stale = true;
    return walls_fit(layout);
}

bool walls_start(void)
{
    char line[SUP_POLICY_LINE_BYTES], sentence[RULE_TEXT_BYTES];
    const struct layout *layout = layout_read();

    if (!layout || !walls_fit(layout)) {
        print_line("no memory for the rules, or the supervisor tells no layout");
        return false;
    }
    for (uint32_t i = 0; sup_policy_line(i, line, sizeof line) >= 0; i++)
        if ((upload_rule_is(line) ? upload_rule_add(line, sentence, sizeof sentence)
                                  : walls_add(line, sentence, sizeof sentence)) != POLICY_OK) {
            print_line("the manifest says `%s`: %s", line, sentence);
            return false;
        }
    return true;
}

uint64_t walls_version(void)
{
    return version;
}

const struct rules *walls_rules(void)
{
    return &rules;
}

const struct rule_names *walls_names(void)
{
    return &names;
}

enum policy_status walls_add(const char *line, char *sentence, size_t bytes)
{
    static const char full[] = "There is no room for more lines of rules.";
    if (lines_count == WALLS_LINES) {
        strncpy(sentence, full, bytes);
        return POLICY_EMEMORY;
    }
    enum policy_status status = rule_text_read(&rules, &names, line, sentence, bytes);
    version += status == POLICY_OK;
    if (status == POLICY_OK && !line_keep(line))
        print_line("memory is short: `%s` will be forgotten when the components change", line);
    return status;
}

/* Is it the line that made the rule of this name? */
static bool line_makes(const char *line, const char *name)
{
    static const char blanks[] = " \t";
    size_t length = strlen(name);
    line += strspn(line, blanks);
    if (strncmp(line, "rule", 4) != 0)
        return false;
    line += 4;
    line += strspn(line, blanks);
    return strncmp(line, name, length) == 0 && strchr(blanks, line[length]);
}

enum policy_status walls_remove(const char *name)
{
    enum policy_status status = rules_remove(&rules, name);
    for (uint32_t i = 0; status == POLICY_OK && i < lines_count; i++)
        if (line_makes(lines[i], name)) {
            line_drop(i);
            break;
        }
    return status;
}

void walls_faults(const struct layout *layout)
{
    for (uint32_t i = 0; i < layout->components_count; i++) {
        struct rule_traits traits = rules.traits[i];
        uint64_t faults = layout->components[i].faults;
        if (traits.faults >= faults)
            continue;
        traits.faults = faults < UINT32_MAX ? (uint32_t)faults : UINT32_MAX;
        rules_traits_set(&rules, i, traits);
    }
}

bool walls_allow(const uint32_t domains[], char *why, size_t bytes)
{
    struct rule_violation violation;

    if (rules_partition_allowed(&rules, domains, &violation) == POLICY_OK)
        return true;
    rule_text_violation(&rules, &names, &violation, why, bytes);
    return false;
}
