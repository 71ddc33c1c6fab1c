/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 1. `now` are the names since the newest entry of their index, or since ever.
 * 2. An entry says what its index was called in the decisions up to `last`, behind those of the index's entry
 * before.
 * 3. Names of decisions up to `forgotten` are in entries that have made room for others, perhaps.
 */
#include "decision_names.h"

#include <string.h>

#include "walls.h"

#define INDEXES (LAYOUT_COMPONENTS + WALLS_RULES) /* components, then rules */
#define ENTRIES 512u
_Static_assert(RULE_NAME_BYTES <= SHOJI_NAME_BYTES, "a rule's name fits");

static char now[INDEXES][SHOJI_NAME_BYTES];
static struct entry {
    uint64_t last;
    uint32_t index;
    char name[SHOJI_NAME_BYTES];
} entries[ENTRIES];
static uint64_t entries_count, forgotten;

static uint64_t entries_oldest(void)
{
    return entries_count > ENTRIES ? entries_count - ENTRIES : 0;
}

/* The first entry of that index that decision `number` is behind or in; NULL: there is none. */
static const struct entry *entry_find(uint32_t index, uint64_t number)
{
    for (uint64_t i = entries_oldest(); i < entries_count; i++) {
        const struct entry *entry = &entries[i % ENTRIES];
        if (entry->index == index && entry->last >= number)
            return entry;
    }
    return 0;
}

static void entry_add(uint32_t index, uint64_t last)
{
    struct entry *entry = &entries[entries_count % ENTRIES];
    if (entries_count >= ENTRIES && forgotten < entry->last)
        forgotten = entry->last;
    *entry = (struct entry){.last = last, .index = index};
    strcpy(entry->name, now[index]);
    entries_count++;
}

static void note(uint32_t index, const char *name, uint64_t decisions)
{
    if (strcmp(now[index], name) == 0)
        return;
    if (decisions && !entry_find(index, decisions)) /* else no decision knew it by the name of now */
        entry_add(index, decisions);
    strncpy(now[index], name, SHOJI_NAME_BYTES - 1);
}

void decision_names_note(const struct layout *layout, uint64_t decisions)
{
    const struct rules *rules = walls_rules();
    for (uint32_t i = 0; i < LAYOUT_COMPONENTS; i++)
        note(i, i < layout->components_count ? layout->components[i].name : "", decisions);
    for (uint32_t i = 0; i < WALLS_RULES; i++)
        note(LAYOUT_COMPONENTS + i, i < rules->count ? rules->list[i].name : "", decisions);
}

static const char *name_of(uint32_t index, uint64_t number)
{
    const struct entry *entry = number > forgotten ? entry_find(index, number) : 0;
    const char *name = number <= forgotten ? "" : entry ? entry->name : now[index];
    return name[0] ? name : "?";
}

const char *decision_component(uint32_t index, uint64_t number)
{
    return index < LAYOUT_COMPONENTS ? name_of(index, number) : "?";
}

const char *decision_rule(uint32_t index, uint64_t number)
{
    return index < WALLS_RULES ? name_of(LAYOUT_COMPONENTS + index, number) : "?";
}
