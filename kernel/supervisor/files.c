/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See files.h. It owns what makers have said (struct component, told_*), and believes nothing of it:
 *
 * 1. The file lies in memory that its owner may write at any time. So it is checked anew each time that it is
 * looked at, with interrupts off, and only what elf_open accepts is read; and only in pages that are still
 * the owner's.
 */
#include "supervisor/files.h"

#include "caller.h"
#include "memory_map.h"
#include "supervisor/calls.h"
#include "supervisor/pages.h"
#include "supervisor/pd.h"
#include "system.h"

static bool is_owned(uint64_t from, uint64_t bytes, unsigned owner)
{
    uint64_t first = from & ~(PAGE_BYTES - 1ull),
             end = (from + bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1ull);

    return from + bytes > from && pages_are(first, end - first) &&
           pages_all((uint32_t)first, (uint32_t)(end - first), owner);
}

const struct elf_file *files_of(unsigned component)
{
    static const struct elf_file none;
    static struct elf_file told;
    const struct component *c = &system_state.components[component];

    if (!system_is_made(component))
        return &c->file;
    if (c->told_bytes == 0 || !is_owned(c->told_file, c->told_bytes, c->told_by) ||
        elf_open(&told, (const uint8_t *)(uintptr_t)c->told_file, c->told_bytes, GATES_OFFSET) != NULL)
        return &none;
    return &told;
}

SUPERVISOR_CALL(mmp_file_PD, component_t pd, uint64_t file, uint64_t bytes, component_t badge)
{
    struct caller caller = caller_of(badge);
    unsigned index = system_component(pd);
    struct component *c = &system_state.components[index];

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (index == caller.component || !pd_is_within(index, caller.component))
        return SHOJI_EPERM;
    if (bytes != 0 && !is_owned(file, bytes, caller.component))
        return SHOJI_EINVAL;
    c->told_file = (uint32_t)file;
    c->told_bytes = (uint32_t)bytes;
    c->told_by = caller.component;
    return bytes == 0 || files_of(index)->bytes != NULL ? SHOJI_OK : SHOJI_EINVAL;
}
