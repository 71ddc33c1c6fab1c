/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group share: group domains. A group has an owner, who admits components and expels them; who is admitted
 * joins when it likes. What is exported to the group, by whomever, is its members', now and later.
 *
 * 1. Whoever has joined was admitted, and still is.
 * 2. An id is used anew only when all others have been: who kept one that is no more names nothing for long.
 */
#include "supervisor/group.h"

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/pd.h"

#define GROUPS 16u
#define IDS 0x1000u

struct group {
    component_t id;    /* 0: there is none */
    unsigned owner;    /* index */
    unsigned index;    /* in the layout */
    uint64_t admitted; /* a bit for each component */
};
static struct group groups[GROUPS];
static uint32_t made; /* since boot */

static struct group *group_find(component_t id)
{
    for (struct group *group = groups; group < groups + GROUPS; group++)
        if (id != 0 && group->id == id)
            return group;
    return NULL;
}

unsigned group_index(component_t id)
{
    const struct group *group = group_find(id);

    return group != NULL ? group->index : NO_COMPONENT;
}

uint64_t group_indices(void)
{
    uint64_t indices = 0;

    for (const struct group *group = groups; group < groups + GROUPS; group++)
        if (group->id != 0)
            indices |= 1ull << group->index;
    return indices;
}

static void group_end(struct group *group)
{
    layout_group_remove(group->index);
    *group = (struct group){.id = 0};
}

void group_forsake(unsigned component)
{
    for (struct group *group = groups; group < groups + GROUPS; group++) {
        if (group->id == 0)
            continue;
        if (group->owner == component) {
            group_end(group);
            continue;
        }
        (void)layout_leave(group->index, component); /* it need not have joined */
        if (system_is_made(component))               /* another may have its index one day */
            group->admitted &= ~(1ull << component);
    }
}

SUPERVISOR_CALL(mmp_alloc_group, component_t badge)
{
    unsigned index = pd_index_free(false);

    for (struct group *group = groups; group < groups + GROUPS; group++) {
        if (group->id != 0)
            continue;
        if (index == NO_COMPONENT)
            return SHOJI_EMEMORY;
        do
            *group = (struct group){
                .id = SUP_GROUP_FIRST + made++ % IDS, .owner = caller_of(badge).component, .index = index};
        while (group_find(group->id) != group);
        layout_group_add(index);
        return group->id;
    }
    return SHOJI_EMEMORY;
}

/* The caller's own group: SHOJI_OK. */
static long own_group(component_t id, component_t badge, struct group **out)
{
    *out = group_find(id);
    if (*out == NULL)
        return SHOJI_ENOENT;
    return (*out)->owner == caller_of(badge).component ? SHOJI_OK : SHOJI_EPERM;
}

SUPERVISOR_CALL(mmp_free_group, component_t id, component_t badge)
{
    struct group *group;
    long status = own_group(id, badge, &group);

    if (status == SHOJI_OK)
        group_end(group);
    return status;
}

SUPERVISOR_CALL(mmp_group_admit, component_t id, component_t component, component_t badge)
{
    unsigned index = system_component(component);
    struct group *group;
    long status = own_group(id, badge, &group);

    if (status != SHOJI_OK)
        return status;
    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    group->admitted |= 1ull << index;
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_group_expel, component_t id, component_t component, component_t badge)
{
    unsigned index = system_component(component);
    struct group *group;
    long status = own_group(id, badge, &group);

    if (status != SHOJI_OK)
        return status;
    if (index == NO_COMPONENT || (group->admitted >> index & 1) == 0)
        return SHOJI_ENOENT;
    group->admitted &= ~(1ull << index);
    (void)layout_leave(group->index, index); /* it need not have joined */
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_group_join, component_t id, component_t badge)
{
    unsigned caller = caller_of(badge).component;
    struct group *group = group_find(id);

    if (group == NULL)
        return SHOJI_ENOENT;
    if ((group->admitted >> caller & 1) == 0)
        return SHOJI_EPERM;
    return layout_join(group->index, caller);
}

SUPERVISOR_CALL(mmp_group_leave, component_t id, component_t badge)
{
    struct group *group = group_find(id);

    if (group == NULL)
        return SHOJI_ENOENT;
    return layout_leave(group->index, caller_of(badge).component);
}
