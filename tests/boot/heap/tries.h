/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test have of each other. */
#ifndef TESTS_TRIES_H
#define TESTS_TRIES_H

#include "export.h"
#include "shoji/supervisor.h"

#define PEER 6u
#define NAME_WORDS 4u

/* peer: uses a word that is not its own. */
long peer_load(uint64_t address);
long peer_store(uint64_t address, uint64_t value);

/* user: its n-th try. The name in words of eight characters; SHOJI_ENOENT: there are no more. */
long try_name(uint64_t n, uint64_t word);
/* SHOJI_OK: all was as it should be. Some end with a fault. */
long try(uint64_t n);

/* driver: the same of an instance. */
long plain_try_name(uint64_t n, uint64_t word);
long plain_try(uint64_t n);
long slab_try(uint64_t n);
long guard_try(uint64_t n);

#endif
