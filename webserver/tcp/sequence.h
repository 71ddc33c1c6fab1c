/* SPDX-License-Identifier: BSD-2-Clause
 * Initial sequence numbers that an outsider cannot guess (RFC 6528): a clock plus a keyed hash of the
 * connection's addresses. */
#ifndef TCP_SEQUENCE_H
#define TCP_SEQUENCE_H

#include <stdint.h>

/* Makes the key, from the processor's time stamp counter and `salt`. No source for
 * cryptography. */
void sequence_init(uint64_t salt);
uint32_t sequence_initial(uint32_t local, uint16_t local_port, uint32_t remote, uint16_t remote_port);

#endif
