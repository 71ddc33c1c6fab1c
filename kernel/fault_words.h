/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A fault in words: where it was, what was tried, whose word it was, who could have allowed it. Texts are cut
 * to fit, and empty where there is nothing to say. Names of functions are what images claim.
 */
#ifndef KERNEL_FAULT_WORDS_H
#define KERNEL_FAULT_WORDS_H

#include <stddef.h>

#include "fault_scene.h"

/* function+0xoffset, or "?" */
void words_function(char *out, size_t size, uint64_t address);
/* " (image+0xoffset, file:line)" */
void words_place(char *out, size_t size, uint64_t address);
/* " (from function)": where a wild jump may have come from */
void words_origin(char *out, size_t size, const struct scene *scene);
/* What was tried, and why it failed. */
void words_what(char *out, size_t size, const struct scene *scene);
/* "; who could have allowed it, and how" */
void words_allowed(char *out, size_t size, const struct scene *scene);
/* Whose word the address is: "a word of vnic (data)" */
#define WORDS_OWNER_BYTES 120
void words_owner(char *out, size_t size, uint64_t address);
const char *words_exception(uint64_t vector);

#endif
