/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_body.h"

yyjson_doc *json_body_read(const struct request *request, const char *example, struct control_answer *answer)
{
    yyjson_read_err error;
    yyjson_doc *document = 0;
    if (!request->wish->body_bytes) {
        answer_refuse(answer, 400, "The body is empty; expected is JSON, as in %s.", example);
        return 0;
    }
    document =
        yyjson_read_opts(request->wish->body, request->wish->body_bytes, YYJSON_READ_NOFLAG, 0, &error);
    if (!document && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        answer_refuse(answer, 503, "Memory is short.");
    else if (!document)
        answer_refuse(answer, 400, "The body is not JSON: %s at byte %u; expected is something like %s.",
                      error.msg, (unsigned)error.pos, example);
    else if (!yyjson_is_obj(yyjson_doc_get_root(document))) {
        answer_refuse(answer, 400, "The body is not a JSON object; expected is something like %s.", example);
        yyjson_doc_free(document);
        return 0;
    }
    return document;
}

const char *json_body_string(yyjson_val *root, const char *key, const char *example,
                             struct control_answer *answer)
{
    const char *value = yyjson_get_str(yyjson_obj_get(root, key));
    if (!value)
        answer_refuse(answer, 400, "The body needs a member \"%s\" that is a string, as in %s.", key,
                      example);
    return value;
}

long json_body_component(yyjson_val *root, const char *key, const char *example,
                         struct control_answer *answer)
{
    const char *name = json_body_string(root, key, example, answer);
    if (!name)
        return SHOJI_EINVAL;
    const struct layout *layout = answer_layout(answer);
    if (!layout)
        return SHOJI_EMEMORY;
    long id = layout_find(layout, name);
    if (id < 0)
        answer_refuse(answer, 404, "There is no component \"%.64s\"; /v1/graph lists them.", name);
    return id;
}

bool json_body_components(const struct request *request, const char *first, const char *second,
                          const char *example, struct control_answer *answer, component_t ids[2])
{
    yyjson_doc *document = json_body_read(request, example, answer);
    if (!document)
        return false;
    yyjson_val *root = yyjson_doc_get_root(document);
    long one = json_body_component(root, first, example, answer);
    long other = one < 0 ? one : json_body_component(root, second, example, answer);
    yyjson_doc_free(document);
    if (other < 0)
        return false;
    ids[0] = (component_t)one;
    ids[1] = (component_t)other;
    return true;
}
