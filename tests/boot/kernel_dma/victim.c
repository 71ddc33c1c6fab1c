/* SPDX-License-Identifier: BSD-2-Clause
 * Has what vnic's device must neither read nor write. */
#include "dma.h"

static volatile uint32_t secret[2048] __attribute__((aligned(4096)));

SHOJI_EXPORT long victim_secret(void)
{
    return (long)secret;
}

SHOJI_EXPORT long victim_check(void)
{
    for (unsigned i = 0; i < 2048; i++)
        if (secret[i] != SECRET)
            return SHOJI_EFAULT;
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    for (unsigned i = 0; i < 2048; i++)
        secret[i] = SECRET;
    return self == VICTIM ? SHOJI_OK : SHOJI_EINVAL;
}
