/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A policy over the control interface: PUT /v1/policy/code?name=NAME, with a component's file.
 */
#include <stdio.h>
#include <string.h>

#include "governor.h"
#include "handlers.h"
#include "own_policy.h"

/* name=NAME */
static bool query_name(const struct request *request, char name[SHOJI_NAME_BYTES])
{
    static const char key[] = "name=";
    const char *query;
    uint32_t bytes = request_query(request, &query), from = sizeof key - 1;
    if (bytes <= from || bytes - from >= SHOJI_NAME_BYTES || memcmp(query, key, from) != 0)
        return false;
    memcpy(name, query + from, bytes - from);
    name[bytes - from] = 0;
    return true;
}

static int status_of(long status)
{
    return status == SHOJI_EBUSY ? 409 : status == SHOJI_EMEMORY ? 503 : 400;
}

void put_policy_code(const struct request *request, struct control_answer *answer)
{
    char name[SHOJI_NAME_BYTES], why[LAYOUT_WHY_BYTES], sentence[128];
    if (!query_name(request, name)) {
        answer_refuse(answer, 400,
                      "The query must be name=NAME: what the policy is called, with up to %d letters.",
                      OWN_POLICY_NAME_MOST);
        return;
    }
    long status = governor_policy_load(name, request->wish->body, request->wish->body_bytes, why);
    if (status != SHOJI_OK) {
        answer_refuse(answer, status_of(status), "%s", why);
        return;
    }
    snprintf(sentence, sizeof sentence, "Policy `%s` decides from now on.", name);
    const char *waits = governor_policy_waits();
    answer_change(answer, waits ? waits : sentence, 0);
}
