/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 1. The report is made from the kernel's own records (frames, gates, domains), not from anything that the
 * component could have written; but for the names in its image, which are its own claim.
 */
#include "fault_report.h"

#include "console.h"
#include "fault_words.h"
#include "loader/lines.h"
#include "recorder.h"
#include "reports.h"
#include "supervisor/files.h"
#include "system.h"
#include "text.h"
#include "thread.h"

/* The source line, and whose word it was. */
static void record_words(struct words *words, const struct scene *scene)
{
    unsigned component = scene_component_at(scene->registers->rip);
    struct protection_fault wrong;
    struct line line;

    words->line[0] = words->owner[0] = '\0';
    if (component != NO_COMPONENT) {
        const struct elf_file *file = files_of(component);

        line = lines_at(file->bytes, file->size,
                        (uint32_t)(scene->registers->rip - system_state.components[component].base));
        if (line.number != 0)
            text_format(words->line, sizeof words->line, "%s:%u", line.file, line.number);
    }
    if (scene->registers->vector != PROTECTION_VECTOR)
        return;
    wrong = protection_fault();
    if (protection_fault_is_access(wrong.kind))
        words_owner(words->owner, sizeof words->owner, wrong.address);
}

struct words words_of(const struct scene *scene)
{
    struct words words;

    words_function(words.function, sizeof words.function, scene->registers->rip);
    words_place(words.place, sizeof words.place, scene->registers->rip);
    words_origin(words.origin, sizeof words.origin, scene);
    words_allowed(words.allowed, sizeof words.allowed, scene);
    words_what(words.what, sizeof words.what, scene);
    if (scene->at_base)
        text_copy(words.caller, sizeof words.caller, "called by nobody");
    else
        text_format(words.caller, sizeof words.caller, "called by %s",
                    system_name(scene_component_at(scene->call.gate)));
    record_words(&words, scene);
    return words;
}

/* Nothing for NO_COMPONENT: the report is all zero. */
static void named(unsigned component, component_t *id, char name[SHOJI_NAME_BYTES])
{
    if (component == NO_COMPONENT)
        return;
    *id = system_state.manifest.components[component].id;
    text_copy(name, SHOJI_NAME_BYTES, system_name(component));
}

void words_print(const struct scene *scene, const struct words *words, const char *end, uint64_t fallen)
{
    static const char separator[] = "; ";
    struct sup_fault *report = reports_begin();

    text_format(report->text, sizeof report->text,
                "fault: %s (domain %u, thread %s) in %s at 0x%08lx%s%s: %s%s; %s; %s",
                system_name(scene->component), scene->pd.number, scene->thread->name, words->function,
                scene->registers->rip, words->place, words->origin, words->what, words->allowed,
                words->caller, end);
    recorder_failed(scene->component, scene->thread, scene->pd, report->text);
    console_line_begin();
    console_print("%s\n", report->text);
    named(scene->component, &report->component, report->component_name);
    named(scene->at_base ? NO_COMPONENT : scene_component_at(scene->call.gate), &report->caller,
          report->caller_name);
    report->domain = scene->pd.number;
    report->instruction = scene->registers->rip;
    text_copy(report->thread, sizeof report->thread, scene->thread->name);
    text_copy(report->function, sizeof report->function, words->function);
    text_copy(report->place, sizeof report->place, words->line);
    text_copy(report->owner, sizeof report->owner, words->owner);
    text_copy(report->tried, sizeof report->tried, words->what);
    if (words->allowed[0] != '\0')
        text_copy(report->allowed, sizeof report->allowed, words->allowed + sizeof separator - 1);
    text_copy(report->outcome, sizeof report->outcome, end);
    while (fallen != 0)
        reports_fell(report, system_name(system_next(&fallen)));
}

void fault_report(const struct scene *scene, const char *end)
{
    struct words words = words_of(scene);

    words_print(scene, &words, end, 0);
}
