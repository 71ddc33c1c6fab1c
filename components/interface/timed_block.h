/* SPDX-License-Identifier: BSD-2-Clause
 * Component 6: blocks a thread for a time. */
#ifndef INTERFACE_TIMED_BLOCK_H
#define INTERFACE_TIMED_BLOCK_H
#include "shoji/supervisor.h"

long timed_block(
    uint64_t milliseconds); /* returns when they have passed. SHOJI_EINVAL: too many; else as sched_block */

#endif
