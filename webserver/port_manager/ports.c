/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The transport port namespace. Invariants:
 *
 * 1. A free port has no connections.
 * 2. Only the component that took a port changes it.
 * 3. A port that ports_any gave is free again when its last connection leaves; one that ports_take gave stays
 * taken.
 */
#include <stdbool.h>

#include "ports.h"

enum { PORT_FREE, PORT_TAKEN, PORT_ANY };

static bool port_valid(uint32_t port)
{
    return port > 0 && port < PORTS;
}

long ports_take(struct ports *ports, uint32_t port, component_t owner)
{
    if (!port_valid(port))
        return SHOJI_EINVAL;
    if (ports->port[port].state != PORT_FREE)
        return SHOJI_EBUSY;
    ports->port[port] = (struct port){.state = PORT_TAKEN, .owner = (uint8_t)owner};
    return SHOJI_OK;
}

long ports_any(struct ports *ports, component_t owner)
{
    uint32_t port = ports->last;

    for (uint32_t tries = PORT_EPHEMERAL; tries < PORTS; tries++) {
        port = port < PORT_EPHEMERAL || port == PORTS - 1 ? PORT_EPHEMERAL : port + 1;
        if (ports->port[port].state == PORT_FREE) {
            ports->port[port] = (struct port){.state = PORT_ANY, .owner = (uint8_t)owner};
            ports->last = port;
            return (long)port;
        }
    }
    return SHOJI_EMEMORY;
}

/* SHOJI_OK if the owner may change the port. */
static long port_check(const struct ports *ports, uint32_t port, component_t owner)
{
    if (!port_valid(port))
        return SHOJI_EINVAL;
    if (ports->port[port].state == PORT_FREE)
        return SHOJI_ENOENT;
    return ports->port[port].owner == owner ? SHOJI_OK : SHOJI_EPERM;
}

long ports_use(struct ports *ports, uint32_t port, component_t owner)
{
    long status = port_check(ports, port, owner);

    if (status != SHOJI_OK)
        return status;
    if (ports->port[port].connections == UINT16_MAX)
        return SHOJI_EMEMORY;
    return ++ports->port[port].connections;
}

long ports_leave(struct ports *ports, uint32_t port, component_t owner)
{
    long status = port_check(ports, port, owner);

    if (status != SHOJI_OK)
        return status;
    if (ports->port[port].connections == 0)
        return SHOJI_ENOENT;
    if (--ports->port[port].connections == 0 && ports->port[port].state == PORT_ANY)
        ports->port[port].state = PORT_FREE;
    return ports->port[port].connections;
}

void ports_gone(struct ports *ports, component_t owner)
{
    for (uint32_t port = 0; port < PORTS; port++)
        if (ports->port[port].state != PORT_FREE && ports->port[port].owner == owner)
            ports->port[port] = (struct port){.state = PORT_FREE};
}
