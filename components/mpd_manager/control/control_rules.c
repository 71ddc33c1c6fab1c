/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules over the control interface: read, added, removed. A line is what the manifest would say
 * (policy/rule_text.h).
 */
#include <string.h>

#include "governor.h"
#include "handlers.h"
#include "json_body.h"
#include "render.h"
#include "upload_rules.h"
#include "walls.h"

void get_rules(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_rules(layout, &answer->bytes));
}

static int status_of(enum policy_status status)
{
    switch (status) {
    case POLICY_ENOENT:
        return 404;
    case POLICY_EEXISTS:
    case POLICY_ECONTRADICTION:
        return 409;
    case POLICY_EMEMORY:
        return 503;
    default:
        return 400;
    }
}

void post_rules(const struct request *request, struct control_answer *answer)
{
    static const char example[] = "{\"rule\":\"rule card apart vnic\"}";
    char sentence[RULE_TEXT_BYTES];
    const struct layout *layout = answer_layout(answer);
    yyjson_doc *document = layout ? json_body_read(request, example, answer) : 0;
    if (!document)
        return;
    const char *line = json_body_string(yyjson_doc_get_root(document), "rule", example, answer);
    long steps = 0;
    if (line && !rule_text_is(line))
        answer_refuse(answer, 400, "A rule begins with rule, label or weight, as in %s.", example);
    else if (line && upload_rule_is(line)) {
        enum policy_status status = upload_rule_add(line, sentence, sizeof sentence);
        if (status != POLICY_OK)
            answer_refuse(answer, status_of(status), "%s", sentence);
        else
            answer_change(answer, "The rule is in force, for what is uploaded from now on.", 0);
    } else if (line) {
        enum policy_status status = governor_rule_add(line, sentence, sizeof sentence, &steps);
        if (status != POLICY_OK)
            answer_refuse(answer, status == POLICY_ERULE ? 409 : status_of(status), "%s", sentence);
        else
            answer_change(answer, "The rule is in force.", steps);
    }
    yyjson_doc_free(document);
}

void delete_rule(const struct request *request, struct control_answer *answer)
{
    const char *path;
    uint32_t bytes = request_path(request, &path), from = sizeof "/v1/rules/" - 1;
    char name[RULE_NAME_BYTES] = "";
    long steps = 0;
    if (bytes - from < sizeof name)
        memcpy(name, path + from, bytes - from);
    if (upload_rule_remove(name) == POLICY_OK) {
        answer_change(answer, "The rule is gone; what was uploaded by it keeps what it has.", 0);
        return;
    }
    enum policy_status status = governor_rule_remove(name, &steps);
    if (status == POLICY_ERULE)
        answer_refuse(answer, 409, "Rule `%s` keeps the policy that is loaded apart, and goes with it.",
                      name);
    else if (status != POLICY_OK)
        answer_refuse(answer, 404, "There is no rule \"%.*s\"; /v1/rules lists them.", (int)(bytes - from),
                      path + from);
    else
        answer_change(answer, "The rule is gone.", steps);
}
