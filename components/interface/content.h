/* SPDX-License-Identifier: BSD-2-Clause
 * Components 14 content_manager (content_*) and 15 static_content (static_*): a request's path in, its body out.
 * The path (no NUL) lies at `buffer` in pool `content`, the body is written over it, at most `room` bytes from `offset` of the content
 * on. Returns total << 32 | copied; SHOJI_ENOENT: no such path. */
#ifndef INTERFACE_CONTENT_H
#define INTERFACE_CONTENT_H
#include "shoji/supervisor.h"

long content_get(void *buffer, uint64_t path_bytes, uint64_t room, uint64_t offset);
long static_get(void *buffer, uint64_t path_bytes, uint64_t room, uint64_t offset);

#endif
