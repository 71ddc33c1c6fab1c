/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe.h"

#include <string.h>

#include "render.h"
#include "stack_trace.h"
#include "statistics_gatherer.h"
#include "yyjson.h"

extern const char pool_trace[], pool_trace_end[];

/* ---- Statistics ---- */

/* Text of `room` bytes at most, as others have written it: it may be anything. */
static yyjson_mut_val *text_value(yyjson_mut_doc *document, const char *text, size_t room)
{
    char shown[SUP_FUNCTION_BYTES];
    size_t bytes = 0;

    for (; bytes < room && bytes < sizeof shown && text[bytes] != 0; bytes++)
        shown[bytes] = text[bytes] >= ' ' && text[bytes] <= '~' ? text[bytes] : '?';
    return yyjson_mut_strncpy(document, shown, bytes);
}

static yyjson_mut_val *name_value(yyjson_mut_doc *document, uint32_t table, uint32_t column)
{
    char name[STATISTICS_NAME_BYTES];

    for (uint32_t word = 0; word < sizeof name / 8; word++) {
        uint64_t characters = statistics_name_of(table, column, word);

        memcpy(name + 8 * word, &characters, sizeof characters);
    }
    return text_value(document, name, sizeof name);
}

static void add_row(yyjson_mut_doc *document, yyjson_mut_val *list, uint32_t table, uint32_t row)
{
    uint64_t counts[STATISTICS_COLUMNS], any = 0;

    for (uint32_t column = 0; column < STATISTICS_COLUMNS; column++) {
        long count = statistics_read(table, row, column);

        counts[column] = count > 0 ? (uint64_t)count : 0;
        any |= counts[column];
    }
    if (!any)
        return;
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
    yyjson_mut_obj_add(entry, name_value(document, table, STATISTICS_COLUMNS),
                       yyjson_mut_uint(document, row));
    for (uint32_t column = 0; column < STATISTICS_COLUMNS; column++)
        yyjson_mut_obj_add(entry, name_value(document, table, column),
                           yyjson_mut_uint(document, counts[column]));
}

char *observe_statistics(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    yyjson_mut_val *tables = yyjson_mut_obj_add_arr(document, root, "tables");
    for (uint32_t table = 0; table < STATISTICS_TABLES; table++) {
        long component = statistics_table(table), rows = statistics_rows(table);

        if (component < 0)
            break;
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, tables);
        yyjson_mut_obj_add_str(document, entry, "component", layout_name(layout, (component_t)component));
        yyjson_mut_obj_add_val(document, entry, "rows", name_value(document, table, STATISTICS_COLUMNS));
        yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, entry, "counters");
        for (long row = 0; row < rows && row < STATISTICS_ROWS; row++)
            add_row(document, list, table, (uint32_t)row);
    }
    return render_take(document, bytes);
}

/* ---- Threads ---- */

static const char *state_name(uint32_t state)
{
    static const char *const names[] = {"runs", "waits", "preempted", "over"};

    return state < sizeof names / sizeof *names ? names[state] : "?";
}

static void add_frame(yyjson_mut_doc *document, yyjson_mut_val *chain, const struct layout *layout,
                      const struct sup_frame *frame)
{
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, chain);

    yyjson_mut_obj_add_str(document, entry, "component", layout_name(layout, frame->component));
    yyjson_mut_obj_add_val(document, entry, "function",
                           text_value(document, frame->function, sizeof frame->function));
    if (frame->place[0] == 0)
        return;
    yyjson_mut_obj_add_val(document, entry, "at", text_value(document, frame->place, sizeof frame->place));
    if (frame->at != frame->component)
        yyjson_mut_obj_add_str(document, entry, "in", layout_name(layout, frame->at));
}

static void add_thread(yyjson_mut_doc *document, yyjson_mut_val *list, const struct layout *layout,
                       long number, const struct sup_trace *trace)
{
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);

    yyjson_mut_obj_add_int(document, entry, "thread", number);
    yyjson_mut_obj_add_val(document, entry, "name", text_value(document, trace->name, sizeof trace->name));
    yyjson_mut_obj_add_str(document, entry, "component", layout_name(layout, trace->component));
    yyjson_mut_obj_add_uint(document, entry, "priority", trace->priority);
    yyjson_mut_obj_add_str(document, entry, "state", state_name(trace->state));
    yyjson_mut_obj_add_uint(document, entry, "frames", trace->frames);
    yyjson_mut_val *chain = yyjson_mut_obj_add_arr(document, entry, "chain");
    for (uint32_t i = 0; i < trace->frames && i < SUP_FRAMES; i++)
        add_frame(document, chain, layout, &trace->frame[i]);
}

char *observe_threads(const struct layout *layout, long count, size_t *bytes)
{
    const struct sup_trace *traces = (const void *)pool_trace;
    long room = (pool_trace_end - pool_trace) / (long)sizeof *traces;
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "threads");
    for (long i = 0; i < count && i < room; i++) {
        struct sup_trace trace = traces[i]; /* others may write there */

        add_thread(document, list, layout, i, &trace);
    }
    return render_take(document, bytes);
}
