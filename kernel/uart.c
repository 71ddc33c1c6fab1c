/* SPDX-License-Identifier: BSD-2-Clause */
#include "uart.h"

#include "cpu/io.h"

#define COM1 0x3f8
#define DATA COM1
#define INTERRUPTS (COM1 + 1)
#define CAUSE (COM1 + 2)
#define LINE_STATUS (COM1 + 5)
#define HAS_BYTE 0x01
#define OVERRUN 0x02
#define CAN_SEND 0x20
#define ON_RECEIVED 0x01
#define ON_CAN_SEND 0x02

void uart_start(void)
{
    /* No interrupts; 115200 baud; 8 bits; FIFOs, emptied, an interrupt from the first byte on; DTR, RTS, and
     * OUT2, which lets interrupts through. */
    static const uint8_t setup[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}, {4, 0x0b}};

    for (unsigned i = 0; i < sizeof setup / sizeof *setup; i++)
        port_write8(COM1 + setup[i][0], setup[i][1]);
}

void uart_interrupts(bool received, bool can_send)
{
    port_write8(INTERRUPTS, (uint8_t)((received ? ON_RECEIVED : 0) | (can_send ? ON_CAN_SEND : 0)));
}

void uart_acknowledge(void)
{
    (void)port_read8(CAUSE);
}

bool uart_can_send(void)
{
    return port_read8(LINE_STATUS) & CAN_SEND;
}

void uart_send(uint8_t byte)
{
    port_write8(DATA, byte);
}

bool uart_receive(uint8_t *byte, bool *overrun)
{
    uint8_t status = port_read8(LINE_STATUS);

    *overrun = status & OVERRUN;
    if ((status & HAS_BYTE) == 0)
        return false;
    *byte = port_read8(DATA);
    return true;
}
