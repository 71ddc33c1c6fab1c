/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 17: passes packets between tcp and vnic (TSE11 section 4.1.2). It keeps nothing; it sees to it
 * that neither side hands the other a packet that is not wholly in pool `net` or not of a size that Ethernet
 * carries. The pool has every buffer that a packet can name.
 */
#include <stdbool.h>

#include "export.h"
#include "ip.h"
#include "vnic.h"

#define PACKET_MIN 14u
#define PACKET_MAX 1514u

extern const char pool_net[], pool_net_end[];

static bool packets_valid(uint64_t packets)
{
    for (; packets; packets >>= VNIC_PACKET_BITS)
        if (VNIC_BYTES((uint32_t)packets) - PACKET_MIN > PACKET_MAX - PACKET_MIN)
            return false;
    return true;
}

SHOJI_EXPORT long ip_open(void)
{
    return vnic_open();
}

/* Of those that go back, and of buffers, only the number says something: any is in the pool, and vnic knows
 * whose. */
SHOJI_EXPORT long ip_receive(uint64_t done)
{
    long packets = vnic_receive(done);

    return packets < 0 || packets_valid((uint64_t)packets) ? packets : SHOJI_EINVAL;
}

SHOJI_EXPORT long ip_buffers(void)
{
    return vnic_buffers();
}

SHOJI_EXPORT long ip_send(uint64_t packets)
{
    return packets_valid(packets) ? vnic_send(packets) : SHOJI_EINVAL;
}

long component_init(component_t self)
{
    (void)self;
    return (uint64_t)(pool_net_end - pool_net) >= VNIC_NET_BYTES ? SHOJI_OK : SHOJI_EMEMORY;
}
