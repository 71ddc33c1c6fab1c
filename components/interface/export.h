/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How a component offers a function to others, and learns who calls.
 *
 * SHOJI_EXPORT marks a function that clients may be granted gates to. A gate puts its badge, the client's component
 * id, into rax, and nobody but the supervisor can write a gate; SHOJI_EXPORT_BADGED(f) exports f as a thunk that hands it to
 * f_badged behind f's own arguments, of which there are at most five. Which register that is, and f_badged's declaration, are
 * derived from the interface: the server includes served/NAME.h in place of NAME.h (docs/interfaces.md).
 */
#ifndef INTERFACE_EXPORT_H
#define INTERFACE_EXPORT_H

#include "shoji/supervisor.h"

#define SHOJI_EXPORT __attribute__((visibility("default"), used))

#define SHOJI_EXPORT_BADGED(f)                                                                                       \
    __asm__(".pushsection .text\n.globl " #f "\n.type " #f ", @function\n" #f ":\n\tmov %eax, %" SHOJI_BADGE_##f     \
            "\n\tjmp " #f "_badged\n.size " #f ", . - " #f "\n.popsection")

/* Every component defines it; called once, in manifest order, before any thread runs. It must not block. */
SHOJI_EXPORT long component_init(component_t self);

/* A component that keeps something for others may define it: the supervisor calls it when a component has failed and will begin
 * anew, before it does. Whatever was that component's is nobody's any more; its ids mean nothing. Called on a thread of its own that may
 * block for a mutex. */
SHOJI_EXPORT long component_gone(component_t component);

#endif
