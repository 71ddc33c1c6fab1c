/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listeners and connections over lwIP's raw API: what interface/tcp.h offers, without the mutex and the
 * checks of a caller's addresses.
 *
 * Events are edges. A listener's event is triggered when a connection waits to be taken and none did when the
 * client last looked. A connection's event is triggered when there is something to read (or the end) and the
 * client's last receive left nothing behind (it got SHOJI_EAGAIN or all there was); and when there is room
 * again after a transmit took less than it was given. A connection just taken counts as one with something to
 * read: the client looks once by itself. connection_set_event triggers at once if there is something.
 */
#ifndef TCP_CONNECTION_H
#define TCP_CONNECTION_H

#include <stdbool.h>

#include "shoji/supervisor.h"

/* SHOJI_EBUSY: the port is taken; SHOJI_EMEMORY: no listener is left. */
long connection_listen(uint32_t port, long event, component_t client);
long connection_take(long listener, long event, component_t client);
/* SHOJI_ENOENT also if it is not the client's. */
long connection_receive(long connection, component_t client, void *to, uint64_t bytes);
long connection_transmit(long connection, component_t client, const void *from, uint64_t bytes);
long connection_finish(long connection);
long connection_set_event(long connection, long event);

/* Whether the listener or connection is the client's: made by a connection_listen or a connection_take of its
 * own. */
bool connection_owned(long connection, component_t client);
/* A component has failed: all that is its own is finished. A finished listener goes on, nobody's, and those
 * that come wait until somebody asks for the port again by connection_listen. */
void connections_gone(component_t client);

/* Once, after lwIP has been started. Ports that somebody listened on in an earlier life are listened on, by
 * nobody yet, as after connections_gone. `life` is another number each time that all begins anew: handles of an
 * earlier life name nothing in this one. */
void connections_init(uint32_t life);
/* Whether one more connection may be opened: there is a record for it and for those that are being opened
 * already, perhaps because one that was of little use has been ended now. */
bool connections_admit(void);
/* Sends again what peers have not acknowledged: it may have been lost on its way to the network. */
void connections_resend(void);
/* How many records are in use: open, waiting to be taken, or closing. */
uint32_t connections_used(void);

#endif
