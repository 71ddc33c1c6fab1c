/* SPDX-License-Identifier: BSD-2-Clause
 * In place of components/interface/export.h: there are no gates, so the badge is always EXPLORE_BADGE. */
#ifndef INTERFACE_EXPORT_H
#define INTERFACE_EXPORT_H

#include "shoji/supervisor.h"

#define SHOJI_EXPORT
#define EXPLORE_BADGE 7

#define SHOJI_EXPORT_BADGED(f)                                                                               \
    __asm__(".pushsection .text\n.globl " #f "\n" #f ":\n\tmov $7, %" SHOJI_BADGE_##f                        \
            "\n\tjmp " #f "_badged\n.popsection")

long component_init(component_t self);

#endif
