/* SPDX-License-Identifier: BSD-2-Clause
 * What content_manager and a CGI service say to each other: a request is this head, then path, query and body. */
#ifndef INTERFACE_CGI_H
#define INTERFACE_CGI_H
#include <stdint.h>

struct cgi_request {
    uint32_t method; /* enum content_method */
    uint32_t path_bytes, query_bytes, body_bytes;
};

#endif
