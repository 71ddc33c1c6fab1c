/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copying and checksumming by words of 64 bits: what a byte-wise loop or a string instruction would cost is
 * most of a packet's instructions on a processor that counts each iteration.
 */
#ifndef TCP_FAST_H
#define TCP_FAST_H

#include <stddef.h>
#include <stdint.h>

/* Like memcpy; any alignment, no overlap. */
void fast_copy(void *to, const void *from, size_t bytes);

/* The Internet checksum's sum (RFC 1071), not inverted, in memory order: what lwIP calls LWIP_CHKSUM. bytes
 * <= 65535. */
uint16_t fast_checksum(const void *data, int bytes);

#endif
