/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The JSON of print.h, made with yyjson.
 */
#ifndef REPLAYER_PRINT_JSON_H
#define REPLAYER_PRINT_JSON_H

#include "print.h"

void print_run_json(const struct print_run *run);
void print_costs_json(const struct trace *trace, const struct policy_settings *settings,
                      const struct print_cost *costs, uint32_t count);

#endif
