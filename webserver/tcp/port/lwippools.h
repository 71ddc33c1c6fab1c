/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lwIP's "heap" as pools (MEM_USE_POOLS): what it allocates are packets to send, and those are either small (a reply's head and a short
 * body, an acknowledgement) or full. Allocation is a few instructions whatever has happened before. No include guard: lwIP includes this
 * file several times. The sizes are numbers because they become part of names: 80 bytes (struct pbuf and headers) more than the data. */
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(TX_SMALL_BLOCKS, 320)
LWIP_MALLOC_MEMPOOL(TX_FULL_BLOCKS, 1560)
LWIP_MALLOC_MEMPOOL_END
