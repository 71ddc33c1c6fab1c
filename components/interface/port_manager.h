/* SPDX-License-Identifier: BSD-2-Clause
 * Component 24: the transport port namespace. */
#ifndef INTERFACE_PORT_MANAGER_H
#define INTERFACE_PORT_MANAGER_H
#include "shoji/supervisor.h"

long port_take(uint32_t port);  /* SHOJI_EBUSY if it is taken */
long port_any(void);            /* a free ephemeral port, taken */
long port_use(uint32_t port);   /* one more connection on a taken port; returns how many */
long port_leave(uint32_t port); /* one connection less; a port with none that was ephemeral is free again */

#endif
