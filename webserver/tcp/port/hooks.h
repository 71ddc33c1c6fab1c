/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP includes this file where its hooks are used. */
#ifndef TCP_PORT_HOOKS_H
#define TCP_PORT_HOOKS_H

#include "sequence.h"

#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port)                                              \
    sequence_initial((local_ip)->addr, local_port, (remote_ip)->addr, remote_port)

#endif
