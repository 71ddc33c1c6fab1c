/* SPDX-License-Identifier: BSD-2-Clause */
#include "shell_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control_rig.h"
#include "runtime.h"
#include "scheduler.h"
#include "shell.h"
#include "shoji/supervisor.h"

#define WAITS_IN_VAIN 2

static const char *keys;
static size_t keys_left, keys_received;
static char shown[1 << 22];
static size_t shown_bytes;
static char below[SUP_CONSOLE_FOOT_BYTES + 1];
static unsigned waits;
static uint64_t this_tick;
uint64_t console_bytes_per_tick, console_kept_bytes, console_speed = UINT64_MAX;
void (*tick_passes)(void);

const char *foot(void)
{
    return below;
}

/* ---- The console ---- */

long sup_console_read(char *to, uint64_t bytes)
{
    assert_true(bytes <= SUP_CONSOLE_READ_BYTES && (uintptr_t)to % 8 == 0);
    size_t count = bytes < keys_left ? bytes : keys_left;
    memcpy(to, keys, count);
    keys += count;
    keys_left -= count;
    keys_received += count;
    return (long)count;
}

long sup_console_foot(const char *text, uint64_t bytes)
{
    assert_true(bytes <= SUP_CONSOLE_FOOT_BYTES);
    memcpy(below, text, bytes);
    below[bytes] = 0;
    return SHOJI_OK;
}

long sup_console_state(struct sup_console *out)
{
    *out = (struct sup_console){.received = keys_received, .kept = console_kept_bytes};
    return SHOJI_OK;
}

void print_bytes(const char *bytes, uint64_t length)
{
    assert_true(shown_bytes + length < sizeof shown);
    assert_true(length <= 192); /* terminal_printer keeps so many together */
    memcpy(shown + shown_bytes, bytes, length);
    shown_bytes += length;
    this_tick += length;
    console_kept_bytes += console_speed == UINT64_MAX ? 0 : length;
    if (this_tick > console_bytes_per_tick)
        console_bytes_per_tick = this_tick;
}

/* ---- Time ---- */

static void tick(void)
{
    pass(1, 0, 0, 0);
    this_tick = 0;
    console_kept_bytes -= console_kept_bytes < console_speed ? console_kept_bytes : console_speed;
    if (tick_passes)
        tick_passes();
}

long sched_block_until(uint64_t until)
{
    (void)until;
    tick();
    return SHOJI_ETIMEDOUT;
}

long sched_pause(void)
{
    tick();
    return SHOJI_OK;
}

long sched_line_wait_until(uint32_t line, uint64_t until)
{
    (void)until;
    assert_int_equal(line, SUP_EVENT_CONSOLE);
    waits++;
    return SHOJI_ETIMEDOUT;
}

/* ---- A person ---- */

void keys_add(const char *text)
{
    assert_int_equal(keys_left, 0);
    keys = text;
    keys_left = strlen(text);
}

const char *typed_bytes(const char *bytes, size_t count)
{
    keys = bytes;
    keys_left = count;
    shown_bytes = 0;
    waits = 0;
    while (keys_left > 0 || waits < WAITS_IN_VAIN)
        shell_turn();
    shown[shown_bytes] = 0;
    return shown;
}

const char *typed(const char *text)
{
    return typed_bytes(text, strlen(text));
}
