/* SPDX-License-Identifier: BSD-2-Clause
 * TCP's checksums, of whole Ethernet frames: lwIP leaves them alone (lwipopts.h), since the device may make
 * and check them, and a frame in one piece is summed in one go. */
#ifndef TCP_SUMS_H
#define TCP_SUMS_H

#include <stdbool.h>
#include <stdint.h>

/* False: a TCP segment with a wrong checksum. What lwIP drops for another reason need not be right. */
bool sums_good(const char *frame, uint32_t bytes);
/* Completes a frame that lwIP has made. `device`: up to what the device does. True: it is a TCP segment. */
bool sums_make(char *frame, uint32_t bytes, bool device);

#endif
