/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 24: the transport port namespace. A port belongs to the client that took it, known by the gate's
 * badge. Owns the table (ports.c) and its mutex.
 */
#include "export.h"
#include "mutex.h"
#include "served/port_manager.h"
#include "ports.h"

static struct ports ports;
static struct mutex mutex = MUTEX_FREE;

SHOJI_EXPORT_BADGED(port_take);
SHOJI_EXPORT_BADGED(port_any);
SHOJI_EXPORT_BADGED(port_use);
SHOJI_EXPORT_BADGED(port_leave);

long port_take_badged(uint32_t port, component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = ports_take(&ports, port, client);
    mutex_unlock(&mutex);
    return result;
}

long port_any_badged(component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = ports_any(&ports, client);
    mutex_unlock(&mutex);
    return result;
}

long port_use_badged(uint32_t port, component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = ports_use(&ports, port, client);
    mutex_unlock(&mutex);
    return result;
}

long port_leave_badged(uint32_t port, component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = ports_leave(&ports, port, client);
    mutex_unlock(&mutex);
    return result;
}

/* The supervisor calls it: the component has failed. */
SHOJI_EXPORT long component_gone(component_t component)
{
    mutex_lock(&mutex);
    ports_gone(&ports, component);
    mutex_unlock(&mutex);
    return SHOJI_OK;
}

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}
