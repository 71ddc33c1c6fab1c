/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A request's body as JSON: what is wrong with it becomes a refusal that shows an example of what was
 * expected.
 */
#ifndef MPD_MANAGER_JSON_BODY_H
#define MPD_MANAGER_JSON_BODY_H

#include "answer.h"
#include "http_parser/request.h"
#include "yyjson.h"

/* The body, an object, the caller's to free with yyjson_doc_free; NULL after a refusal. */
yyjson_doc *json_body_read(const struct request *request, const char *example, struct control_answer *answer);
/* The string that member `key` is, or NULL after a refusal. */
const char *json_body_string(yyjson_val *root, const char *key, const char *example,
                             struct control_answer *answer);
/* The id of the component that member `key` names, or a negative status after a refusal. */
long json_body_component(yyjson_val *root, const char *key, const char *example,
                         struct control_answer *answer);
/* Two of them; false after a refusal. */
bool json_body_components(const struct request *request, const char *first, const char *second,
                          const char *example, struct control_answer *answer, component_t ids[2]);

#endif
