/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Local APIC, I/O APIC (for the lines of timer and console), PIT at TIMER_HZ. The PIT's frequency is known: nothing is
 * calibrated.
 */
#include "cpu/interrupt.h"

#include "cpu/io.h"
#include "device/dma.h"
#include "fault.h"
#include "memory_map.h"
#include "reboot.h"
#include "recorder.h"
#include "scheduling.h"
#include "serial.h"
#include "shoji/supervisor.h"
#include "supervisor/moves.h"

#define LOCAL_APIC 0xfee00000u
#define LOCAL_APIC_ID (LOCAL_APIC + 0x20)
#define LOCAL_APIC_PRIORITY (LOCAL_APIC + 0x80)
#define LOCAL_APIC_END (LOCAL_APIC + 0xb0)
#define LOCAL_APIC_SPURIOUS (LOCAL_APIC + 0xf0)
#define LOCAL_APIC_TIMER (LOCAL_APIC + 0x320)
#define LOCAL_APIC_TIMER_COUNT (LOCAL_APIC + 0x380)
#define LOCAL_APIC_TIMER_DIVIDE (LOCAL_APIC + 0x3e0)
#define LOCAL_APIC_ENABLE 0x100u
#define DIVIDE_BY_ONE 0xbu /* the emulator's local timer runs at 1 GHz */
#define IO_APIC 0xfec00000u
#define IO_APIC_WINDOW (IO_APIC + 0x10)
#define IO_APIC_TIMER_PIN 2u /* the PIT's line, by PC convention (MADT override of IRQ 0) */
#define IO_APIC_SERIAL_PIN 4u /* COM1's */
#define PIC_MASKS ((const uint16_t[]){0x21, 0xa1})
#define PIT_CHANNEL 0x40
#define PIT_CONTROL 0x43
#define PIT_RATE 0x34 /* channel 0, low then high byte, rate generator */

static uint32_t apic_id(void)
{
    return *memory_register(LOCAL_APIC_ID) >> 24;
}

static void io_apic_write(uint32_t number, uint32_t value)
{
    *memory_register(IO_APIC) = number;
    *memory_register(IO_APIC_WINDOW) = value;
}

static void io_apic_route(unsigned pin, uint32_t vector)
{
    io_apic_write(0x10 + 2 * pin + 1, apic_id() << 24);
    io_apic_write(0x10 + 2 * pin, vector);
}

void interrupts_start(void)
{
    port_write8(PIC_MASKS[0], 0xff);
    port_write8(PIC_MASKS[1], 0xff);
    *memory_register(LOCAL_APIC_PRIORITY) = 0;
    *memory_register(LOCAL_APIC_SPURIOUS) = LOCAL_APIC_ENABLE | VECTOR_SPURIOUS;
    io_apic_route(IO_APIC_SERIAL_PIN, VECTOR_CONSOLE);
}

void timer_start(void)
{
    io_apic_route(IO_APIC_TIMER_PIN, VECTOR_TIMER);
    port_write8(PIT_CONTROL, PIT_RATE);
    port_write8(PIT_CHANNEL, (uint8_t)PIT_DIVISOR);
    port_write8(PIT_CHANNEL, (uint8_t)(PIT_DIVISOR >> 8));
}

void once_start(uint32_t nanoseconds)
{
    *memory_register(LOCAL_APIC_TIMER) = VECTOR_ONCE; /* one-shot */
    *memory_register(LOCAL_APIC_TIMER_DIVIDE) = DIVIDE_BY_ONE;
    *memory_register(LOCAL_APIC_TIMER_COUNT) = nanoseconds;
}

void once_stop(void)
{
    *memory_register(LOCAL_APIC_TIMER_COUNT) = 0;
}

uint64_t line_message_address(void)
{
    return LOCAL_APIC | apic_id() << 12;
}

uint32_t line_message_data(unsigned line)
{
    return VECTOR_LINE0 + line;
}

void interrupt(const struct registers *registers)
{
    struct shoji_global *global = (struct shoji_global *)(uintptr_t)GLOBAL_BASE;

    if (registers->vector == VECTOR_SPURIOUS)
        return;
    *memory_register(LOCAL_APIC_END) = 0;
    if (registers->vector == VECTOR_TIMER) {
        global->ticks++;
        dma_tick();
        reboot_tick();
        recorder_tick();
        if (serial_tick())
            scheduling_note(SUP_EVENT_CONSOLE);
        fault_tick(registers);
        scheduling_event(SUP_EVENT_TIMER, registers);
    } else if (registers->vector == VECTOR_CONSOLE) {
        if (serial_interrupt())
            scheduling_event(SUP_EVENT_CONSOLE, registers);
    } else if (registers->vector == VECTOR_ONCE) {
        moves_interrupt(registers);
    } else if (registers->vector < VECTOR_LINE0 + LINES) {
        scheduling_event(SUP_EVENT_LINE0 + (unsigned)(registers->vector - VECTOR_LINE0), registers);
    }
}
