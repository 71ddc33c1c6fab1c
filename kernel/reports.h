/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The newest reports of faults, for whoever asks later: what the console was told, in its parts.
 */
#ifndef KERNEL_REPORTS_H
#define KERNEL_REPORTS_H

#include "shoji/supervisor.h"

/* A new report, to be filled in: all zero, but for its number and time. The oldest may have gone for it. */
struct sup_fault *reports_begin(void);
uint64_t reports_count(void);
/* NULL: there is none of this number, or it is kept no longer. */
const struct sup_fault *reports_find(uint64_t number);
/* Notes a component, by its name, among those that fell with it. */
void reports_fell(struct sup_fault *report, const char *name);

#endif
