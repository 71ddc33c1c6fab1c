/* SPDX-License-Identifier: BSD-2-Clause
 * newlib's assert() arrives here. */
#include <assert.h>

#include "runtime.h"

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    print_line("%s:%d: %s: assertion failed: %s", file, line, function, expression);
    runtime_fault();
}
