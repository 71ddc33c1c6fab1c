/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The content itself.
 */
#include "static_content.h"

static const char hello[] = "hello world";

static const char start[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<title>Shoji</title>\n"
    "<style>body{font:1.1em/1.5 sans-serif;max-width:38em;margin:3em auto;padding:0 1em}</style>\n"
    "<h1>Shoji</h1>\n"
    "<p>This page came through ten of twenty-five components. Each has a protection domain of its own on a Mondriaan "
    "memory protection\n"
    "CPU, and the walls between them can be taken down and put up again while they serve.</p>\n"
    "<ul>\n"
    "<li><a href=\"/hw\">/hw</a>: the eleven bytes of the benchmark</li>\n"
    "<li><a href=\"/cgi/hw\">/cgi/hw</a> and <a href=\"/cgi/HW\">/cgi/HW</a>: as many from two CGI services;\n"
    "<a href=\"/cgi/a/echo?a=1\">/cgi/a/echo</a>, <a href=\"/cgi/b/sum?20+22\">/cgi/b/sum</a>: answers to what you ask</li>\n"
    "<li>the control port, 8081 unless you moved it: <code>/v1/graph</code> (JSON), "
    "<code>/v1/edges?format=csv</code>,\n"
    "<code>/v1/graph.dot</code> (Graphviz), <code>/v1/policy</code></li>\n"
    "<li>in the source: <code>README.md</code> and <code>docs/</code></li>\n"
    "</ul>\n"
    "</html>\n";

#define PAGE(path, body)                                                                                     \
    {                                                                                                        \
        path, sizeof path - 1, sizeof body - 1, body                                                         \
    }

const struct page pages[] = {
    PAGE("/hw", hello),
    PAGE("/", start),
};
const uint32_t pages_count = sizeof pages / sizeof *pages;
