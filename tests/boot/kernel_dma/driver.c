/* SPDX-License-Identifier: BSD-2-Clause
 * Lets vnic attack, and looks at what came of it. The host's first packets say where the supervisor's tables
 * lie. */
#include "dma.h"

#include <stdbool.h>

#include "scheduler.h"
#include "timed_block.h"

extern uint8_t pool_net[];

static struct sup_component components[16];
static uint32_t tables[3]; /* root, leaf tables, descriptors of domains */

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

static struct sup_component *vnic(void)
{
    long count = sup_components(components, 16);

    for (long i = 0; i < count; i++)
        if (components[i].id == VNIC)
            return &components[i];
    print("no vnic\n");
    sup_exit(1);
    return components;
}

static bool wait_for_reboot(uint64_t reboots)
{
    for (uint64_t until = shoji_global.ticks + 1000;
         vnic()->reboots == reboots || vnic()->state != SUP_RUNS;) {
        if (shoji_global.ticks > until)
            return false;
        (void)timed_block(10);
    }
    return true;
    return true;
}

/* A packet of the host's; its bytes. */
static const volatile uint8_t *packet_wait(void)
{
    for (uint64_t until = shoji_global.ticks + 3000; vnic_received() <= 0;) {
        if (shoji_global.ticks > until) {
            print("no packet comes\n");
            sup_exit(1);
        }
        (void)timed_block(10);
    }
    return pool_net + ROOM;
}

static void buffers_fill(void)
{
    uint32_t *words = (uint32_t *)pool_net;

    for (uint32_t i = 0; i < (IN_BYTES + OUT_BYTES + 4096) / 4;
         i++) /* what lies between packets is secret too */
        words[i] = SECRET;
}

static void packet_write(uint32_t number)
{
    uint8_t *packet = pool_net + IN_BYTES + number * BUFFER + ROOM;

    for (unsigned i = 0; i < PACKET; i++)
        packet[i] = i < 6 ? 0xff : (uint8_t)(i < 12 ? 2 : number);
}

/* Between the buffers nothing has changed. */
static bool pool_check(void)
{
    const uint32_t *words = (const uint32_t *)pool_net;

    for (uint32_t i = 0; i < (IN_BYTES + OUT_BYTES + 4096) / 4; i++) {
        uint32_t in = i * 4 % BUFFER;

        if (words[i] == SECRET || (i * 4 < IN_BYTES && in >= 4 && in < 1532))
            continue;
        if (i * 4 >= IN_BYTES && in >= 16 && in < ROOM + PACKET + 2)
            continue;
        return false;
    }
    return true;
    return true;
}

static void attack(const char *name, enum how how, uint64_t address)
{
    static uint32_t honest;
    uint64_t reboots = vnic()->reboots;
    long status;
    bool denied;

    packet_write(0); /* what may be sent in an attack on a ring */
    packet_write(++honest);
    print("attack ");
    print(name);
    print(" ");
    print_address(address);
    print("\n");
    status = vnic_start_attack(how, address);
    /* A device's attack may end vnic before it has returned. */
    denied = (status == SHOJI_EFAULT || (status == SHOJI_OK && how != LOAD && how != STORE)) &&
             wait_for_reboot(reboots);
    print(name);
    print(!denied                                                 ? ": not denied\n"
          : victim_check() != SHOJI_OK || !pool_check()           ? ": memory changed\n"
          : vnic_honest(honest) != SHOJI_OK || packet_wait() == 0 ? ": no packets\n"
                                                                  : ": denied\n");
}

SHOJI_EXPORT void driver_thread(void)
{
    const uint64_t net = (uint64_t)pool_net, secret = (uint64_t)victim_secret(), out = net + IN_BYTES;
    const volatile uint8_t *packet = packet_wait();

    for (unsigned i = 0; i < sizeof tables; i++)
        ((uint8_t *)tables)[i] = packet[16 + i];
    buffers_fill();
    sup_kill(VNIC); /* with all buffers empty */
    (void)wait_for_reboot(0);
    packet_wait();
    if (vnic_refused() != 0)
        print("vnic got what it should not\n");
    attack("read_supervisor", SEND, 0x101000);
    attack("read_roots", SEND, tables[0]);
    attack("read_victim", SEND, secret);
    attack("read_between", SEND, out + 1532);
    attack("read_across", SEND, out + 1532 - 32);
    attack("read_before", SEND, out + 12);
    attack("read_beyond", SEND, out + OUT_BYTES);
    attack("read_stack", SEND, 0x4010000 - 64);
    attack("write_supervisor", RECEIVE, 0x101000);
    attack("write_roots", RECEIVE, tables[0]);
    attack("write_leaves", RECEIVE, tables[1]);
    attack("write_descriptors", RECEIVE, tables[2]);
    attack("write_victim", RECEIVE, secret + 4);
    attack("write_packet_to_send", RECEIVE, out + 16);
    attack("write_between", RECEIVE, net + 1532);
    attack("write_across", RECEIVE, net + 1532 - 60);
    attack("write_interrupt", RECEIVE, 0xfee00000 - 12);
    attack("write_nothing", RECEIVE, 0);
    attack("descriptors_of_victim", DESCRIPTORS, secret);
    attack("available_of_victim", AVAILABLE, secret);
    attack("used_of_victim", USED, secret);
    attack("used_in_tables", USED, tables[1]);
    attack("taken_back", TAKEN_BACK, (uint64_t)vnic_own_page());
    attack("load_payload", LOAD, net + 2 * BUFFER + 72);
    attack("store_payload", STORE, net + 2 * BUFFER + 72);
    attack("load_payload_to_send", LOAD, out + 72);
    attack("store_payload_to_send", STORE, out + 72);
    attack("load_header", LOAD, net + 8);
    attack("store_header", STORE, net + 8);
    attack("store_beside_header", STORE, net + 20);
    attack("store_header_to_send", STORE, out + 32);
    print("all tried\n");
    sup_exit(0);
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == DRIVER ? SHOJI_OK : SHOJI_EINVAL;
}
