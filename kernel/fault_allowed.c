/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who could have allowed what was denied, and how: the owner by a permission, the manifest by an edge or a
 * pool, a merge; or nobody.
 */
#include "fault_words.h"
#include "layout/layout.h"
#include "supervisor/heap.h"
#include "supervisor/memory.h"
#include "system.h"
#include "text.h"
#include "thread.h"

void words_allowed(char *out, size_t size, const struct scene *scene)
{
    const struct manifest *manifest = &system_state.manifest;
    const char *self = system_name(scene->component);
    struct protection_fault wrong;
    struct layout_move move;
    unsigned slot;
    size_t length;

    out[0] = '\0';
    if (scene->registers->vector != PROTECTION_VECTOR)
        return;
    wrong = protection_fault();
    if (!protection_fault_is_access(wrong.kind))
        return;
    slot = wrong.address >> 32 == 0 ? layout_slot_of((uint32_t)wrong.address) : NO_SLOT;
    if (system_has(slot) && slot != scene->component) {
        if (wrong.address % SLOT_BYTES >= GATES_OFFSET)
            length = text_format(out, size, "; only its own gates are %s's to use", self);
        else if (wrong.access != 2 &&
                 memory_has(slot, wrong.address & ~(uint64_t)(PAGE_BYTES - 1), PAGE_BYTES) &&
                 !layout_covers(slot, (uint32_t)wrong.address, 1, RIGHT_READ))
            length = text_format(out, size, "; nobody may use it now");
        else if (wrong.access == 2)
            length =
                text_format(out, size, "; an edge %s %s allows what it exports, through gates; a merge all",
                            self, system_name(slot));
        else
            length =
                text_format(out, size, "; mmp_set_perm by %s, or a merge, would allow it", system_name(slot));
        if (layout_moved(scene->component, slot, &move))
            text_format(out + length, size - length, "; they were last moved by %s %s%s%s, move %lu",
                        move.split ? "split" : "merge", system_name(move.into), move.split ? "" : " ",
                        move.split ? "" : system_name(move.from), move.number);
    } else if (slot >= manifest->component_count && slot < manifest->component_count + manifest->pool_count &&
               wrong.access != 2) {
        text_format(out, size, "; `pool %s ... %s %s` would allow it",
                    manifest->pools[slot - manifest->component_count].name, wrong.access == 1 ? "rw" : "ro",
                    self);
    } else if (wrong.address < scene->thread->stack.limit &&
               wrong.address + STACK_BYTES >= scene->thread->stack.limit) {
        text_format(out, size, "; the stack ends at 0x%08lx, and all of it is used",
                    scene->thread->stack.limit);
    } else if (slot == scene->component && wrong.access == 0 &&
               heap_word_fresh(slot, (uint32_t)wrong.address)) {
        text_copy(out, size, "; a store to it would allow it: what is in it means nothing yet");
    } else if (slot == scene->component && wrong.access == 2 && wrong.address % SLOT_BYTES >= GATES_OFFSET) {
        text_copy(out, size, "; each edge makes gates, no other word there is one");
    } else {
        text_copy(out, size, "; nothing allows it");
    }
}
