/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listeners and connections over lwIP's raw API: what interface/tcp.h offers, without the mutex and the
 * checks of a caller's addresses.
 *
 * Events are edges. An accepting side is told when the first connection waits that it has not been told of
 * since it took the last; a connection's event is triggered when there is something to read (or the end) and
 * the client knew of nothing more to read (a receive found nothing or took all), and when there is room again
 * after a transmit took less than it was given. tcp_take and tcp_set_event trigger at once if there is
 * something to read already.
 */
#ifndef TCP_CONNECTION_H
#define TCP_CONNECTION_H

#include "shoji/supervisor.h"

/* SHOJI_EBUSY: the port is taken; SHOJI_EMEMORY: no listener is left. */
long connection_listen(uint32_t port, long event);
long connection_take(long listener, long event);
long connection_receive(long connection, void *to, uint64_t bytes);
long connection_transmit(long connection, const void *from, uint64_t bytes);
long connection_finish(long connection);
long connection_set_event(long connection, long event);

/* Once, after lwIP has been started. */
void connections_init(void);
/* How many records are in use: open, waiting to be taken, or closing. */
uint32_t connections_used(void);

#endif
