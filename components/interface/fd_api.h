/* SPDX-License-Identifier: BSD-2-Clause
 * Component 9 and its instances 20 and 22: one descriptor namespace over what an instance's edges lead to: TCP connections, HTTP streams,
 * an async_invocation, nothing. Descriptors belong to the client that opened them. What has no layer below is SHOJI_ENOENT. */
#ifndef INTERFACE_FD_API_H
#define INTERFACE_FD_API_H
#include "shoji/supervisor.h"

#define FD_LIMIT 1024 /* descriptors are 1 to FD_LIMIT - 1 */
long fd_group(void);                    /* a group to wait on */
/* Blocks; a descriptor of the group that became ready. It may be one that is closed or has nothing to read by now. */
long fd_wait(long group);
long fd_wait_until(long group, uint64_t tick); /* or SHOJI_ETIMEDOUT */
/* A descriptor that is ready when a connection to the port has come; the connection's own, ready when there is something to read. */
long fd_listen(long group, uint32_t port);
long fd_accept(long group, long listener); /* descriptor or SHOJI_EAGAIN */
/* An HTTP stream: write request bytes, read reply bytes; it becomes ready when a reply that was SHOJI_EBUSY is there. */
long fd_open_stream(long group);
/* Read requests, write replies, each a record of async_invocation.h; ready: a request has come. */
long fd_open_service(long group);
/* Reading is at its end, what is written is gone. */
long fd_open_null(void);
/* Says where the client's buffers are: within one pool, of which no other client has claimed a part. Before opening
 * descriptors; saying the same again is fine. */
long fd_buffers(const void *from, const void *end);
/* Like tcp_receive, http_read, async_receive; fd_write like tcp_transmit, http_write, async_reply. */
long fd_read(long fd, void *buffer, uint64_t bytes);
long fd_write(long fd, const void *buffer, uint64_t bytes);
/* The descriptor is nobody's; what is below it closes. SHOJI_ENOENT: it is not the caller's. */
long fd_close(long fd);

#endif
