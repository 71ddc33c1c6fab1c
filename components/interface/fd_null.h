/* SPDX-License-Identifier: BSD-2-Clause
 * Component 19: the empty lower layer. Reading is at the end at once, what is written is taken and gone. */
#ifndef INTERFACE_FD_NULL_H
#define INTERFACE_FD_NULL_H
#include "shoji/supervisor.h"

long null_open(void); /* a handle, > 0 */
long null_read(long handle, uint64_t buffer,
               uint64_t bytes); /* 0: the end. SHOJI_ENOENT: not a handle; so do the others */
long null_write(long handle, uint64_t buffer, uint64_t bytes); /* all that was given */
long null_close(long handle);                                  /* SHOJI_OK */

#endif
