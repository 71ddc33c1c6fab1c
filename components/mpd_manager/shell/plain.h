/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control interface's JSON as lines for people: `name: value`, and tables. It knows no path and no
 * member: what is in an answer is shown.
 */
#ifndef MPD_MANAGER_PLAIN_H
#define MPD_MANAGER_PLAIN_H

#include "text.h"
#include "yyjson.h"

/* A member of the answer that is a list of objects (or the answer, if that is one), and the columns of it
 * that are shown, with commas between them; `a.b` is member b of the object a. A column that no entry has is
 * left out. */
struct plain_view {
    const char *member;  /* NULL: no more views */
    const char *columns; /* NULL: all */
};

/* All of the answer: scalars as `name: value`, lists of objects as tables, one entry below the other where
 * there are lists of objects in them. */
void plain_answer(struct text *out, yyjson_val *root);
/* One view of it. A member that is not there, or no list, is shown as plain_answer does. */
void plain_table(struct text *out, yyjson_val *root, const struct plain_view *view);

#endif
