/* SPDX-License-Identifier: BSD-2-Clause
 * An instance: tells which one it is. */
#include "export.h"

long twin_id(void);

static component_t id;

SHOJI_EXPORT long twin_id(void)
{
    return id;
}

SHOJI_EXPORT long component_init(component_t self)
{
    id = self;
    return SHOJI_OK;
}
