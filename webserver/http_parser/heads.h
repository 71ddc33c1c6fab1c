/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Heads of replies that were written lately: the same content has the same head, and most requests are for
 * what others asked for before. It owns a few of them, and never answers otherwise than reply_head would.
 */
#ifndef HTTP_PARSER_HEADS_H
#define HTTP_PARSER_HEADS_H

#include "http_parser/reply.h"

/* As reply_head, for a `type` that is the same text wherever it is the same pointer. May write up to 31 bytes
 * more than it returns, within REPLY_ROOM. */
uint64_t heads_write(char *out, const struct reply *reply);

#endif
