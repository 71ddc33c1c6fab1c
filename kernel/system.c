/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one instance of struct system, and look-ups in it.
 */
#include "system.h"

struct system system_state;

unsigned system_component(uint64_t id)
{
    return id < sizeof system_state.index_of_id ? system_state.index_of_id[id] : NO_COMPONENT;
}

const char *system_name(unsigned component)
{
    return component < system_state.manifest.component_count ? system_state.manifest.components[component].name : "?";
}
