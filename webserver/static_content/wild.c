/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The wild store that tests of the fault path ask for, in static_content_wild only: at the path /wild a word
 * of the component in the slot before ours is overwritten. In webserver's manifest that is tcp. */
#include "static_content.h"

#include <string.h>

#define SLOT_BYTES (4ul << 20) /* docs/architecture.md, memory map */
#define OFFSET 0x2000ul        /* within the other component's image */

__attribute__((noinline)) static void wild_store(void)
{
    uint64_t own_slot = (uint64_t)&wild_store & ~(SLOT_BYTES - 1);
    *(volatile uint32_t *)(own_slot - SLOT_BYTES + OFFSET) = 0xdeadbeef;
}

void path_unknown(const char *path, uint64_t path_bytes)
{
    static const char wild_path[] = "/wild";
    if (path_bytes == sizeof wild_path - 1 && memcmp(path, wild_path, path_bytes) == 0)
        wild_store();
}
