/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other: each tries what it is told to. */
#ifndef GROUP_H
#define GROUP_H

#include "export.h"

enum { OWNER = 1, FIRST = 2, SECOND = 3, THIRD = 4 };
enum { NONE, READ, WRITE, EXECUTE, TRANSITIVE = SUP_PERM_TRANSITIVE };

#define OFFERS(name)                                                                                         \
    long name##_load(uint64_t address);                                                                      \
    long name##_store(uint64_t address);                                                                     \
    long name##_give(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);                       \
    long name##_pass(uint64_t address, uint64_t bytes, component_t to);                                      \
    long name##_group(uint32_t what, component_t group, component_t component)
OFFERS(first);
OFFERS(second);
OFFERS(third);

enum { ALLOC, FREE, ADMIT, EXPEL, JOIN, LEAVE };

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
        return mprot_export(address, bytes, perm, to);                                                       \
    }                                                                                                        \
    SHOJI_EXPORT long name##_pass(uint64_t address, uint64_t bytes, component_t to)                          \
    {                                                                                                        \
        return mmp_mem_chown(address, bytes, to);                                                            \
    }                                                                                                        \
    SHOJI_EXPORT long name##_group(uint32_t what, component_t group, component_t component)                  \
    {                                                                                                        \
        switch (what) {                                                                                      \
        case ALLOC:                                                                                          \
            return mmp_alloc_group();                                                                        \
        case FREE:                                                                                           \
            return mmp_free_group(group);                                                                    \
        case ADMIT:                                                                                          \
            return mmp_group_admit(group, component);                                                        \
        case EXPEL:                                                                                          \
            return mmp_group_expel(group, component);                                                        \
        case JOIN:                                                                                           \
            return mmp_group_join(group);                                                                    \
        default:                                                                                             \
            return mmp_group_leave(group);                                                                   \
        }                                                                                                    \
    }                                                                                                        \
    SHOJI_EXPORT long component_init(component_t self)                                                       \
    {                                                                                                        \
        return self != 0 ? SHOJI_OK : SHOJI_EINVAL;                                                          \
    }

#endif
