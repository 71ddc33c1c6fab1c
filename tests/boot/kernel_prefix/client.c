/* SPDX-License-Identifier: BSD-2-Clause
 * A client of two instances of one program. What no edge offers under its name is a weak symbol, and 0. */
#include "export.h"

long twin_id(void);
long other_twin_id(void);
long each_0_twin_id(void) __attribute__((weak)); /* the first of those that are called so: without a prefix */
long each_1_twin_id(void) __attribute__((weak));
long each_0_other_twin_id(void) __attribute__((weak));
long each_0_component_init(component_t) __attribute__((weak));
long each_2_twin_id(void) __attribute__((weak));
long each_1_other_twin_id(void) __attribute__((weak));
long each_99999999999_twin_id(void) __attribute__((weak));
long each__twin_id(void) __attribute__((weak));
long each_x_twin_id(void) __attribute__((weak));
long other_component_init(component_t) __attribute__((weak));
long other_(void) __attribute__((weak));
long other_other_twin_id(void) __attribute__((weak));

SHOJI_EXPORT long component_init(component_t self)
{
    if (self == 1 && twin_id() == 7 && other_twin_id() == 9 && other_component_init == 0 && other_ == 0 &&
        other_other_twin_id == 0 && each_0_twin_id() == 7 && each_1_twin_id() == 11 && each_2_twin_id == 0 &&
        each_0_other_twin_id() == 9 && each_1_other_twin_id == 0 && each_0_component_init == 0 &&
        each__twin_id == 0 && each_x_twin_id == 0 && each_99999999999_twin_id == 0) {
        sup_console_write(7, 0x0a786966657270, 0, 0, 0); /* "prefix\n" */
        sup_exit(0);
    }
    sup_exit(1);
    return SHOJI_EINVAL;
}
