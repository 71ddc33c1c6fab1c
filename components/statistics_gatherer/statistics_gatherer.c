/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 13, statistics_gatherer: tables of counters, as their owners report them. Owns the tables; a
 * client changes its own only. It invokes nothing that may invoke it, and never blocks: the scheduler is one
 * of its clients.
 *
 * 1. Table t is owner[t]'s; tables are given out in order, and stay their owner's.
 * 2. A table whose owner has failed keeps what it counted until the owner counts anew.
 */
#include "served/statistics_gatherer.h"

#include <string.h>

#include "export.h"
#include "runtime.h"

static struct table {
    volatile component_t owner; /* 0: free */
    uint32_t rows;
    char names[STATISTICS_COLUMNS + 1][STATISTICS_NAME_BYTES];
    uint64_t counters[STATISTICS_ROWS][STATISTICS_COLUMNS];
} tables[STATISTICS_TABLES];

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

static struct table *table_of(component_t client)
{
    for (struct table *table = tables; table < tables + STATISTICS_TABLES; table++)
        if (table->owner == client)
            return table;
    return 0;
}

/* The client's table, or a free one that is its own from now on. */
static struct table *table_take(component_t client)
{
    struct table *table = table_of(client);

    for (uint32_t i = 0; !table && i < STATISTICS_TABLES; i++) {
        component_t nobody = 0;

        if (__atomic_compare_exchange_n(&tables[i].owner, &nobody, client, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            table = &tables[i];
    }
    return table;
}

SHOJI_EXPORT_BADGED(statistics_name);
long statistics_name_badged(uint32_t column, uint64_t first, uint64_t second, component_t client)
{
    struct table *table;

    if (column > STATISTICS_COLUMNS || client == 0)
        return SHOJI_EINVAL;
    table = table_take(client);
    if (!table)
        return SHOJI_EMEMORY;
    memcpy(table->names[column], &first, sizeof first);
    memcpy(table->names[column] + sizeof first, &second, sizeof second);
    return SHOJI_OK;
}

SHOJI_EXPORT_BADGED(statistics_put);
long statistics_put_badged(uint32_t row, uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3,
                           component_t client)
{
    struct table *table = table_of(client);
    uint64_t *counters;

    if (row >= STATISTICS_ROWS)
        return SHOJI_EINVAL;
    if (!table || client == 0)
        return SHOJI_ENOENT;
    counters = table->counters[row];
    counters[0] = c0, counters[1] = c1, counters[2] = c2, counters[3] = c3;
    if (row >= table->rows)
        table->rows = row + 1;
    return SHOJI_OK;
}

/* ---- Reading ---- */

static const struct table *table_at(uint32_t table)
{
    return table < STATISTICS_TABLES && tables[table].owner ? &tables[table] : 0;
}

SHOJI_EXPORT long statistics_table(uint32_t table)
{
    return table_at(table) ? (long)table_at(table)->owner : SHOJI_ENOENT;
}

SHOJI_EXPORT uint64_t statistics_name_of(uint32_t table, uint32_t column, uint32_t word)
{
    uint64_t characters = 0;

    if (table_at(table) && column <= STATISTICS_COLUMNS && word < STATISTICS_NAME_BYTES / sizeof characters)
        memcpy(&characters, table_at(table)->names[column] + word * sizeof characters, sizeof characters);
    return characters;
}

SHOJI_EXPORT long statistics_rows(uint32_t table)
{
    return table_at(table) ? (long)table_at(table)->rows : SHOJI_ENOENT;
}

SHOJI_EXPORT long statistics_read(uint32_t table, uint32_t row, uint32_t column)
{
    if (!table_at(table) || row >= STATISTICS_ROWS || column >= STATISTICS_COLUMNS)
        return SHOJI_EINVAL;
    return (long)(table_at(table)->counters[row][column] & INT64_MAX);
}

static void row_print(const struct table *table, uint32_t row)
{
    const uint64_t *c = table->counters[row];
    char names[STATISTICS_COLUMNS + 1][STATISTICS_NAME_BYTES + 1];

    for (uint32_t column = 0; column <= STATISTICS_COLUMNS; column++) {
        memcpy(names[column], table->names[column], STATISTICS_NAME_BYTES);
        names[column][STATISTICS_NAME_BYTES] = 0;
    }
    if (c[0] | c[1] | c[2] | c[3])
        print_line("component %u, %s %u: %s %lu, %s %lu, %s %lu, %s %lu", table->owner,
                   names[STATISTICS_COLUMNS], row, names[0], c[0], names[1], c[1], names[2], c[2], names[3],
                   c[3]);
}

SHOJI_EXPORT long statistics_print(void)
{
    for (uint32_t table = 0; table_at(table); table++)
        for (uint32_t row = 0; row < table_at(table)->rows; row++)
            row_print(table_at(table), row);
    return SHOJI_OK;
}
