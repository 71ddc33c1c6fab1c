/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What was going on when an exception came, from the kernel's own records: frames, gates, domains.
 */
#ifndef KERNEL_FAULT_SCENE_H
#define KERNEL_FAULT_SCENE_H

#include <stdbool.h>

#include "cpu/cpu.h"
#include "protection.h"

struct thread;

struct scene {
    const struct registers *registers;
    struct thread *thread;
    struct frame interrupted, call;
    struct pd pd;
    unsigned component; /* who ran; NO_COMPONENT if nobody can tell */
    bool at_base;       /* no invocation to end */
};

struct scene scene_look(const struct registers *registers);
/* Index of the component in whose slot the address is, or NO_COMPONENT. */
unsigned scene_component_at(uint64_t address);
/* Ticks that an invocation of the component may take. */
unsigned scene_budget(unsigned component);

#endif
