/* SPDX-License-Identifier: BSD-2-Clause */
#include "console_input.h"

#include "uart.h"

static struct {
    bool asked;
    uint32_t this_tick;
    size_t first, count;
    uint64_t received, lost;
    uint8_t bytes[INPUT_KEPT_BYTES];
} input;

bool console_input_wanted(void)
{
    return input.asked && input.count < INPUT_KEPT_BYTES && input.this_tick < INPUT_TICK_BYTES;
}

bool console_input_receive(void)
{
    bool was_empty = input.count == 0, overrun;
    uint8_t byte;

    while (console_input_wanted() && uart_receive(&byte, &overrun)) {
        input.bytes[(input.first + input.count++) % INPUT_KEPT_BYTES] = byte;
        input.this_tick++;
        input.received++;
        input.lost += overrun;
    }
    return was_empty && input.count > 0;
}

bool console_input_idle(void)
{
    return input.this_tick == 0;
}

bool console_input_tick(void)
{
    input.this_tick = 0;
    return console_input_receive();
}

size_t console_input_take(char *bytes, size_t count)
{
    size_t taken = 0;

    input.asked = true;
    for (; taken < count && input.count > 0; taken++) {
        bytes[taken] = (char)input.bytes[input.first];
        input.first = (input.first + 1) % INPUT_KEPT_BYTES;
        input.count--;
    }
    return taken;
}

uint64_t console_input_received(void)
{
    return input.received;
}

uint64_t console_input_lost(void)
{
    return input.lost;
}
