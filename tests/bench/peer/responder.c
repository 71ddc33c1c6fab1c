/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The peer's counterpart of a CGI service: a FastCGI 1.0 responder for the web server beside it, which
 * answers each request with the same 11 bytes. As fast as one may set such a thing up: one process that
 * stays, many connections that are kept, one write an answer.
 *
 *     responder SOCKET
 *
 * 1. A connection carries one request at a time (that is what nginx does), and its answer leaves in one
 * piece.
 * 2. What breaks the protocol, or reads too slowly for a whole answer to be written, loses its connection.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* FastCGI specification 1.0, sections 3.3 and 8. */
enum type { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };
enum { VERSION = 1, KEEP_CONNECTION = 1, HEADER = 8 };

#define BODY "hello world"
#define CONTENT "Content-Type: text/plain\r\nContent-Length: 11\r\n\r\n" BODY
#define CONTENT_BYTES (sizeof CONTENT - 1)

struct header {
    uint8_t version, type, id[2], length[2], padding, reserved;
};
_Static_assert(sizeof(struct header) == HEADER, "as on the wire");

struct answer {
    struct header content_header;
    char content[(CONTENT_BYTES + 7) / 8 * 8];
    struct header end_of_content, end_header;
    uint8_t end[8]; /* 0: done, status 0 */
};

struct connection {
    int socket;
    bool keep;
    size_t held;            /* bytes of records that are not whole yet */
    uint8_t input[1 << 17]; /* a record and its padding take 65,798 at most */
};

static struct answer answer;
static int poll;

static struct header header_of(enum type type, size_t length, size_t padding)
{
    return (struct header){.version = VERSION,
                           .type = (uint8_t)type,
                           .length = {(uint8_t)(length >> 8), (uint8_t)length},
                           .padding = (uint8_t)padding};
}

static void answer_prepare(void)
{
    answer.content_header = header_of(STDOUT, CONTENT_BYTES, sizeof answer.content - CONTENT_BYTES);
    memcpy(answer.content, CONTENT, CONTENT_BYTES);
    answer.end_of_content = header_of(STDOUT, 0, 0);
    answer.end_header = header_of(END, sizeof answer.end, 0);
}

static bool answer_send(const struct connection *to, const uint8_t id[2])
{
    memcpy(answer.content_header.id, id, 2);
    memcpy(answer.end_of_content.id, id, 2);
    memcpy(answer.end_header.id, id, 2);
    return send(to->socket, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof answer &&
           to->keep;
}

/* False: the connection is over. */
static bool record(struct connection *from, const struct header *header, const uint8_t *content,
                   size_t length)
{
    switch (header->type) {
    case BEGIN:
        from->keep = length == 8 && (content[2] & KEEP_CONNECTION) != 0;
        return length == 8;
    case STDIN: /* the last one of a request is empty */
        return length != 0 || answer_send(from, header->id);
    default:
        return header->type == PARAMS;
    }
}

static bool readable(struct connection *from)
{
    ssize_t got = recv(from->socket, from->input + from->held, sizeof from->input - from->held, MSG_DONTWAIT);
    size_t at = 0;

    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    from->held += (size_t)got;
    while (from->held - at >= HEADER) {
        const struct header *header = (const struct header *)(from->input + at);
        size_t length = (size_t)header->length[0] << 8 | header->length[1];

        if (from->held - at < HEADER + length + header->padding)
            break;
        if (header->version != VERSION || !record(from, header, from->input + at + HEADER, length))
            return false;
        at += HEADER + length + header->padding;
    }
    from->held -= at;
    if (at != 0 && from->held != 0)
        memmove(from->input, from->input + at, from->held);
    return true;
}

static void arrived(int listener)
{
    struct connection *from = calloc(1, sizeof *from);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = from};

    if (from == NULL)
        abort();
    from->socket = accept(listener, NULL, NULL);
    if (from->socket < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, from->socket, &wanted) != 0) {
        close(from->socket);
        free(from);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event wanted = {.events = EPOLLIN}, ready[32];
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "responder: expected the path of a socket\n");
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    answer_prepare();
    poll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 256) != 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted) != 0) {
        perror(argv[1]);
        return 1;
    }
    for (;;) {
        int count = epoll_wait(poll, ready, 32, -1);

        for (int i = 0; i < count; i++) {
            struct connection *from = ready[i].data.ptr;

            if (from == NULL) {
                arrived(listener);
            } else if (!readable(from)) {
                close(from->socket);
                free(from);
            }
        }
    }
}
