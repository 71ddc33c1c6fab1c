/* SPDX-License-Identifier: BSD-2-Clause
 * Component 8: edge-triggered events in groups; a thread waits for a group. */
#ifndef INTERFACE_EVENT_MANAGER_H
#define INTERFACE_EVENT_MANAGER_H
#include "shoji/supervisor.h"

long evt_group(void);                          /* id of a new group, > 0 */
long evt_create(long group, uint32_t token);   /* id of a new event, > 0; evt_wait hands out its token */
long evt_trigger(long event);                  /* from any component; several triggers before a wait are one */
long evt_wait(long group);                     /* blocks; the token (>= 0) of the event triggered first */
long evt_wait_until(long group, uint64_t tick); /* the same; SHOJI_ETIMEDOUT once shoji_global.ticks reaches `tick` */
long evt_free(long event);                     /* SHOJI_ENOENT: there is none; SHOJI_EPERM: another's */

#endif
