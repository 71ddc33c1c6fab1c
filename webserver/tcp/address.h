/* SPDX-License-Identifier: BSD-2-Clause
 * The system's address, as QEMU's user network gives it to its first guest. On a tap device the host's side
 * is GATEWAY. */
#ifndef TCP_ADDRESS_H
#define TCP_ADDRESS_H

#define ADDRESS 10, 0, 2, 15
#define NETMASK 255, 255, 255, 0
#define GATEWAY 10, 0, 2, 2

#endif
