/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The commonest requests, read in a tenth of the instructions that llhttp needs: a GET or HEAD whose whole
 * head is there, of which nothing is wanted but method, target, version and whether the connection stays.
 * Whatever looks the least unusual is left to llhttp, which decides what is right; tests compare the two.
 */
#ifndef HTTP_PARSER_QUICK_H
#define HTTP_PARSER_QUICK_H

#include <stdbool.h>
#include <stdint.h>

struct quick {
    bool head; /* HEAD, else GET */
    uint8_t minor;
    bool keep_alive;
    uint32_t target_from, target_bytes;
};

/* How many bytes the request has, 0: not for us. */
uint64_t quick_parse(const char *bytes, uint64_t count, struct quick *out);

#endif
