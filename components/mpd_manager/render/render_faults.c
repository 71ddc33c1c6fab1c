/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Faults as JSON: who has failed, and what the supervisor reported of each. What images say of themselves is
 * a claim: bytes that are no text are shown as question marks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "render.h"

static yyjson_mut_val *text_value(yyjson_mut_doc *document, const char *text, size_t room)
{
    char shown[sizeof((struct sup_fault *)0)->text];
    size_t bytes = 0;
    for (; bytes < room && bytes < sizeof shown && text[bytes] != 0; bytes++)
        shown[bytes] = text[bytes] >= ' ' && text[bytes] <= '~' ? text[bytes] : '?';
    return bytes ? yyjson_mut_strncpy(document, shown, bytes) : yyjson_mut_null(document);
}

static yyjson_mut_val *name_value(yyjson_mut_doc *document, const char name[SHOJI_NAME_BYTES])
{
    return text_value(document, name, SHOJI_NAME_BYTES);
}

#define ADD_TEXT(document, entry, report, member)                                                            \
    yyjson_mut_obj_add_val(document, entry, #member,                                                         \
                           text_value(document, (report)->member, sizeof(report)->member))

static void add_report(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct sup_fault *report)
{
    char address[16];
    snprintf(address, sizeof address, "0x%08lx", (unsigned long)report->instruction);
    yyjson_mut_obj_add_uint(document, entry, "number", report->number);
    yyjson_mut_obj_add_uint(document, entry, "uptime_ms", report->tick * shoji_global.tick_us / 1000);
    yyjson_mut_obj_add_val(document, entry, "component", name_value(document, report->component_name));
    yyjson_mut_obj_add_uint(document, entry, "domain", report->domain);
    yyjson_mut_obj_add_bool(document, entry, "device", report->device);
    ADD_TEXT(document, entry, report, thread);
    ADD_TEXT(document, entry, report, function);
    if (report->device)
        yyjson_mut_obj_add_null(document, entry, "address");
    else
        yyjson_mut_obj_add_strcpy(document, entry, "address", address);
    ADD_TEXT(document, entry, report, place);
    ADD_TEXT(document, entry, report, owner);
    ADD_TEXT(document, entry, report, tried);
    ADD_TEXT(document, entry, report, allowed);
    yyjson_mut_obj_add_val(document, entry, "caller", name_value(document, report->caller_name));
    ADD_TEXT(document, entry, report, outcome);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, entry, "components");
    for (uint32_t i = 0; i < report->fell_count && i < SUP_FELL; i++)
        yyjson_mut_arr_append(list, name_value(document, report->fell[i]));
    ADD_TEXT(document, entry, report, text);
}

char *render_fault_line(const struct sup_fault *report, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    add_report(document, root, report);
    return render_take_line(document, bytes);
}

static void add_components(yyjson_mut_doc *document, yyjson_mut_val *root, const struct layout *layout)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "components");
    for (uint32_t i = 0; i < layout->components_count; i++) {
        const struct sup_component *component = &layout->components[i];
        if (component->faults == 0 && component->reboots == 0 && component->state == SUP_RUNS)
            continue;
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
        yyjson_mut_obj_add_str(document, entry, "component", component->name);
        yyjson_mut_obj_add_uint(document, entry, "faults", component->faults);
        render_state(document, entry, component);
    }
}

char *render_faults(const struct layout *layout, size_t *bytes)
{
    uint64_t last = layout->counters.reports, number = last < SUP_FAULTS ? 1 : last - SUP_FAULTS + 1;
    struct sup_fault report;
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    yyjson_mut_obj_add_uint(document, root, "faults", layout->counters.faults);
    add_components(document, root, layout);
    yyjson_mut_obj_add_uint(document, root, "count", last);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "reports");
    for (; number <= last; number++)
        if (sup_fault(number, &report) >= 0)
            add_report(document, yyjson_mut_arr_add_obj(document, list), &report);
    return render_take(document, bytes);
}
