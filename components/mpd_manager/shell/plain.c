/* SPDX-License-Identifier: BSD-2-Clause */
#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MOST 16
#define COLUMN_BYTES 64 /* of its name */
#define CELL_BYTES 512  /* longer ones are cut */
#define DEPTH_MOST 6

struct columns {
    unsigned count;
    char name[COLUMNS_MOST][COLUMN_BYTES];
    unsigned width[COLUMNS_MOST];
    bool number[COLUMNS_MOST]; /* all its cells are numbers: to the right */
};

/* ---- Cells ---- */

static bool is_scalar(yyjson_val *value)
{
    return !yyjson_is_ctn(value);
}

static size_t put(char *out, size_t used, const char *bytes)
{
    return used + (size_t)snprintf(out + used, CELL_BYTES - used, "%s", bytes);
}

static size_t scalar(char *out, size_t used, yyjson_val *value)
{
    char *written;
    if (!value)
        return used;
    if (yyjson_is_null(value))
        return put(out, used, "-");
    if (yyjson_is_bool(value))
        return put(out, used, yyjson_get_bool(value) ? "yes" : "no");
    if (yyjson_is_str(value))
        return put(out, used, yyjson_get_str(value));
    written = yyjson_val_write(value, YYJSON_WRITE_NOFLAG, 0);
    used = put(out, used, written ? written : "?");
    free(written);
    return used;
}

/* An object within a list within a cell: its first two members. */
static size_t pair(char *out, size_t used, yyjson_val *object)
{
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    for (unsigned i = 0; i < 2 && used < CELL_BYTES - 2; i++) {
        yyjson_val *key = yyjson_obj_iter_next(&members), *value = yyjson_obj_iter_get_val(key);
        if (!key || !is_scalar(value))
            break;
        if (i > 0)
            used = put(out, used, ".");
        if (used < CELL_BYTES)
            used = scalar(out, used, value);
    }
    return used;
}

static void cell(char *out, yyjson_val *value)
{
    size_t used = 0, index, count;
    yyjson_val *item;
    *out = 0;
    if (!yyjson_is_arr(value)) {
        if (yyjson_is_obj(value))
            pair(out, 0, value);
        else
            scalar(out, 0, value);
        return;
    }
    yyjson_arr_foreach(value, index, count, item)
    {
        bool object = yyjson_is_obj(item);
        if (used >= CELL_BYTES - 4)
            return;
        if (index > 0)
            used = put(out, used, object ? " > " : " ");
        if (used < CELL_BYTES)
            used = object ? pair(out, used, item) : scalar(out, used, item);
    }
}

/* ---- Tables ---- */

static yyjson_val *member(yyjson_val *object, const char *name)
{
    const char *dot = strchr(name, '.');
    if (!dot)
        return yyjson_obj_get(object, name);
    return yyjson_obj_get(yyjson_obj_getn(object, name, (size_t)(dot - name)), dot + 1);
}

static void column_add(struct columns *columns, const char *name)
{
    if (columns->count == COLUMNS_MOST)
        return;
    for (unsigned i = 0; i < columns->count; i++)
        if (strcmp(columns->name[i], name) == 0)
            return;
    snprintf(columns->name[columns->count++], COLUMN_BYTES, "%s", name);
}

static void columns_of(struct columns *columns, yyjson_val *entry)
{
    size_t index, count, inner_index, inner_count;
    yyjson_val *key, *value, *inner_key, *inner;
    yyjson_obj_foreach(entry, index, count, key, value)
    {
        char name[COLUMN_BYTES];
        if (!yyjson_is_obj(value)) {
            column_add(columns, yyjson_get_str(key));
            continue;
        }
        yyjson_obj_foreach(value, inner_index, inner_count, inner_key, inner)
        {
            snprintf(name, sizeof name, "%s.%s", yyjson_get_str(key), yyjson_get_str(inner_key));
            column_add(columns, name);
        }
    }
}

static bool has_column(yyjson_val *list, const char *name)
{
    size_t index, count;
    yyjson_val *entry;
    yyjson_arr_foreach(list, index, count, entry) if (member(entry, name)) return true;
    return false;
}

static void columns_asked(struct columns *columns, yyjson_val *list, const char *asked)
{
    while (*asked) {
        size_t length = strcspn(asked, ",");
        char name[COLUMN_BYTES];
        snprintf(name, sizeof name, "%.*s", (int)length, asked);
        if (has_column(list, name))
            column_add(columns, name);
        asked += length + (asked[length] == ',');
    }
}

