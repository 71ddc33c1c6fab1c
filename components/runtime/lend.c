/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which pages of the component's slot some word of was ever lent, so that free invokes the supervisor only
 * for those. The linker sends the component's calls of mmp_set_perm here (component.mk, --wrap).
 */
#include <stddef.h>
#include <stdint.h>

#include "shoji/supervisor.h"

#define PAGE 4096u
#define PAGES 1024u

static uint64_t lent[PAGES / 64];

long __real_mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);
long __wrap_mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);
long __real_mprot_export(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);
long __wrap_mprot_export(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);
long __real_sup_device_perm(uint64_t address, uint64_t bytes, uint32_t perm);
long __wrap_sup_device_perm(uint64_t address, uint64_t bytes, uint32_t perm);
void lend_take_back(const void *object, size_t bytes);

/* Words of another's slot, passed on, mark pages of ours too: that costs an invocation, and is no error. */
static long lent_if(long status, uint64_t address, uint64_t bytes, uint32_t perm)
{
    if (status == SHOJI_OK && perm != 0)
        for (uint64_t at = address; at < address + bytes; at = (at | (PAGE - 1)) + 1)
            lent[at / PAGE % PAGES / 64] |= 1ull << at / PAGE % 64;
    return status;
}

long __wrap_mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    return lent_if(__real_mmp_set_perm(address, bytes, perm, to), address, bytes, perm);
}

long __wrap_mprot_export(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    return lent_if(__real_mprot_export(address, bytes, perm, to), address, bytes, perm);
}

long __wrap_sup_device_perm(uint64_t address, uint64_t bytes, uint32_t perm)
{
    return lent_if(__real_sup_device_perm(address, bytes, perm), address, bytes, perm);
}

void lend_take_back(const void *object, size_t bytes)
{
    uint64_t from = (uint64_t)object & ~3ull, end = ((uint64_t)object + bytes + 3) & ~3ull;

    for (uint64_t at = from; at < end; at = (at | (PAGE - 1)) + 1)
        if ((lent[at / PAGE % PAGES / 64] >> at / PAGE % 64 & 1) != 0) {
            (void)sup_take_back(from, end - from); /* they are ours: it cannot fail */
            return;
        }
}
