/* SPDX-License-Identifier: BSD-2-Clause
 * Component 13: counters by name, for debugging. Each client has its own. */
#ifndef INTERFACE_STATISTICS_GATHERER_H
#define INTERFACE_STATISTICS_GATHERER_H
#include "shoji/supervisor.h"

#define STATISTICS_EACH 16
/* Adds to the client's counter `number`, below STATISTICS_EACH. */
long statistics_add(uint32_t number, uint64_t amount);
/* The counter of any component; SHOJI_EINVAL: no such number. */
long statistics_read(component_t component, uint32_t number);
/* Prints every counter that is not zero, a line for each component. */
long statistics_print(void);

#endif
