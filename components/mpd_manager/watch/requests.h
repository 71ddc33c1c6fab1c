/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many requests the web server has answered, since boot: the processor's own count of the invocations by
 * which http_parser asks for a request's content. Nothing is counted twice, and counting costs a request
 * nothing.
 */
#ifndef MPD_MANAGER_REQUESTS_H
#define MPD_MANAGER_REQUESTS_H

#include "layout.h"

/* 0 in a system without a web server. */
uint64_t requests_answered(const struct layout *layout);

#endif
