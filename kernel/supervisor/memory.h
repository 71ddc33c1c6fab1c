/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory by pages: who is given some, within the budgets of the manifest, or of whoever made the component.
 */
#ifndef KERNEL_SUPERVISOR_MEMORY_H
#define KERNEL_SUPERVISOR_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* The component owns no page any more but those of its image, and nobody else has any right to these. */
void memory_reset(unsigned component);
/* It owns no page at all. */
void memory_forsake(unsigned component);
/* Are these whole pages of its heap, some at least, and has it all of them? */
bool memory_has(unsigned component, uint64_t address, uint64_t bytes);
/* Are these whole pages that it owns, wherever, and none of them an image's? */
bool memory_owns(unsigned component, uint64_t address, uint64_t bytes);
/* Is the address in the image of the component whose slot it is in? */
bool memory_is_image(uint32_t address);

#endif
