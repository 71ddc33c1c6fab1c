/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A layout as policies speak of it: for each component, by its index, the number of its domain.
 *
 * 1. In normal form the numbers are 0 to the number of domains - 1, each domain's in the order of
 *    its first component: equal layouts are equal arrays.
 */
#ifndef POLICY_PARTITION_H
#define POLICY_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

/* Into normal form; returns the number of domains. The numbers are below `count` before; scratch has room for
 * `count`. */
uint32_t partition_normalise(uint32_t *domains, uint32_t count, uint32_t *scratch);

#endif
