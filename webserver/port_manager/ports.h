/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The transport port namespace as a table: which ports are taken, by whom, and how many connections use each.
 * No lock, no invocation.
 */
#ifndef PORT_MANAGER_PORTS_H
#define PORT_MANAGER_PORTS_H

#include "shoji/supervisor.h"

#define PORTS 65536
#define PORT_EPHEMERAL 49152 /* the first; RFC 6335 section 6 */

struct port {
    uint16_t connections;
    uint8_t state; /* 0 free */
    uint8_t owner; /* component that took it */
};

struct ports {
    struct port port[PORTS];
    uint32_t last; /* ephemeral port given last, or 0 */
};

/* As in interface/port_manager.h, on behalf of `owner`. Zeroed memory is a table in which all is free.
 * SHOJI_EINVAL: no such port; SHOJI_ENOENT: not taken; SHOJI_EPERM: not the caller's; SHOJI_EMEMORY: no
 * ephemeral port is free, or no more connections can be counted. */
long ports_take(struct ports *ports, uint32_t port, component_t owner);
long ports_any(struct ports *ports, component_t owner);
long ports_use(struct ports *ports, uint32_t port, component_t owner);
/* SHOJI_ENOENT also if no connection uses it. */
long ports_leave(struct ports *ports, uint32_t port, component_t owner);

/* All that is the owner's is free. */
void ports_gone(struct ports *ports, component_t owner);

#endif
