/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of the system: says why, and halts. Host tests have their own panic.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A bug in the kernel if it does not hold; `invariant` says what must. */
#define ASSERT(condition, invariant)                                                                         \
    ((condition) ? (void)0 : panic("%s:%d: broken invariant: %s", __FILE__, __LINE__, invariant))

#endif
