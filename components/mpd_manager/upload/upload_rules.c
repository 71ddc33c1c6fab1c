/* SPDX-License-Identifier: BSD-2-Clause */
#include "upload_rules.h"

#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "policy/rules.h"
#include "walls.h"

/* A line, its words separated by one blank each. */
static struct upload_rule {
    char line[SUP_POLICY_LINE_BYTES]; /* empty: none */
} kept[UPLOAD_RULES];

/* ---- Words ---- */

static const char blanks[] = " \t";

/* The word behind `at`, and its length; 0 at the end, or where a comment begins. */
static size_t word_next(const char **at)
{
    *at += strspn(*at, blanks);
    return **at == '#' ? 0 : strcspn(*at, blanks);
}

/* The n-th word, from 0. */
static size_t word(const char *line, unsigned n, const char **at)
{
    *at = line;
    size_t bytes = word_next(at);
    while (n-- > 0 && bytes) {
        *at += bytes;
        bytes = word_next(at);
    }
    return bytes;
}

static bool word_is(const char *line, unsigned n, const char *text)
{
    const char *at;
    size_t bytes = word(line, n, &at);
    return bytes == strlen(text) && memcmp(at, text, bytes) == 0;
}

static bool is_name(const char *text, size_t bytes)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return bytes > 0 && bytes < RULE_NAME_BYTES && strspn(text, letters) >= bytes;
}

enum { RULE, NAME, UPLOAD, SUBJECT, MAY, SERVERS };

bool upload_rule_is(const char *line)
{
    return word_is(line, RULE, "rule") && word_is(line, UPLOAD, "upload");
}

static struct upload_rule *find(const char *name, size_t bytes)
{
    for (unsigned i = 0; i < UPLOAD_RULES; i++) {
        const char *at;
        if (kept[i].line[0] && word(kept[i].line, NAME, &at) == bytes && memcmp(at, name, bytes) == 0)
            return &kept[i];
    }
    return 0;
}

static bool is_wall(const char *name, size_t bytes)
{
    const struct rules *walls = walls_rules();
    for (uint32_t i = 0; i < walls->count; i++)
        if (strlen(walls->list[i].name) == bytes && memcmp(walls->list[i].name, name, bytes) == 0)
            return true;
    return false;
}

/* ---- Adding ---- */

static enum policy_status check(const char *line, char *sentence, size_t bytes)
{
    const char *at;
    size_t length = word(line, NAME, &at);
    if (!is_name(at, length) || !word_is(line, MAY, "may") || !word(line, SERVERS, &at)) {
        snprintf(sentence, bytes,
                 "Expected `rule NAME upload COMPONENT may SERVER...`, as in `rule clock upload counter may "
                 "timed_block`.");
        return POLICY_EINVAL;
    }
    length = word(line, NAME, &at);
    if (find(at, length) || is_wall(at, length)) {
        snprintf(sentence, bytes, "There is a rule `%.*s` already.", (int)length, at);
        return POLICY_EEXISTS;
    }
    for (unsigned n = SERVERS; (length = word(line, n, &at)); n++) {
        char name[SHOJI_NAME_BYTES] = "";
        if (length < sizeof name)
            memcpy(name, at, length);
        long id = layout_find(layout_last(), name);
        if (id < 0) {
            snprintf(sentence, bytes, "There is no component `%.*s`.", (int)length, at);
            return POLICY_ENOENT;
        }
    }
    return POLICY_OK;
}

enum policy_status upload_rule_add(const char *line, char *sentence, size_t bytes)
{
    struct upload_rule *place = 0;
    enum policy_status status = check(line, sentence, bytes);
    if (status != POLICY_OK)
        return status;
    for (unsigned i = 0; i < UPLOAD_RULES && !place; i++)
        if (!kept[i].line[0])
            place = &kept[i];
    if (!place || strlen(line) >= sizeof place->line) {
        snprintf(sentence, bytes, "There is no room for another rule of this kind, or for one so long.");
        return POLICY_EMEMORY;
    }
    char *to = place->line;
    const char *at;
    size_t length;
    for (unsigned n = 0; (length = word(line, n, &at)); n++)
        to += sprintf(to, "%s%.*s", n ? " " : "", (int)length, at);
    return POLICY_OK;
}

enum policy_status upload_rule_remove(const char *name)
{
    struct upload_rule *rule = find(name, strlen(name));
    if (!rule)
        return POLICY_ENOENT;
    rule->line[0] = 0;
    return POLICY_OK;
}

/* ---- Asking ---- */

static bool allows(const char *line, const char *component, const char *server)
{
    const char *at;
    if (!word_is(line, SUBJECT, component) && !word_is(line, SUBJECT, "any"))
        return false;
    for (unsigned n = SERVERS; word(line, n, &at); n++)
        if (word_is(line, n, server))
            return true;
    return false;
}

bool upload_rule_allows(const char *component, const char *server)
{
    for (unsigned i = 0; i < UPLOAD_RULES; i++)
        if (kept[i].line[0] && allows(kept[i].line, component, server))
            return true;
    return false;
}

void upload_rules_add(yyjson_mut_doc *document, yyjson_mut_val *root)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "uploads");
    for (unsigned i = 0; i < UPLOAD_RULES; i++) {
        const char *at;
        if (!kept[i].line[0])
            continue;
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
        size_t length = word(kept[i].line, NAME, &at);
        yyjson_mut_obj_add_strncpy(document, entry, "name", at, length);
        yyjson_mut_obj_add_str(document, entry, "rule", kept[i].line);
    }
}
