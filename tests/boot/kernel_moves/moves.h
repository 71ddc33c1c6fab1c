/* SPDX-License-Identifier: BSD-2-Clause
 * What the three components of this test offer each other. */
#ifndef MOVES_H
#define MOVES_H

#include "export.h"

#define LEFT 10
#define RIGHT 11
#define DRIVER 12

enum move {
    MOVE_NOTHING,
    MOVE_MERGE,
    MOVE_SPLIT,
    MOVE_MERGE_AND_SPLIT,
    MOVE_SPLIT_AND_MERGE,
    MOVE_TO_DRIVER, /* right, from left's domain to the driver's */
    MOVE_ALL_APART
};

/* driver: does this to the layout of left and right, while they wait. */
long driver_move(uint64_t move);
/* left calls right, which calls the driver back. The sum of what each adds from memory of its own: 3. */
long left_call(uint64_t move);
long right_call(uint64_t move);
/* left's store into right's memory: SHOJI_OK, or the invocation ends. */
long left_touch(uint64_t address);
long right_address(void);

#endif
