/* SPDX-License-Identifier: BSD-2-Clause
 *
 * COM1, a 16550 at 115200 baud, byte by byte. Nobody waits here: who may send is told, and who waits decides
 * how long.
 */
#ifndef KERNEL_UART_H
#define KERNEL_UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_start(void);
/* Its interrupt comes when a byte has come, when one can be sent. */
void uart_interrupts(bool received, bool can_send);
/* Takes note of why the interrupt came; without that the next one does not. */
void uart_acknowledge(void);
bool uart_can_send(void);
void uart_send(uint8_t byte);
/* The next byte that has come; false: none. *overrun: at least one before it was lost, because nobody took it
 * in time. */
bool uart_receive(uint8_t *byte, bool *overrun);

#endif