static void columns_measure(struct columns *columns, yyjson_val *list)
{
    size_t index, count;
    yyjson_val *entry;
    char room[CELL_BYTES];
    for (unsigned i = 0; i < columns->count; i++) {
        columns->width[i] = (unsigned)strlen(columns->name[i]);
        columns->number[i] = true;
        yyjson_arr_foreach(list, index, count, entry)
        {
            yyjson_val *value = member(entry, columns->name[i]);
            cell(room, value);
            if (strlen(room) > columns->width[i])
                columns->width[i] = (unsigned)strlen(room);
            columns->number[i] &= !value || yyjson_is_num(value) || yyjson_is_null(value);
        }
    }
}

static void cell_add(struct text *out, const struct columns *columns, unsigned i, const char *text)
{
    int width = (int)columns->width[i];
    bool last = i + 1 == columns->count;
    if (columns->number[i])
        text_add(out, "%*s%s", width, text, last ? "\n" : "  ");
    else
        text_add(out, "%-*s%s", last ? 0 : width, text, last ? "\n" : "  ");
}

static void table(struct text *out, yyjson_val *list, const char *asked)
{
    struct columns *columns = calloc(1, sizeof *columns);
    size_t index, count;
    yyjson_val *entry;
    char room[CELL_BYTES];
    if (!columns) {
        out->short_of_memory = true;
        return;
    }
    if (asked)
        columns_asked(columns, list, asked);
    else
        yyjson_arr_foreach(list, index, count, entry) columns_of(columns, entry);
    columns_measure(columns, list);
    for (unsigned i = 0; i < columns->count; i++)
        cell_add(out, columns, i, columns->name[i]);
    yyjson_arr_foreach(list, index, count, entry)
    {
        for (unsigned i = 0; i < columns->count; i++) {
            cell(room, member(entry, columns->name[i]));
            cell_add(out, columns, i, room);
        }
    }
    free(columns);
}

/* ---- Answers ---- */

static bool is_of_objects(yyjson_val *value)
{
    return yyjson_is_obj(yyjson_arr_get_first(value));
}

/* Does an entry of the list have a list of objects itself? */
static bool is_nested(yyjson_val *list)
{
    size_t index, count, inner_index, inner_count;
    yyjson_val *entry, *key, *value;
    yyjson_arr_foreach(list, index, count, entry)
    {
        yyjson_obj_foreach(entry, inner_index, inner_count, key, value) if (is_of_objects(value)) return true;
    }
    return false;
}

static void object(struct text *out, yyjson_val *value, const char *prefix, unsigned depth);

static void value_add(struct text *out, const char *name, yyjson_val *value, unsigned depth)
{
    char room[CELL_BYTES];
    if (yyjson_is_obj(value) && depth < DEPTH_MOST) {
        snprintf(room, sizeof room, "%s.", name);
        object(out, value, room, depth + 1);
    } else if (!is_of_objects(value)) {
        cell(room, value);
        text_add(out, "%s: %s\n", name, yyjson_is_arr(value) && !*room ? "none" : room);
    } else if (is_nested(value) && depth < DEPTH_MOST) {
        size_t index, count;
        yyjson_val *entry;
        yyjson_arr_foreach(value, index, count, entry)
        {
            text_add(out, "\n");
            object(out, entry, "", depth + 1);
        }
    } else {
        text_add(out, "%s:\n", name);
        table(out, value, 0);
    }
}

static void object(struct text *out, yyjson_val *value, const char *prefix, unsigned depth)
{
    size_t index, count;
    yyjson_val *key, *inner;
    yyjson_obj_foreach(value, index, count, key, inner)
    {
        char name[2 * COLUMN_BYTES];
        snprintf(name, sizeof name, "%s%s", prefix, yyjson_get_str(key));
        value_add(out, name, inner, depth);
    }
}

void plain_answer(struct text *out, yyjson_val *root)
{
    if (yyjson_is_obj(root))
        object(out, root, "", 0);
    else
        value_add(out, "answer", root, 0);
}

void plain_table(struct text *out, yyjson_val *root, const struct plain_view *view)
{
    yyjson_val *list = yyjson_is_arr(root) ? root : yyjson_obj_get(root, view->member);
    if (is_of_objects(list))
        table(out, list, view->columns);
    else if (list)
        value_add(out, view->member, list, 0);
}
