/* SPDX-License-Identifier: BSD-2-Clause
 * Component 7: TCP and IP (lwIP). Buffers are addresses in a pool that tcp and the caller's client share. */
#ifndef INTERFACE_TCP_H
#define INTERFACE_TCP_H
#include "shoji/supervisor.h"

/* Events (event_manager) are edges. A listener's is triggered when a connection comes and the last tcp_take left none. A connection's
 * is triggered when there is something to read, or the end, and the last tcp_receive left nothing (it returned SHOJI_EAGAIN or all there
 * was, so less than asked for); and when there is room after a tcp_transmit that took less than it was given. A connection just taken
 * may have bytes already: its client looks once by itself. */
long tcp_listen_on(uint32_t port, long event);              /* listener, > 0 */
long tcp_take(long listener, long event);                   /* accepted connection, > 0, or SHOJI_EAGAIN */
long tcp_receive(long connection, uint64_t buffer, uint64_t bytes); /* bytes copied; 0: peer closed; SHOJI_EAGAIN */
long tcp_transmit(long connection, uint64_t buffer, uint64_t bytes); /* bytes taken; SHOJI_EAGAIN; SHOJI_ECLOSED */
long tcp_finish(long connection);                           /* closes after what was taken is sent; a listener's port is kept for the next tcp_listen_on */
long tcp_set_event(long connection, long event);            /* its event is another one from now on */

#endif
