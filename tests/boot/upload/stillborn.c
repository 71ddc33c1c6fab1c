/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A component that cannot begin; STILLBORN says how: a status, or 0 for a fault.
 */
#include "export.h"
#include "runtime.h"

SHOJI_EXPORT long component_init(component_t self)
{
    (void)self;
    if (STILLBORN == 0)
        runtime_fault();
    return STILLBORN;
}
