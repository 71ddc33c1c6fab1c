/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The exported functions as their thunks enter them: the client's id is the sixth argument, what a gate's
 * badge says.
 */
#ifndef FD_API_BADGED_H
#define FD_API_BADGED_H

#include <stdint.h>

#include "shoji/supervisor.h"

long fd_group_badged(long, long, long, long, long, component_t client);
long fd_wait_badged(long group, long, long, long, long, component_t client);
long fd_wait_until_badged(long group, uint64_t tick, long, long, long, component_t client);
long fd_listen_badged(long group, uint32_t port, long, long, long, component_t client);
long fd_accept_badged(long group, long listener, long, long, long, component_t client);
long fd_open_stream_badged(long group, long, long, long, long, component_t client);
long fd_open_service_badged(long group, long, long, long, long, component_t client);
long fd_open_null_badged(long, long, long, long, long, component_t client);
long fd_buffers_badged(uint64_t from, uint64_t end, long, long, long, component_t client);
long fd_read_badged(long fd, uint64_t buffer, uint64_t bytes, long, long, component_t client);
long fd_write_badged(long fd, uint64_t buffer, uint64_t bytes, long, long, component_t client);
long fd_close_badged(long fd, long, long, long, long, component_t client);

#endif
