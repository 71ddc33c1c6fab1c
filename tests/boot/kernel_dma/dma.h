/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other. */
#ifndef DMA_H
#define DMA_H

#include "export.h"

enum { VNIC = 16, VICTIM = 31, DRIVER = 32 };

/* Pool `net` as vnic's own: buffers of 2 KiB, the first IN_BYTES for receiving. */
#define IN_BYTES 0x40000u
#define OUT_BYTES 0x20000u
#define BUFFER 2048u
#define ROOM 18u

#define PACKET 64u
#define SECRET 0xa5a5a5a5u /* in what nobody may see */

enum how {
    SEND,        /* a packet of PACKET bytes from there */
    RECEIVE,     /* into there */
    DESCRIPTORS, /* of the sending queue are there */
    AVAILABLE,   /* its available ring */
    USED,        /* its used ring */
    TAKEN_BACK,  /* an own page is sent from, then its right is taken back, then again */
    LOAD,        /* by the processor */
    STORE,
};

long vnic_start_attack(enum how how, uint64_t address); /* the device is told; what comes of it comes later */
long vnic_honest(uint64_t number); /* sends buffer `number` of those for sending, as it is */
long vnic_received(void);          /* packets so far, into buffers 0, 1, 2, ... */
long vnic_own_page(void);          /* address of what TAKEN_BACK sends */
long vnic_refused(void); /* grants that vnic asked the supervisor for and should not get: how many it got */
long victim_secret(void);
long victim_check(void);

#endif
