/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel that runs the programs on the processor: "SEED FIRST COUNT WITHOUT" on the command line, one
 * number of 8 bytes a program on the debug console; with a fifth word it says on the serial port all that it
 * sees. It lives in the exception handler: each exception ends an operation, and the last of a program starts
 * the next.
 */
#include "program.h"

/* Of the rig (tests/boot/cpu/rig.h, whose memory map is another). */
uint64_t msr_read(uint32_t msr);
void msr_write(uint32_t msr, uint64_t value);
void out8(uint16_t port, uint8_t value);
void machine_start(void);

void __wrap_trapped(struct frame *f);
void guest_start(const uint32_t *information);
void go(struct frame *f) __attribute__((noreturn));

static uint64_t seed, next, end;
static struct program program;

uint8_t *world(uint64_t addr)
{
    return (uint8_t *)addr;
}

void world_msr(uint32_t msr, uint64_t value)
{
    msr_write(msr, value);
}

uint64_t world_msr_read(uint32_t msr)
{
    return msr_read(msr);
}

uint64_t world_cr2(void)
{
    uint64_t cr2;

    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    return cr2;
}

static void program_start(void)
{
    static struct frame frame;

    if (next == end) {
        print("done\n");
        out8(0xf4, 0);
        for (;;)
            __asm__ volatile("hlt");
    }
    program_generate(&program, seed, next++);
    supervisor_start(&program, &frame);
    go(&frame);
}

void __wrap_trapped(struct frame *f)
{
    __asm__ volatile("cld");
    if (supervisor_event(&program, f))
        go(f);
    for (unsigned i = 0; i < 64; i += 8)
        out8(0xe9, (uint8_t)(supervisor_hash >> i));
    program_start();
}

static uint64_t number(const char **text)
{
    uint64_t value = 0;

    while (**text == ' ')
        ++*text;
    for (; **text >= '0' && **text <= '9'; ++*text)
        value = value * 10 + (uint64_t)(**text - '0');
    return value;
}

void guest_start(const uint32_t *information)
{
    const char *line = (const char *)(uint64_t)information[4];

    while (*line && *line != ' ') /* the kernel's name comes first */
        line++;
    seed = number(&line);
    next = number(&line);
    end = next + number(&line);
    program_without = number(&line);
    verbose = *line == ' ';
    machine_start();
    program_start();
}
