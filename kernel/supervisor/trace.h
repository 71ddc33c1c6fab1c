/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What code is called: by its address, from the images' symbol tables and the list of supervisor calls.
 */
#ifndef KERNEL_SUPERVISOR_TRACE_H
#define KERNEL_SUPERVISOR_TRACE_H

#include "shoji/supervisor.h"

/* The component in whose slot that is; 0: none's. */
component_t trace_component_at(uint64_t address);
/* The name of the function there, "?" if it has none, and how far into it the address is. */
const char *trace_function_at(uint64_t address, uint32_t *into);

#endif
