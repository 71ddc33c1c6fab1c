/* SPDX-License-Identifier: BSD-2-Clause */
#include "reply.h"

#include <stddef.h>
#include <string.h>

static const struct {
    int status;
    const char *reason, *sentence;
} statuses[] = {
    {200, "OK", "Done."},
    {206, "Partial Content", "A part of it."},
    {304, "Not Modified", "It is what you have already."},
    {400, "Bad Request", "The request is malformed."},
    {401, "Unauthorized",
     "Changing anything needs the header Authorization: Bearer TOKEN; the console shows the token."},
    {403, "Forbidden", "A rule forbids this."},
    {404, "Not Found", "There is nothing at this path."},
    {405, "Method Not Allowed", "This method is not allowed here; the Allow header lists those that are."},
    {408, "Request Timeout", "The request took too long to arrive."},
    {409, "Conflict", "This is so already."},
    {413, "Content Too Large", "The request's body is too large."},
    {414, "URI Too Long", "The request's path is too long; 2048 bytes are the limit."},
    {416, "Range Not Satisfiable",
     "There is nothing in this range; the Content-Range header tells the length."},
    {422, "Unprocessable Content", "The body is well-formed, but cannot be used."},
    {431, "Request Header Fields Too Large",
     "The request's headers are too large; 8192 bytes are the limit."},
    {500, "Internal Server Error", "Something went wrong that should not."},
    {502, "Bad Gateway", "The component that makes the answer has failed; it begins anew, try again."},
    {503, "Service Unavailable", "Too many connections are open, or memory is short; try again later."},
    {504, "Gateway Timeout", "The service that makes the answer took too long."},
    {505, "HTTP Version Not Supported", "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
};

/* The commonest head by far. */
static const char ok_start[] = "HTTP/1.1 200 OK\r\nServer: Shoji\r\nContent-Type: ";

static char *put(char *at, const char *text, size_t length)
{
    return (char *)memcpy(at, text, length) + length;
}
static char *put_text(char *at, const char *text)
{
    return put(at, text, strlen(text));
}
#define PUT(at, literal) put(at, literal, sizeof literal - 1)

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    unsigned used = 0;
    do
        digits[used++] = '0' + number % 10;
    while (number /= 10);
    while (used)
        *at++ = digits[--used];
    return at;
}

/* Sixteen hexadecimal digits. */
static char *put_hexadecimal(char *at, uint64_t number)
{
    for (int half = 0; half < 2; half++, number <<= 32) {
        uint64_t digits = number >> 32; /* spread to a byte each, the first one lowest in the end */
        digits = (digits | digits << 16) & 0x0000ffff0000ffff;
        digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
        digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
        uint64_t letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
        digits = __builtin_bswap64(digits + 0x3030303030303030 + letters * ('a' - '0' - 10));
        memcpy(at, &digits, sizeof digits);
        at += sizeof digits;
    }
    return at;
}

uint64_t reply_tag(char *out, uint64_t tag)
{
    *out = '"';
    put_hexadecimal(out + 1, tag);
    out[REPLY_TAG_BYTES - 1] = '"';
    return REPLY_TAG_BYTES;
}

static char *put_range(char *at, const struct reply *reply)
{
    at = PUT(at, "\r\nContent-Range: bytes ");
    if (reply->status == 206) {
        at = put_number(at, reply->from);
        *at++ = '-';
        at = put_number(at, reply->from + reply->length - 1);
    } else {
        *at++ = '*';
    }
    *at++ = '/';
    return put_number(at, reply->total);
}

static size_t status_index(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return i;
    return status_index(500);
}

const char *reply_sentence(int status)
{
    return statuses[status_index(status)].sentence;
}

uint64_t reply_head(char *out, const struct reply *reply)
{
    char *at = out;
    if (reply->status == 200) {
        at = PUT(at, ok_start);
    } else {
        size_t index = status_index(reply->status);
        at = PUT(at, "HTTP/1.1 ");
        at = put_number(at, statuses[index].status);
        *at++ = ' ';
        at = put_text(at, statuses[index].reason);
        at = PUT(at, "\r\nServer: Shoji\r\nContent-Type: ");
    }
    at = put_text(at, reply->type);
    at = PUT(at, "\r\nContent-Length: ");
    at = put_number(at, reply->length);
    if (reply->tag) {
        at = PUT(at, "\r\nETag: ");
        at += reply_tag(at, reply->tag);
    }
    if (reply->status == 206 || reply->status == 416)
        at = put_range(at, reply);
    if (reply->connection == REPLY_CLOSE)
        at = PUT(at, "\r\nConnection: close\r\n");
    else if (reply->connection == REPLY_KEEP_1_0)
        at = PUT(at, "\r\nConnection: keep-alive\r\n");
    else
        at = PUT(at, "\r\n");
    if (reply->header)
        at = put_text(at, reply->header);
    at = PUT(at, "\r\n");
    return at - out;
}

static char *put_json_string(char *at, const char *text, size_t length)
{
    *at++ = '"';
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] <
            0x20) /* no such character is in our sentences but within what they quote */
            continue;
        if (text[i] == '"' || text[i] == '\\')
            *at++ = '\\';
        *at++ = text[i];
    }
    *at++ = '"';
    return at;
}

uint64_t reply_refusal(char *out, enum reply_form form, int status, const char *sentence, const char *header,
                       enum reply_connection connection, bool bodiless)
{
    if (!sentence)
        sentence = reply_sentence(status);
    size_t length = strnlen(sentence, REPLY_SENTENCE_BYTES);
    char body[2 * REPLY_SENTENCE_BYTES + 16], *at = body;
    if (form == REPLY_JSON) {
        at = PUT(at, "{\"error\":");
        at = put_json_string(at, sentence, length);
        at = PUT(at, "}\n");
    } else {
        at = put(at, sentence, length);
        *at++ = '\n';
    }
    const struct reply reply = {
        .status = status,
        .type = form == REPLY_JSON ? "application/json" : "text/plain; charset=utf-8",
        .header = header,
        .length = at - body,
        .connection = connection,
    };
    uint64_t head = reply_head(out, &reply);
    if (bodiless)
        return head;
    memcpy(out + head, body, at - body);
    return head + (at - body);
}
