/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system's components over the control interface: all of them listed, those that are uploaded put and
 * removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_body.h"
#include "handlers.h"
#include "render.h"
#include "uploads.h"

/* ---- Listing ---- */

/* To whom its edges lead, and how often it has gone there. */
static void add_edges(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct layout *layout,
                      component_t client)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, entry, "edges");
    for (uint32_t i = 0; i < layout->edges_count; i++) {
        const struct sup_edge *edge = &layout->edges[i];
        if (edge->client != client)
            continue;
        yyjson_mut_val *one = yyjson_mut_arr_add_obj(document, list);
        yyjson_mut_obj_add_strcpy(document, one, "server", layout_name(layout, edge->server));
        yyjson_mut_obj_add_uint(document, one, "gates", edge->gates);
        yyjson_mut_obj_add_uint(document, one, "invocations", edge->invocations);
    }
}

/* Of the file that it was made of. */
static void add_file(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct upload *upload)
{
    char crc[16], program[SHOJI_NAME_BYTES + 8];
    snprintf(crc, sizeof crc, "%08x", (unsigned)upload->crc);
    snprintf(program, sizeof program, "/cgi/%s", upload->name);
    yyjson_mut_val *file = yyjson_mut_obj_add_obj(document, entry, "file");
    yyjson_mut_obj_add_uint(document, file, "bytes", upload->bytes);
    yyjson_mut_obj_add_strcpy(document, file, "crc32", crc);
    yyjson_mut_obj_add_uint(document, file, "image_bytes", upload->made.image.bytes);
    if (upload->program)
        yyjson_mut_obj_add_strcpy(document, entry, "program", program);
}

static void add_component(yyjson_mut_doc *document, yyjson_mut_val *list, const struct layout *layout,
                          const struct sup_component *component)
{
    const struct upload *upload = upload_find(component->name);
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
    render_component(document, entry, layout, component);
    if (upload)
        add_file(document, entry, upload);
    add_edges(document, entry, layout, component->id);
}

void get_components(const struct request *request, struct control_answer *answer)
{
    yyjson_mut_val *root;
    const struct layout *layout = answer_layout(answer);
    (void)request;
    if (!layout)
        return;
    yyjson_mut_doc *document = render_start(&root, false);
    yyjson_mut_val *list = document ? yyjson_mut_obj_add_arr(document, root, "components") : 0;
    for (uint32_t i = 0; list && i < layout->components_count; i++)
        add_component(document, list, layout, &layout->components[i]);
    answer_body(answer, answer_json, document ? render_take(document, &answer->bytes) : 0);
}

/* ---- Putting and removing ---- */

static const char below[] = "/v1/components/";

static bool name_read(const struct request *request, char name[SHOJI_NAME_BYTES],
                      struct control_answer *answer)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *path;
    uint32_t bytes = request_path(request, &path) - (sizeof below - 1);
    memset(name, 0, SHOJI_NAME_BYTES);
    if (bytes < SHOJI_NAME_BYTES)
        memcpy(name, path + sizeof below - 1, bytes);
    if (bytes < SHOJI_NAME_BYTES && strspn(name, letters) == bytes)
        return true;
    answer_refuse(answer, 400, "A component's name has 1 to 31 letters, digits and `_`.");
    return false;
}

/* `key`=NUMBER of the query; K behind it: times 1024. `*value` stays if it is not there. False: no number. */
static bool query_number(const char *query, const char *key, uint64_t *value)
{
    size_t bytes = strlen(key);
    for (const char *at = query; *at; at += strcspn(at, "&"), at += *at == '&') {
        char *end;
        if (strncmp(at, key, bytes) != 0 || at[bytes] != '=')
            continue;
        at += bytes + 1;
        if (*at < '0' || *at > '9')
            return false;
        *value = strtoul(at, &end, 10);
        if (*end == 'K' && *value < UINT32_MAX) {
            *value *= 1024;
            end++;
        }
        at = end;
        if (*end && *end != '&')
            return false;
    }
    return true;
}

static bool wish_read(const struct request *request, struct upload_wish *wish, struct control_answer *answer)
{
    const char *from;
    char query[64] = "";
    uint64_t memory = UPLOAD_MEMORY_DEFAULT, time = UPLOAD_TIME_DEFAULT;
    uint32_t bytes = request_query(request, &from);
    if (bytes < sizeof query)
        memcpy(query, from, bytes);
    if (bytes >= sizeof query || !query_number(query, "memory", &memory) ||
        !query_number(query, "time", &time) || memory % 4096 || memory > UPLOAD_MEMORY_MOST || time < 20 ||
        time > 1000) {
        answer_refuse(
            answer, 400,
            "The query may be memory=SIZE, a multiple of 4K and at most %uK, and time=MS, 20 to 1000, "
            "as in ?memory=64K&time=100.",
            UPLOAD_MEMORY_MOST >> 10);
        return false;
    }
    wish->memory = memory;
    wish->time_ms = (uint32_t)time;
    return true;
}

static void answer_put(const char *name, bool replaced, struct control_answer *answer)
{
    const struct layout *layout = answer_layout(answer);
    const struct upload *upload = upload_find(name);
    const struct sup_component *component = layout && upload ? layout_component(layout, upload->made.pd) : 0;
    yyjson_mut_val *root;
    yyjson_mut_doc *document = component ? render_start(&root, false) : 0;
    if (document) {
        yyjson_mut_obj_add_str(document, root, "done",
                               replaced ? "The component is replaced." : "The component runs.");
        yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "components");
        add_component(document, list, layout, component);
    }
    answer_body(answer, answer_json, document ? render_take(document, &answer->bytes) : 0);
}

void put_component(const struct request *request, struct control_answer *answer)
{
    char name[SHOJI_NAME_BYTES], why[LAYOUT_WHY_BYTES] = "";
    struct upload_wish wish = {.name = name};
    uint32_t bytes = request->wish->body_bytes;
    if (!name_read(request, name, answer) || !wish_read(request, &wish, answer))
        return;
    if (!bytes) {
        answer_refuse(answer, 400,
                      "The body is empty; expected is a component's file, as build/components has them.");
        return;
    }
    bool replaced = upload_find(name);
    char *file = control_body_take(request);
    int status = file ? uploads_put(&wish, file, bytes, why) : 503;
    if (status == 200)
        answer_put(name, replaced, answer);
    else
        answer_refuse(answer, status, "%s", why);
}

void delete_component(const struct request *request, struct control_answer *answer)
{
    char name[SHOJI_NAME_BYTES], why[LAYOUT_WHY_BYTES] = "";
    if (!name_read(request, name, answer))
        return;
    int status = uploads_delete(name, why);
    if (status == 200)
        answer_change(answer, "The component is removed.", 0);
    else
        answer_refuse(answer, status, "%s", why);
}
