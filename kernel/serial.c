/* SPDX-License-Identifier: BSD-2-Clause */
#include "serial.h"

#include "console.h"
#include "console_input.h"
#include "uart.h"

#define IDLE_TICKS 5

static unsigned armed; /* as the UART was told last */

void serial_settle(void)
{
    unsigned wanted = (console_input_wanted() ? 1u : 0) | (console_kept() > 0 ? 2u : 0);

    if (wanted == armed)
        return;
    armed = wanted;
    uart_interrupts(wanted & 1u, wanted & 2u);
}

bool serial_interrupt(void)
{
    bool tell;

    uart_acknowledge();
    tell = console_input_receive();
    (void)console_drain();
    serial_settle();
    return tell;
}

/* Also in place of an interrupt: one may get lost between two causes. It is looked for now and then if nothing has come
 * in the last tick, and nothing is kept. */
bool serial_tick(void)
{
    static uint32_t idle;
    bool tell;

    if (console_input_idle() && console_kept() == 0 && ++idle % IDLE_TICKS != 0)
        return false;
    tell = console_input_tick();

    if (console_kept() > 0)
        (void)console_drain();
    serial_settle();
    return tell;
}
