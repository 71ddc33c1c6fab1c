/* SPDX-License-Identifier: BSD-2-Clause
 * Component 13: counters of other components. Each client has a table: rows (a thread, a group of events, ...) of STATISTICS_COLUMNS counters,
 * which it counts itself and reports now and then (runtime/statistics.h). */
#ifndef INTERFACE_STATISTICS_GATHERER_H
#define INTERFACE_STATISTICS_GATHERER_H
#include "shoji/supervisor.h"

#define STATISTICS_ROWS 128
#define STATISTICS_COLUMNS 4
#define STATISTICS_TABLES 8
#define STATISTICS_NAME_BYTES 16

/* What the client's table is about: a column's name, or with STATISTICS_COLUMNS that of its rows; 16 characters as two words in memory order,
 * zeros behind it. SHOJI_EMEMORY: there are STATISTICS_TABLES already. */
long statistics_name(uint32_t column, uint64_t first, uint64_t second);
/* The counters of a row are these now. SHOJI_ENOENT: the client has given no names, or the gatherer has begun anew. */
long statistics_put(uint32_t row, uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3);

/* ---- For whoever shows them ---- */
/* The component whose table is number `table`; SHOJI_ENOENT past the last. */
long statistics_table(uint32_t table);
/* A name's first (0) or second (1) word. */
uint64_t statistics_name_of(uint32_t table, uint32_t column, uint32_t word);
/* 1 more than the number of the last row that was ever put. */
long statistics_rows(uint32_t table);
/* SHOJI_EINVAL: no such counter. Counters wrap at 2^63. */
long statistics_read(uint32_t table, uint32_t row, uint32_t column);
/* Prints every row that is not all zero on the console. */
long statistics_print(void);

#endif
