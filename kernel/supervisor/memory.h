/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Heaps: pages of a component's own slot, within the manifest's budget.
 */
#ifndef KERNEL_SUPERVISOR_MEMORY_H
#define KERNEL_SUPERVISOR_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Are these whole pages, all of which are part of the component's heap now? */
bool memory_has(unsigned component, uint64_t address, uint64_t bytes);

/* The component has no heap any more, and nobody else any right to its slot. */
void memory_reset(unsigned component);

#endif
