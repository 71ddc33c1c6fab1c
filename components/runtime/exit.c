/* SPDX-License-Identifier: BSD-2-Clause
 * How an invocation ends that cannot go on: by an undefined instruction, which the supervisor reports with
 * the function's name. */
#include <stdlib.h>
#include <unistd.h>

#include "runtime.h"

void runtime_fault(void)
{
    __asm__ volatile("ud2");
    __builtin_unreachable();
}

void runtime_panic(const char *what, const char *file, int line)
{
    print_line("%s:%d: %s", file, line, what);
    runtime_fault();
}

void _exit(int status)
{
    print_line("exit %d", status);
    runtime_fault();
}

void abort(void)
{
    print_line("abort");
    runtime_fault();
}
