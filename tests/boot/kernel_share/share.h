/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other: each looks, stores, and passes on. */
#ifndef SHARE_H
#define SHARE_H

#include "export.h"

enum { OWNER = 1, FIRST = 2, SECOND = 3, THIRD = 4 };
enum { NONE, READ, WRITE, EXECUTE, TRANSITIVE = SUP_PERM_TRANSITIVE };

#define OFFERS(name)                                                                                         \
    long name##_load(uint64_t address);                                                                      \
    long name##_store(uint64_t address);                                                                     \
    long name##_give(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
OFFERS(first);
OFFERS(second);
OFFERS(third);

#define OFFERED(name)                                                                                        \
    SHOJI_EXPORT long name##_load(uint64_t address)                                                          \
    {                                                                                                        \
        return (long)*(volatile uint32_t *)address;                                                          \
    }                                                                                                        \
    SHOJI_EXPORT long name##_store(uint64_t address)                                                         \
    {                                                                                                        \
        *(volatile uint32_t *)address = 7;                                                                   \
        return SHOJI_OK;                                                                                     \
    }                                                                                                        \
    SHOJI_EXPORT long name##_give(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)           \
    {                                                                                                        \
        return mmp_set_perm(address, bytes, perm, to);                                                       \
    }                                                                                                        \
    SHOJI_EXPORT long component_init(component_t self)                                                       \
    {                                                                                                        \
        return self != 0 ? SHOJI_OK : SHOJI_EINVAL;                                                          \
    }

#endif
