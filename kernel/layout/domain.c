/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The states of a domain and how it comes from one to the next, and who is named by whom meanwhile. What
 * moves for what reason is layout.c's and partition.c's business; nothing here can fail.
 *
 *             take                dissolve
 *     FREE ---------> LIVE --------------------> DISSOLVED   its tag names the domain that it was merged into
 *      ^               | leave                       |
 *      |               v                             |
 *      +------------ STALE                           |   once no frame names it any more: reclaim
 *      +---------------------------------------------+
 *
 * The invariants are layout.c's.
 */
#include "layout/parts.h"

/* A split takes one or two domains, a merge dissolves one: freeing this many at each split is enough to keep
 * up. */
#define RECLAIM_STEP 3u

struct pd domain_take(uint64_t members)
{
    struct pd pd = set_take(&layout.free);
    struct layout_domain *domain = domain_of(pd);

    layout.free_count--;
    domain->members = members;
    domain->aliases = (struct pd_set){{0}};
    set_add(&domain->aliases, pd);
    domain->state = DOMAIN_LIVE;
    set_add(&layout.live, pd);
    pd_name(pd_tag(pd), pd);
    return pd;
}

void domain_select(struct pd pd, unsigned slot, struct view view, bool made)
{
    struct layout_domain *domain = domain_of(pd);
    uint64_t bit = 1ull << slot;
    struct view old = pd_selected(pd, root_slot(slot));

    pd_select(pd, root_slot(slot), view);
    if ((domain->unions & bit) != 0)
        view_destroy(old);
    domain->slots = view.word != 0 ? domain->slots | bit : domain->slots & ~bit;
    domain->unions = made ? domain->unions | bit : domain->unions & ~bit;
}

void domain_renew(struct pd pd, unsigned slot)
{
    struct view view;
    bool made;

    domain_select(pd, slot, VIEW_NONE, false);
    view = union_view(domain_of(pd)->members, slot, &made);
    domain_select(pd, slot, view, made);
}

void domain_copy(struct pd pd, struct pd from, uint64_t slots)
{
    pd_select_same(pd, from, ARENA_ROOT, slots & ARENA_MASK);
    domain_of(pd)->slots |= slots;
    for (uint64_t devices = slots & ~ARENA_MASK; devices != 0;) {
        unsigned root = root_slot(bit_take(&devices));

        pd_select(pd, root, pd_selected(from, root));
    }
}

static void domain_free(struct pd pd)
{
    struct layout_domain *domain = domain_of(pd);

    for (uint64_t left = domain->unions | (domain->slots & ~ARENA_MASK); left != 0;)
        domain_select(pd, bit_take(&left), VIEW_NONE, false);
    pd_select_none(pd, ARENA_ROOT, domain->slots);
    domain->slots = 0;
    set_remove(&layout.stale, pd);
    set_remove(&layout.dissolved, pd);
    pd_unname(pd_tag(pd));
    pd_forget(pd);
    domain->members = 0;
    domain->state = DOMAIN_FREE;
    set_add(&layout.free, pd);
    layout.free_count++;
}

void domain_dissolve(struct pd pd, struct pd into)
{
    struct layout_domain *domain = domain_of(pd), *holder = domain_of(into);

    pd_name_tags(domain->aliases.bits, into);
    holder->aliases.bits[0] |= domain->aliases.bits[0];
    holder->aliases.bits[1] |= domain->aliases.bits[1];
    domain->members = 0;
    domain->state = DOMAIN_DISSOLVED;
    set_remove(&layout.live, pd);
    set_add(&layout.dissolved, pd);
}

void domain_leave(struct pd pd)
{
    domain_of(pd)->state = DOMAIN_STALE;
    set_remove(&layout.live, pd);
    set_add(&layout.stale, pd);
}

void homes_name(uint64_t members, struct pd pd)
{
    pd_name_each(layout.homes, members, pd);
    for (uint64_t left = members & layout.closed; left != 0;)
        pd_close(layout.homes[bit_take(&left)]);
}

/* ---- Domains that nobody is in any more ---- */

/* A dissolved domain leaves the aliases of the one that its tag names. */
static void dissolved_free(struct pd pd)
{
    set_remove(&domain_of(pd_named(pd_tag(pd)))->aliases, pd);
    domain_free(pd);
}

/* A stale domain goes together with its aliases, once no frame names any of them. */
static void stale_free(struct pd pd)
{
    struct pd_set aliases = domain_of(pd)->aliases;

    while (!set_empty(&aliases))
        domain_free(set_take(&aliases));
}

void domains_reclaim(const struct pd_set *named, unsigned enough)
{
    unsigned before = layout.free_count;
    struct pd_set dead = {
        {layout.dissolved.bits[0] & ~named->bits[0], layout.dissolved.bits[1] & ~named->bits[1]}};

    for (struct pd_set left = layout.stale; !set_empty(&left) && layout.free_count - before < enough;) {
        struct pd pd = set_take(&left);

        if (set_meets(&domain_of(pd)->aliases, named))
            continue;
        dead.bits[0] &= ~domain_of(pd)->aliases.bits[0];
        dead.bits[1] &= ~domain_of(pd)->aliases.bits[1];
        stale_free(pd);
    }
    while (!set_empty(&dead) && layout.free_count - before < enough)
        dissolved_free(set_take(&dead));
}

bool domains_enough(const struct pd_set *named, unsigned needed)
{
    domains_reclaim(named, RECLAIM_STEP);
    if (layout.free_count < needed)
        domains_reclaim(named, PD_COUNT);
    return layout.free_count >= needed;
}
