/* SPDX-License-Identifier: BSD-2-Clause
 * Component 5: prints strings, a line at a time for each client. Characters travel in registers. */
#ifndef INTERFACE_TERMINAL_PRINTER_H
#define INTERFACE_TERMINAL_PRINTER_H
#include "shoji/supervisor.h"

/* length 1 to 32 bytes, in memory order in w0..w3. Clients use printf (runtime). */
long term_print(uint64_t length, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);

#endif
