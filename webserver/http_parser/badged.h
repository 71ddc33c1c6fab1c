/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The exported functions as their thunks enter them: the client's id is the sixth argument, what a gate's
 * badge says.
 */
#ifndef HTTP_PARSER_BADGED_H
#define HTTP_PARSER_BADGED_H

#include <stdint.h>

#include "shoji/supervisor.h"

long http_open_badged(long event, long, long, long, long, component_t client);
long http_write_badged(long stream, uint64_t buffer, uint64_t bytes, long, long, component_t client);
long http_read_badged(long stream, uint64_t buffer, uint64_t bytes, long, long, component_t client);
long http_set_event_badged(long stream, long event, long, long, long, component_t client);
long http_close_badged(long stream, long, long, long, long, component_t client);

#endif
