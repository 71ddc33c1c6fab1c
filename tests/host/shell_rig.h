/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the shell: a serial console that holds what is typed, and keeps what is shown.
 */
#ifndef TESTS_HOST_SHELL_RIG_H
#define TESTS_HOST_SHELL_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types these bytes, and gives the shell turns until it waits in vain. Returns what was printed since the
 * last call, lines whole. */
const char *typed(const char *text);
const char *typed_bytes(const char *bytes, size_t count);
/* While the shell works: these come, too. What was typed before has been taken by then. */
void keys_add(const char *text);
/* What is shown below. */
const char *foot(void);
extern uint64_t console_bytes_per_tick; /* the most that was printed within one tick */
extern uint64_t
    console_kept_bytes; /* how many of them the line has not taken: it takes console_speed a tick */
extern uint64_t console_speed;
/* Called when the shell lets a tick go by. */
extern void (*tick_passes)(void);

#endif
