/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a CGI service answers: a function of the request and of what it remembers of earlier ones.
 */
#ifndef CGI_SERVICE_SERVICE_H
#define CGI_SERVICE_SERVICE_H

#include "cgi.h"
#include "shoji/status.h"

struct service_request {
    const struct cgi_request *head;
    const char *path, *query, *body;
};

/* Writes at most `room` bytes. Returns how many, or SHOJI_ENOENT, SHOJI_EPERM (not with this method). */
long service_answer(const struct service_request *request, char *out, uint64_t room);

#endif
