/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes before a body, and whole replies for refusals: a status and a sentence. Shared by the webserver
 * and the control interface. It owns nothing and allocates nothing.
 */
#ifndef HTTP_PARSER_REPLY_H
#define HTTP_PARSER_REPLY_H

#include <stdbool.h>
#include <stdint.h>

/* Any head fits into this many bytes; any refusal too, with its body, unless its sentence is longer than
 * REPLY_SENTENCE_BYTES. */
#define REPLY_ROOM 1024
#define REPLY_SENTENCE_BYTES 300

enum reply_connection {
    REPLY_KEEP_1_1, /* stays open, as HTTP/1.1 takes for granted */
    REPLY_KEEP_1_0, /* stays open, and an HTTP/1.0 client must be told */
    REPLY_CLOSE,
};

enum reply_form { REPLY_TEXT, REPLY_JSON };

struct reply {
    int status;
    const char *type;   /* Content-Type's value */
    const char *header; /* one more header line with its CRLF, or NULL */
    uint64_t length;    /* of the body */
    enum reply_connection connection;
    uint64_t tag;         /* ETag, or 0 */
    uint64_t from, total; /* 206: the body is `length` of `total` bytes; 416: there are `total` */
};

/* Writes the head, at most REPLY_ROOM bytes. Returns its length. */
uint64_t reply_head(char *out, const struct reply *reply);
/* Writes a whole refusal, at most REPLY_ROOM bytes; `sentence` NULL: the usual one of that status. JSON:
 * {"error":"sentence"}. `bodiless`: the answer to HEAD. Returns its length. */
uint64_t reply_refusal(char *out, enum reply_form form, int status, const char *sentence, const char *header,
                       enum reply_connection connection, bool bodiless);
/* A tag as it is written, quotes and all: REPLY_TAG_BYTES bytes. */
#define REPLY_TAG_BYTES 18
uint64_t reply_tag(char *out, uint64_t tag);
/* The usual sentence of a status. */
const char *reply_sentence(int status);

#endif
