/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one instance of struct system, and look-ups in it.
 */
#include "system.h"

struct system system_state;

const char *system_name(unsigned component)
{
    return system_has(component) ? system_state.manifest.components[component].name : "?";
}
