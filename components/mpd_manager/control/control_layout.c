/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Merges, splits, moves and partitions by hand.
 */
#include "handlers.h"
#include "json_body.h"
#include "partition.h"

void post_merge(const struct request *request, struct control_answer *answer)
{
    component_t ids[2];
    char why[LAYOUT_WHY_BYTES];
    if (!json_body_components(request, "into", "from", "{\"into\":\"tcp\",\"from\":\"ip\"}", answer, ids))
        return;
    if (ids[0] == ids[1]) {
        answer_refuse(answer, 409, "A component cannot be merged with itself.");
        return;
    }
    long status = layout_merge(ids[0], ids[1], why);
    if (status < 0)
        answer_refuse_change(answer, status, "The two are in one domain already.", why);
    else
        answer_change(answer, "The domains are merged; the policy's mode is manual now.", 1);
}

void post_split(const struct request *request, struct control_answer *answer)
{
    static const char example[] = "{\"component\":\"tcp\"}";
    char why[LAYOUT_WHY_BYTES];
    yyjson_doc *document = json_body_read(request, example, answer);
    if (!document)
        return;
    long component = json_body_component(yyjson_doc_get_root(document), "component", example, answer);
    yyjson_doc_free(document);
    if (component < 0)
        return;
    long status = layout_split((component_t)component, why);
    if (status < 0)
        answer_refuse_change(answer, status, "The component is alone in its domain already.", why);
    else
        answer_change(answer, "The component has a domain of its own; the policy's mode is manual now.", 1);
}

void post_move(const struct request *request, struct control_answer *answer)
{
    component_t ids[2];
    char why[LAYOUT_WHY_BYTES];
    if (!json_body_components(request, "component", "into", "{\"component\":\"ip\",\"into\":\"tcp\"}", answer,
                              ids))
        return;
    if (ids[0] == ids[1]) {
        answer_refuse(answer, 409,
                      "A component cannot be moved to itself; a split gives it a domain of its own.");
        return;
    }
    long status = layout_move(ids[0], ids[1], why);
    if (status < 0)
        answer_refuse_change(answer, status, "The two are in one domain already.", why);
    else
        answer_change(answer, "The component is in the other's domain; the policy's mode is manual now.", 1);
}

void put_partition(const struct request *request, struct control_answer *answer)
{
    uint32_t sets[LAYOUT_COMPONENTS];
    char why[LAYOUT_WHY_BYTES];
    const struct layout *layout = answer_layout(answer);
    yyjson_doc *document =
        layout ? json_body_read(request, "{\"domains\":[[\"tcp\",\"ip\"],[\"fd_api\"]]}", answer) : 0;
    if (!document)
        return;
    uint32_t count = layout->components_count;
    answer->status = partition_read(yyjson_doc_get_root(document), layout, sets, answer->sentence,
                                    sizeof answer->sentence);
    yyjson_doc_free(document);
    if (answer->status)
        return;
    long steps = layout_partition(sets, count, why);
    if (steps < 0)
        answer_refuse_change(answer, steps, "The layout is so already.", why);
    else
        answer_change(answer, "The layout is as the partition says; the policy's mode is manual now.", steps);
}
