/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Gates given at run time (HotOS sections 3.1 and 3.3: call permission is exported like any other).
 */
#ifndef KERNEL_SUPERVISOR_GATES_H
#define KERNEL_SUPERVISOR_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "protection.h"

/* The component has failed, or is no more: it has no gates but those of the manifest, and what it gave is
 * closed for good. */
void gates_forsake(unsigned component);
/* No gate leads into the component any more, but those of the manifest. */
void gates_into_close(unsigned server);
/* What the component gave was given by another. */
void gates_inherit(unsigned component, unsigned by);
/* Is this gate one that leads nowhere any more? */
bool gates_is_closed(uint64_t gate);
/* Index of the component that a gate's server is the home of; NO_COMPONENT: the supervisor, or nobody any
 * more. */
unsigned gates_server(struct pd_id server);
/* May the client call the server by a gate that was given? For reports: the n-th pair of client and server
 * that no edge of the manifest is about; false: there are no more. *server may be MANIFEST_SUPERVISOR. */
bool gates_pair(unsigned n, unsigned *client, unsigned *server);

#endif
