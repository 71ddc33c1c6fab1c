/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the headers Range and If-None-Match mean for a content (RFC 9110, 13.1.2 and 14). Pure functions.
 */
#ifndef HTTP_PARSER_RANGE_H
#define HTTP_PARSER_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum range { RANGE_NONE, RANGE_PART, RANGE_UNSATISFIABLE };

/* RANGE_NONE: the whole content is meant, also where there are several ranges or the header is malformed.
 * RANGE_PART: *length bytes from *from on, at least one. */
enum range range_parse(const char *text, uint32_t bytes, uint64_t total, uint64_t *from, uint64_t *length);
/* Whether a list of tags names this one, weakly or not, or is `*`. */
bool tag_listed(const char *text, uint32_t bytes, uint64_t tag);

#endif
