/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Permission tables for tests, in two pictures that share nothing: the tables that the hardware reads,
 * written by this file's own builder, and a flat array with one byte for each word, which is what they mean.
 * A second reader, slow and plain, decodes tables of any content from the manual's text. Neither uses the
 * model.
 */
#ifndef MMP_TABLES_H
#define MMP_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* Root slots that may hold permissions; everywhere else there is none. */
#define TABLES_SLOTS 5
extern const unsigned tables_slot[TABLES_SLOTS];

/* Memory that holds the tables; exactly tables_size bytes are allocated. */
extern uint8_t *tables_memory;
extern uint64_t tables_size;
extern uint32_t tables_root;

void tables_make(void);
void tables_free(void);

/* Gives [start, end) that permission, in both pictures; both multiples of 4, inside one or more neighbouring
 * slots. Entries are chosen at random among those that say the same. */
void tables_set(uint64_t start, uint64_t end, unsigned perm);

/* The flat picture: the permission of the word at addr. */
unsigned flat_permission(uint64_t addr);

/* The plain reader: permission of the word at addr, or false and the address of the malformed entry. */
bool plain_permission(const uint8_t *memory, uint64_t size, uint32_t root, uint64_t addr, unsigned *perm,
                      uint64_t *entry);

#endif
