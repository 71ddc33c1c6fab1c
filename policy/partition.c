/* SPDX-License-Identifier: BSD-2-Clause */
#include "partition.h"

uint32_t partition_normalise(uint32_t *domains, uint32_t count, uint32_t *scratch)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++)
        scratch[i] = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *number = &scratch[domains[i]];
        if (*number == UINT32_MAX)
            *number = next++;
        domains[i] = *number;
    }
    return next;
}
