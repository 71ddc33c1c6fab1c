/* SPDX-License-Identifier: BSD-2-Clause
 * Component 7: TCP and IP (lwIP). Buffers are addresses in a pool that tcp and the caller's client share. */
#ifndef INTERFACE_TCP_H
#define INTERFACE_TCP_H
#include "shoji/supervisor.h"

/* `event` (event_manager) is triggered when something is to be accepted, read, or written after SHOJI_EAGAIN, or the peer has closed. */
long tcp_listen_on(uint32_t port, long event);              /* listener, > 0 */
long tcp_take(long listener, long event);                   /* accepted connection, > 0, or SHOJI_EAGAIN */
long tcp_receive(long connection, uint64_t buffer, uint64_t bytes); /* bytes copied; 0: peer closed; SHOJI_EAGAIN */
long tcp_transmit(long connection, uint64_t buffer, uint64_t bytes); /* bytes taken; SHOJI_EAGAIN; SHOJI_ECLOSED */
long tcp_finish(long connection);                           /* closes after what was taken is sent */
long tcp_set_event(long connection, long event);

#endif
