/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names that callers hand over.
 */
#ifndef KERNEL_SUPERVISOR_NAMES_H
#define KERNEL_SUPERVISOR_NAMES_H

#include <stdint.h>

#include "caller.h"
#include "shoji/supervisor.h"

#define NAMES_FUNCTION_BYTES 64 /* with the NUL */

/* The name at an address of the caller's, of letters, digits and _, at least one: into `out` of `bytes`, the
 * NUL counted. SHOJI_EINVAL: unreadable, something else, or longer. */
long names_read(struct caller caller, uint64_t address, char *out, unsigned bytes);
/* The same of a component that is to be made: SHOJI_EBUSY if one has that name. */
long names_read_new(struct caller caller, uint64_t address, char out[SHOJI_NAME_BYTES]);

#endif
