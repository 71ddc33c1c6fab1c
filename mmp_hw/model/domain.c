/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Protection domains (manual 3): from a PD-ID to the tag and the root table under which the domain runs. The
 * only file that changes pdid and root.
 */
#include "parts.h"

struct descriptor {
    uint32_t root;
    uint16_t tag, flags;
    uint64_t software; /* not looked at */
};
static_assert(offsetof(struct descriptor, root) == MMP_DD_ROOT &&
                  offsetof(struct descriptor, tag) == MMP_DD_TAG &&
                  offsetof(struct descriptor, flags) == MMP_DD_FLAGS &&
                  sizeof(struct descriptor) == MMP_DD_SIZE,
              "domain descriptor (manual 3)");

bool mmp_domain_lookup(const struct mmp_state *s, const struct mmp_memory *m, uint16_t id, uint16_t *tag,
                       uint32_t *root)
{
    uint64_t index = id & MMP_PD_INDEX_MASK;
    struct descriptor d;
    const uint8_t *at;

    if (id == MMP_PD_SUPERVISOR) {
        *tag = MMP_PD_SUPERVISOR;
        *root = 0;
        return true;
    }
    if (index >= s->dtcount)
        return false;
    at = mmp_memory_at(m, s->dtbase + index * MMP_DD_SIZE, sizeof d);
    if (at == NULL)
        return false;
    memcpy(&d, at, sizeof d);
    if ((d.flags & MMP_DD_VALID) == 0 || d.tag == MMP_PD_SUPERVISOR || ((d.tag ^ id) & MMP_PD_USER) != 0 ||
        d.root % MMP_ROOT_BYTES != 0)
        return false;
    *tag = d.tag;
    *root = d.root;
    return true;
}

void mmp_domain_enter(struct mmp_state *s, uint16_t tag, uint32_t root)
{
    s->count.switches += s->pdid != tag;
    s->pdid = tag;
    s->root = root;
}
