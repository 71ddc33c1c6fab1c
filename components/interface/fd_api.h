/* SPDX-License-Identifier: BSD-2-Clause
 * Component 9: one descriptor namespace over TCP connections and HTTP streams. Descriptors belong to the client that opened them. */
#ifndef INTERFACE_FD_API_H
#define INTERFACE_FD_API_H
#include "shoji/supervisor.h"

long fd_group(void);                    /* a group to wait on */
long fd_wait(long group);               /* blocks; a descriptor of the group that became ready */
long fd_wait_until(long group, uint64_t tick);
long fd_listen(long group, uint32_t port);
long fd_accept(long group, long listener); /* descriptor or SHOJI_EAGAIN */
long fd_open_stream(void);              /* an HTTP stream: write request bytes, read reply bytes */
long fd_read(long fd, void *buffer, uint64_t bytes);        /* like tcp_receive; buffer in a pool the client may write */
long fd_write(long fd, const void *buffer, uint64_t bytes); /* like tcp_transmit */
long fd_close(long fd);

#endif
