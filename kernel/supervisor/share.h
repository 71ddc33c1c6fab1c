/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rights to a component's own memory for others, and for those to pass on.
 */
#ifndef KERNEL_SUPERVISOR_SHARE_H
#define KERNEL_SUPERVISOR_SHARE_H

#include <stdint.h>

/* Nobody may pass on anything of these words of the slot any more. */
void share_forget(unsigned slot, uint32_t address, uint32_t bytes);
/* The component has passed on nothing, and may pass on nothing. */
void share_forsake(unsigned component);

#endif
