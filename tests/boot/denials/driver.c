/* SPDX-License-Identifier: BSD-2-Clause
 * Calls the attacks one after the other. For each: a line `attack NAME ADDRESS`, whatever the supervisor
 * reports, and a line `NAME: denied` if the invocation was ended and the victim's memory is as it was. */
#include "denials.h"

#include <stdbool.h>

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

static struct sup_edge edges[64];
static struct sup_record records[64];

/* Where the recorder would write to, if it took the caller's word for it. */
static bool is_refused(uint64_t address)
{
    return sup_records(0, (struct sup_record *)address, 1) == SHOJI_EINVAL &&
           sup_notes(0, (struct sup_note *)address, 1) == SHOJI_EINVAL &&
           sup_recording((struct sup_recording *)address) == SHOJI_EINVAL &&
           sup_record_edges((struct sup_edge *)address, 1) == SHOJI_EINVAL &&
           sup_record_gate(0, (struct sup_record_gate *)address) == SHOJI_EINVAL &&
           sup_record_thread(0, (struct sup_thread *)address) == SHOJI_EINVAL &&
           sup_record_say((const char *)address, 8) == SHOJI_EINVAL;
}

/* The records are those that the hardware made: as many invocations as all gates have counted meanwhile. */
static bool records_are_whole(void)
{
    struct sup_recording recording;
    uint64_t invocations = 0, counted = 0;
    long got, there = sup_record_edges(edges, sizeof edges / sizeof *edges);

    if (sup_recording(&recording) != SHOJI_OK || recording.state != SUP_RECORDED ||
        recording.records > SUP_RECORDS)
        return false;
    for (long i = 0; i < there; i++)
        counted += edges[i].invocations;
    for (uint64_t from = 0; from < recording.records; from += (uint64_t)got) {
        got = sup_records(from, records, sizeof records / sizeof *records);
        if (got <= 0)
            return false;
        for (long i = 0; i < got; i++) {
            if (records[i].kind < SUP_RECORD_CALL || records[i].kind > SUP_RECORD_ENTRY)
                return false;
            invocations += records[i].kind <= SUP_RECORD_PASS;
        }
    }
    return counted != 0 && invocations == counted;
}

SHOJI_EXPORT long component_init(component_t self)
{
    (void)self;
    if (sup_record_start(0) != SHOJI_OK || sup_record_start(0) != SHOJI_EBUSY)
        print("nothing is recorded\n");
    for (uint64_t n = 0; attack_name(n, 0) != SHOJI_ENOENT; n++)
        attack_run(n);
    if (sup_record_stop() != SHOJI_OK || sup_record_stop() != SHOJI_ESAME || !records_are_whole())
        print("the records are not whole\n");
    if (!is_refused((uint64_t)victim_wall()) || !is_refused(0x18000000) || !is_refused(0x100000) ||
        !is_refused((uint64_t)records + 2) || !is_refused(UINT64_MAX - 7))
        print("another's memory was written\n");
    print(victim_check() == SHOJI_OK ? "all tried\n" : "memory changed\n");
    sup_exit(0);
    return SHOJI_EINVAL;
}
