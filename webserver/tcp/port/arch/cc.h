/* SPDX-License-Identifier: BSD-2-Clause
 * What lwIP asks of a platform: gcc on x86-64, one thread at a time (the component's mutex). */
#ifndef TCP_PORT_CC_H
#define TCP_PORT_CC_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime.h"

/* lwIP has a function of its own by a name that this component exports; compiled as one program, the two
 * would meet. */
#define tcp_receive tcp_receive_segment

/* The C library has ssize_t; lwIP makes one of its own where SSIZE_MAX is missing. */
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
#define LWIP_NO_UNISTD_H 1

#define lwip_htons(x) ((uint16_t)__builtin_bswap16(x))
#define lwip_htonl(x) ((uint32_t)__builtin_bswap32(x))

/* No debugging output is compiled in. */
#define LWIP_PLATFORM_DIAG(message)                                                                          \
    do {                                                                                                     \
    } while (0)
#define LWIP_PLATFORM_ASSERT(message) runtime_panic(message, __FILE__, __LINE__)

#endif
