/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Protection domains that components make (HotOS section 3.1), and who made whom.
 */
#ifndef KERNEL_SUPERVISOR_PD_H
#define KERNEL_SUPERVISOR_PD_H

#include <stdbool.h>
#include <stdint.h>

/* Is it `above` itself, or was it made by it, directly or not? */
bool pd_is_within(unsigned component, unsigned above);
/* A bit for each component below this one. */
uint64_t pd_descendants(unsigned component);
/* The component has failed and begins anew: what it made is no more. Their invocations have been ended. */
void pd_forsake(unsigned component);
/* An index of the layout that nobody has, with a slot that is nobody's or, for a group, without;
 * NO_COMPONENT. */
unsigned pd_index_free(bool with_slot);

#endif
