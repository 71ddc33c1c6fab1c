/* SPDX-License-Identifier: BSD-2-Clause
 * Calls the attacks one after the other. For each: a line `attack NAME ADDRESS`, whatever the supervisor
 * reports, and a line `NAME: denied` if the invocation was ended and the victim's memory is as it was. */
#include "denials.h"

static void print(const char *text)
{
    while (*text != '\0') {
        union {
            char bytes[32];
            uint64_t words[4];
        } piece = {{0}};
        uint64_t length = 0;

        while (length < 32 && *text != '\0')
            piece.bytes[length++] = *text++;
        sup_console_write(length, piece.words[0], piece.words[1], piece.words[2], piece.words[3]);
    }
}

static void print_address(uint64_t address)
{
    char text[11] = "0x";

    for (int i = 0; i < 8; i++)
        text[2 + i] = "0123456789abcdef"[address >> (28 - 4 * i) & 15];
    print(text);
}

static void attack_run(uint64_t n)
{
    union {
        uint64_t words[ATTACK_NAME_WORDS + 1];
        char text[8 * ATTACK_NAME_WORDS + 8];
    } name = {{0}};
    long status;

    for (uint64_t i = 0; i < ATTACK_NAME_WORDS; i++)
        name.words[i] = (uint64_t)attack_name(n, i);
    print("attack ");
    print(name.text);
    print(" ");
    print_address((uint64_t)attack_address(n));
    print("\n");
    status = attack(n);
    print(name.text);
    print(status != SHOJI_EFAULT       ? ": not denied\n"
          : victim_check() != SHOJI_OK ? ": memory changed\n"
                                       : ": denied\n");
}

SHOJI_EXPORT long component_init(component_t self)
{
    (void)self;
    for (uint64_t n = 0; attack_name(n, 0) != SHOJI_ENOENT; n++)
        attack_run(n);
    print("all tried\n");
    sup_exit(0);
    return SHOJI_EINVAL;
}
