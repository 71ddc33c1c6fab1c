/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A partition as JSON: {"domains":[["tcp","ip"],["fd_api","http_parser"]]}. It says the whole: a component
 * that is not named is alone.
 */
#ifndef MPD_MANAGER_PARTITION_H
#define MPD_MANAGER_PARTITION_H

#include <stddef.h>

#include "layout.h"
#include "yyjson.h"

/* Fills sets[] (one for each component of the layout, numbers as pd_partition takes them) from the object
 * `root`. Returns 0, or the HTTP status of a refusal whose sentence it has written. */
int partition_read(yyjson_val *root, const struct layout *layout, uint32_t sets[LAYOUT_COMPONENTS],
                   char *sentence, size_t bytes);

#endif
