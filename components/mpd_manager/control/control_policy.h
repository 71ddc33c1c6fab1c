/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy's settings by name, as control_policy.c reads them.
 */
#ifndef MPD_MANAGER_CONTROL_POLICY_H
#define MPD_MANAGER_CONTROL_POLICY_H

#include <stdbool.h>

bool policy_setting_is(const char *name);
/* The settings' names; NULL past the last. */
const char *policy_setting(unsigned index);

#endif
