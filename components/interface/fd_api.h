/* SPDX-License-Identifier: BSD-2-Clause
 * Component 9: one descriptor namespace over TCP connections and HTTP streams. Descriptors belong to the client that opened them. */
#ifndef INTERFACE_FD_API_H
#define INTERFACE_FD_API_H
#include "shoji/supervisor.h"

#define FD_LIMIT 1024 /* descriptors are 1 to FD_LIMIT - 1 */
long fd_group(void);                    /* a group to wait on */
/* Blocks; a descriptor of the group that became ready. It may be one that is closed or has nothing to read by now. */
long fd_wait(long group);
long fd_wait_until(long group, uint64_t tick); /* or SHOJI_ETIMEDOUT */
long fd_listen(long group, uint32_t port);
long fd_accept(long group, long listener); /* descriptor or SHOJI_EAGAIN */
long fd_open_stream(void);              /* an HTTP stream: write request bytes, read reply bytes */
/* Like tcp_receive or http_read, and fd_write like tcp_transmit or http_write; the buffer lies in the client's pool. */
long fd_read(long fd, void *buffer, uint64_t bytes);
long fd_write(long fd, const void *buffer, uint64_t bytes);
long fd_close(long fd);

#endif
