/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The JSON of print.h, made with yyjson.
 */
#ifndef REPLAYER_PRINT_JSON_H
#define REPLAYER_PRINT_JSON_H

#include <yyjson.h>

#include "print.h"

/* A document with an object as its root; or an exit with a sentence. */
yyjson_mut_doc *print_json_begin(yyjson_mut_val **root);
/* Writes it to standard output, and gives it back. */
void print_json_end(yyjson_mut_doc *document);
void print_run_json(const struct print_run *run);
void print_costs_json(const struct trace *trace, const struct policy_settings *settings,
                      const struct print_cost *costs, uint32_t count);

#endif
