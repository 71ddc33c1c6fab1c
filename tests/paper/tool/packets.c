/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What Mondrix's network driver did with permissions (the Mondrix slides, "Net Driver Example"): for each
 * packet that comes in, a header of 144 bytes and a buffer are allocated by the kernel, domain 0 here; the
 * driver, domain 1, may write 32 bytes of the header and the buffer, fills them, and may no longer; the packet
 * waits in a queue and is freed.
 */
#include "program.h"

#include "mmp/arch.h"

#define HEADER_BYTES 144
#define HEADER_FROM 56 /* the driver's part */
#define HEADER_PART 32
#define WAITING 32

void packets_run(unsigned size)
{
    ref waiting[WAITING][2] = {{0}};

    for (unsigned i = 0; i < size * 2000; i++) {
        uint32_t bytes = program_random(3) == 0 ? 1536 : 64 + program_random(64) / 4 * 4;
        ref *slot = waiting[program_random(WAITING)];

        if (slot[0] != 0) {
            program_free(slot[1]);
            program_free(slot[0]);
        }
        slot[0] = program_alloc(HEADER_BYTES);
        slot[1] = program_alloc(bytes);
        sink.permission(1, slot[0] + HEADER_FROM, HEADER_PART, MMP_PERM_RW);
        sink.permission(1, slot[1], bytes, MMP_PERM_RW);
        for (uint32_t at = 0; at < HEADER_PART; at += 4)
            PUT(*AT(uint32_t, slot[0] + HEADER_FROM + at), at);
        for (uint32_t at = 0; at < bytes; at += 4)
            PUT(*AT(uint32_t, slot[1] + at), at);
        sink.permission(1, slot[0] + HEADER_FROM, HEADER_PART, MMP_PERM_NONE);
        sink.permission(1, slot[1], bytes, MMP_PERM_NONE);
    }
}
