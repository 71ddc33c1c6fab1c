/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the control interface: a supervisor that is a table of five components, and a client.
 */
#ifndef TESTS_HOST_CONTROL_RIG_H
#define TESTS_HOST_CONTROL_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The supervisor: scheduler 1, mpd_manager 2, tcp 3, ip 4, vnic 5; edges tcp to ip, ip to vnic ---- */
#define COMPONENTS 5
extern uint32_t domains[COMPONENTS], next_domain;
extern const char *component_names[COMPONENTS];
extern uint32_t component_parents[COMPONENTS]; /* ids; 0: the manifest */
unsigned domains_now(void);               /* how many there are */
extern long supervisor_failure;           /* what its calls return, if not 0 */
extern unsigned changes;                  /* merges and splits */
extern uint64_t seed_of_token;            /* 0: no random numbers */
extern const char *const *manifest_lines; /* ended by NULL */
extern uint64_t edge_counts[2], edge_gated[2], cycles_now;
extern uint64_t component_faults[COMPONENTS];
extern uint64_t reports;   /* of faults: so many have been made */
extern uint64_t requests;  /* that the web server has answered */
extern char printed[4096]; /* by print_line */
/* Time goes by, and the two edges are invoked so often. */
void pass(uint64_t ticks, uint64_t cycles, uint64_t first, uint64_t second);

/* ---- static_content, as far as the dashboard's files go: /, /app.js, /app.js.gz ---- */
#define PAGE_FILES 3
extern struct page_file {
    const char *path, *text; /* no text: bytes by page_byte */
    uint64_t bytes, tag;
} page_files[PAGE_FILES];
extern long page_failure; /* what it returns, if not 0 */
extern unsigned page_asked;
char page_byte(const struct page_file *file, uint64_t at);

/* ---- A client ---- */
extern char reply[1 << 18]; /* all that came back */
extern size_t reply_bytes;
extern long closed; /* HTTP_CLOSE if the stream has ended */
/* To an open stream, reading what it replies. */
void feed(long stream, const char *bytes, size_t count);
void converse(const char *bytes, size_t count);
/* One request; `token` NULL: none. Returns the reply's body. */
const char *ask(const char *method, const char *path, const char *token, const char *body);
int status(void);
void assert_has(const char *text);
/* A refusal is {"error":"A sentence."} with the right length. */
void assert_refused(int wanted, const char *word);

/* cmocka's setup: everybody alone, mode isolated. */
int rig_start(void **state);

#endif
