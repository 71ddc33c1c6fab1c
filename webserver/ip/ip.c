/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 17: passes packets between tcp and vnic (TSE11 section 4.1.2). It keeps nothing; it sees to it
 * that neither side hands the other a packet that is not wholly in pool `net` or not of a size that Ethernet
 * carries. A received one that is not goes back at once.
 */
#include <stdbool.h>

#include "export.h"
#include "ip.h"
#include "vnic.h"

#define PACKET_MIN 14
#define PACKET_MAX 1514

extern const char pool_net[], pool_net_end[];

static bool packet_valid(uint64_t offset, uint64_t bytes)
{
    uint64_t pool = (uint64_t)(pool_net_end - pool_net);

    return bytes >= PACKET_MIN && bytes <= PACKET_MAX && offset < pool && bytes <= pool - offset;
}

/* A packet as vnic gave it, or what it gave instead of one. */
static long packet_checked(long packet)
{
    if (packet < 0 || packet_valid((uint32_t)packet, (uint64_t)packet >> 32))
        return packet;
    (void)vnic_release((uint32_t)packet); /* vnic knows better than we whether it was one */
    return SHOJI_EINVAL;
}

SHOJI_EXPORT long ip_address(void)
{
    return vnic_address();
}

SHOJI_EXPORT long ip_receive(void)
{
    return packet_checked(vnic_receive());
}

SHOJI_EXPORT long ip_poll(void)
{
    return packet_checked(vnic_poll());
}

SHOJI_EXPORT long ip_release(uint32_t offset)
{
    if (!packet_valid(offset, PACKET_MIN))
        return SHOJI_EINVAL;
    return vnic_release(offset);
}

SHOJI_EXPORT long ip_buffer(void)
{
    long offset = vnic_buffer();

    if (offset >= 0 && !packet_valid((uint64_t)offset, PACKET_MAX))
        return SHOJI_EFAULT;
    return offset;
}

SHOJI_EXPORT long ip_send(uint32_t offset, uint32_t bytes)
{
    if (!packet_valid(offset, bytes & ~VNIC_SUM_TCP))
        return SHOJI_EINVAL;
    return vnic_send(offset, bytes);
}

long component_init(component_t self)
{
    (void)self;
    return packet_valid(0, PACKET_MIN) ? SHOJI_OK : SHOJI_EMEMORY; /* is there a pool at all? */
}
