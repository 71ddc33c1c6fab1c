/* SPDX-License-Identifier: BSD-2-Clause
 * The web server's driver, gone bad: each time that it has sent PERIOD packets it tries what it may not, by
 * its device or itself. It is rebooted for it, and serves again until the next time. */
#define vnic_send honest_send
#include "../../../webserver/vnic/vnic.c"
#undef vnic_send

#define PERIOD 150u
#define SUPERVISOR 0x101000u

static uint32_t sends;

static void send_the_supervisors_memory(uint32_t buffer)
{
    tx->desc[2 * buffer + 1].address = SUPERVISOR;
}

static void receive_into_the_supervisor(void)
{
    for (uint32_t i = 0; i < rx_count; i++)
        rx->desc[i].address = SUPERVISOR;
}

static void write_to_a_packet(uint32_t packet)
{
    ((volatile char *)pool_net)[VNIC_OFFSET(packet) + 54]++; /* behind its headers */
}

SHOJI_EXPORT long vnic_send(uint64_t packets)
{
    if (++sends == PERIOD)
        switch (shoji_global.ticks % 3) {
        case 0:
            send_the_supervisors_memory(VNIC_NUMBER(VNIC_FIRST(packets)) - RX_BUFFERS);
            break;
        case 1:
            receive_into_the_supervisor();
            break;
        default:
            write_to_a_packet(VNIC_FIRST(packets));
            break;
        }
    return honest_send(packets);
}
