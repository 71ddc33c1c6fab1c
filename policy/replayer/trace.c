/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUPERVISOR UINT32_MAX

/* Where in the file reading is, for sentences about it. */
struct place {
    const char *path;
    unsigned line;
    char *at; /* the rest of the line */
};

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("replay: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

void *room(void *old, size_t count, size_t item_bytes)
{
    void *new = reallocarray(old, count ? count : 1, item_bytes);
    if (!new)
        fail("there is not enough memory");
    return new;
}

static _Noreturn void refuse(const struct place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void refuse(const struct place *place, const char *format, ...)
{
    char sentence[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    fail("%s:%u: %s", place->path, place->line, sentence);
}

/* ---- Words ---- */

/* The next word, or NULL at the line's end or at a comment. */
static char *word_next(struct place *place)
{
    place->at += strspn(place->at, " \t\r\n");
    if (*place->at == 0 || *place->at == '#')
        return NULL;
    char *word = place->at;
    place->at += strcspn(place->at, " \t\r\n");
    if (*place->at)
        *place->at++ = 0;
    return word;
}

static char *word_expected(struct place *place, const char *what)
{
    char *word = word_next(place);
    if (!word)
        refuse(place, "the line ends where %s was expected", what);
    return word;
}

static void line_ends(struct place *place)
{
    char *word = word_next(place);
    if (word)
        refuse(place, "expected nothing more on this line; there is `%.64s`", word);
}

static uint64_t number_of(struct place *place, const char *word, const char *what)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(word, &end, 10);
    if (!isdigit((unsigned char)*word) || *end || errno)
        refuse(place, "expected %s, a whole number below 2^64; there is `%.64s`", what, word);
    return value;
}

static uint64_t number_expected(struct place *place, const char *what)
{
    return number_of(place, word_expected(place, what), what);
}

static void name_copy(struct place *place, char *to, const char *word)
{
    if (!rule_name_valid(word))
        refuse(place, "`%.64s` is no name: expected up to 31 letters, digits, `_` or `-`", word);
    strcpy(to, word);
}

/* ---- Names ---- */

static uint32_t name_find(const void *context, const char *name)
{
    const struct trace *trace = context;
    for (uint32_t i = 0; i < trace->components; i++)
        if (strcmp(trace->names[i], name) == 0)
            return i;
    return UINT32_MAX;
}

static const char *name_of(const void *context, uint32_t component)
{
    const struct trace *trace = context;
    return trace->names[component];
}

static uint32_t component_expected(struct trace *trace, struct place *place, const char *word)
{
    uint32_t component = name_find(trace, word);
    if (component == UINT32_MAX)
        refuse(place, "there is no component `%.64s`: expected one that a line above declares", word);
    return component;
}

/* ---- Lines ---- */

#define GROW(trace, list, count, limit, least)                                                               \
    do {                                                                                                     \
        if ((trace)->count == (trace)->limit) {                                                              \
            (trace)->limit = (trace)->limit ? 2 * (trace)->limit : (least);                                  \
            (trace)->list = room((trace)->list, (trace)->limit, sizeof *(trace)->list);                      \
        }                                                                                                    \
    } while (0)

static void component_read(struct trace *trace, struct place *place)
{
    char *name = word_expected(place, "the component's name");
    if (trace->edges || trace->rules_memory)
        refuse(place, "components come before edges, rules and domains");
    if (strcmp(name, "supervisor") == 0 || name_find(trace, name) != UINT32_MAX)
        refuse(place, "there is a component `%.64s` already", name);
    if (trace->components == TRACE_COMPONENTS)
        refuse(place, "there are %u components already, and no room for more", TRACE_COMPONENTS);
    GROW(trace, names, components, components_room, 64);
    trace->ids = room(trace->ids, trace->components_room, sizeof *trace->ids);
    name_copy(place, trace->names[trace->components], name);
    uint64_t id = number_expected(place, "the component's id");
    if (id == 0 || id >= GRAPH_NONE)
        refuse(place, "expected an id from 1 to %u", GRAPH_NONE - 1);
    for (uint32_t i = 0; i < trace->components; i++)
        if (trace->ids[i] == id)
            refuse(place, "component `%s` has this id already", trace->names[i]);
    trace->ids[trace->components++] = (uint32_t)id;
    line_ends(place);
}

static void edge_read(struct trace *trace, struct place *place)
{
    GROW(trace, ends, edges, edges_room, 128);
    uint32_t *ends = trace->ends[trace->edges];
    ends[0] = component_expected(trace, place, word_expected(place, "the edge's client"));
    char *server = word_expected(place, "the edge's server");
    ends[1] = strcmp(server, "supervisor") == 0 ? SUPERVISOR : component_expected(trace, place, server);
    if (ends[0] == ends[1])
        refuse(place, "an edge leads from one component to another");
    trace->edges++;
    line_ends(place);
}

/* Rules and the layout are by component: they begin once all components are known. */
static void components_end(struct trace *trace)
{
    if (trace->rules_memory)
        return;
    size_t bytes = rules_bytes(trace->components, TRACE_RULES);
    trace->rules_memory = room(NULL, bytes, 1);
    if (rules_place(&trace->rules, trace->rules_memory, bytes, trace->components, TRACE_RULES) != POLICY_OK)
        fail("there is not enough memory");
    trace->rule_names = (struct rule_names){trace, name_find, name_of};
    trace->domains = room(NULL, trace->components, sizeof *trace->domains);
    for (uint32_t i = 0; i < trace->components; i++)
        trace->domains[i] = i;
}

static void rule_read(struct trace *trace, struct place *place)
{
    char sentence[RULE_TEXT_BYTES];
    components_end(trace);
    if (rule_text_read(&trace->rules, &trace->rule_names, place->at, sentence, sizeof sentence) != POLICY_OK)
        refuse(place, "%s", sentence);
}

static void domain_read(struct trace *trace, struct place *place)
{
    uint32_t first = UINT32_MAX;
    components_end(trace);
    for (char *word = word_expected(place, "components"); word; word = word_next(place)) {
        uint32_t component = component_expected(trace, place, word);
        if (trace->domains[component] != component)
            refuse(place, "component `%s` is in a domain already", word);
        first = first == UINT32_MAX ? component : first;
        trace->domains[component] = first;
    }
}

static void header_number_read(struct trace *trace, struct place *place, uint64_t *number, const char *what)
{
    (void)trace;
    *number = number_expected(place, what);
    line_ends(place);
}

static void graph_make(struct trace *trace, const struct place *place)
{
    size_t bytes = graph_bytes(trace->components, trace->edges);
    if (!trace->components || !trace->edges)
        refuse(place, "expected components and edges before the first window");
    components_end(trace);
    trace->graph_memory = room(NULL, bytes, 1);
    enum policy_status status =
        graph_place(&trace->graph, trace->graph_memory, bytes, trace->components, trace->edges);
    for (uint32_t i = 0; i < trace->components && status == POLICY_OK; i++)
        status = graph_add_component(&trace->graph, trace->ids[i], trace->domains[i]);
    for (uint32_t i = 0; i < trace->edges && status == POLICY_OK; i++)
        status = graph_add_edge(&trace->graph, trace->ids[trace->ends[i][0]],
                                trace->ends[i][1] == SUPERVISOR ? 0 : trace->ids[trace->ends[i][1]], 0, 0);
    if (status != POLICY_OK)
        fail("the graph could not be made (status %d)", status);
    trace->body = true;
}

static void phase_read(struct trace *trace, struct place *place)
{
    if (!trace->body)
        graph_make(trace, place);
    GROW(trace, phase_names, phases, phases_room, 8);
    name_copy(place, trace->phase_names[trace->phases++], word_expected(place, "the phase's name"));
    line_ends(place);
}

static void window_read(struct trace *trace, struct place *place)
{
    if (!trace->body)
        graph_make(trace, place);
    if (trace->phases == 0) {
        GROW(trace, phase_names, phases, phases_room, 8);
        strcpy(trace->phase_names[trace->phases++], "all");
    }
    GROW(trace, list, windows, windows_room, 64);
    struct trace_window *window = &trace->list[trace->windows];
    window->cycles = number_expected(place, "the window's cycles");
    window->idle = number_expected(place, "its idle cycles");
    window->requests = number_expected(place, "its requests");
    window->phase = trace->phases - 1;
    window->counts = room(NULL, trace->edges, sizeof *window->counts);
    for (uint32_t i = 0; i < trace->edges; i++) {
        char *word = word_next(place);
        if (!word)
            refuse(place, "expected %u counts, one for each edge; there are %u", trace->edges, i);
        window->counts[i] = number_of(place, word, "a count");
    }
    line_ends(place);
    trace->windows++;
    if (window->cycles == 0 || window->cycles > UINT64_MAX >> 16)
        refuse(place, "expected a window of 1 to 2^48 cycles");
    if (window->idle > window->cycles)
        refuse(place, "a window cannot have more idle cycles than cycles");
    if (trace_work(trace, window) == 0)
        refuse(place,
               "crossings at %llu cycles took longer than the window was busy: is the `cost` line right?",
               (unsigned long long)trace->cost);
}

static void line_read(struct trace *trace, struct place *place)
{
    if (rule_text_is(place->at)) {
        if (trace->body)
            refuse(place, "rules, labels and weights come before the first window");
        rule_read(trace, place);
        return;
    }
    char *word = word_next(place);
    if (!word)
        return;
    bool body = strcmp(word, "window") == 0 || strcmp(word, "phase") == 0;
    if (trace->body && !body)
        refuse(place, "expected `window` or `phase` after the first of them; there is `%.64s`", word);
    if (strcmp(word, "component") == 0)
        component_read(trace, place);
    else if (strcmp(word, "edge") == 0)
        edge_read(trace, place);
    else if (strcmp(word, "domain") == 0)
        domain_read(trace, place);
    else if (strcmp(word, "clock") == 0)
        header_number_read(trace, place, &trace->clock, "cycles a second");
    else if (strcmp(word, "cost") == 0)
        header_number_read(trace, place, &trace->cost, "the cycles of a crossing");
    else if (strcmp(word, "phase") == 0)
        phase_read(trace, place);
    else if (strcmp(word, "window") == 0)
        window_read(trace, place);
    else
        refuse(place,
               "expected component, edge, label, rule, weight, domain, clock, cost, phase or window; there "
               "is `%.64s`",
               word);
}

static void version_read(struct place *place)
{
    char *word = word_next(place);
    if (!word || strcmp(word, "shoji-trace") != 0)
        refuse(place, "this is no trace: expected `shoji-trace %d` in the first line", TRACE_VERSION);
    uint64_t version = number_expected(place, "the format's version");
    if (version != TRACE_VERSION)
        refuse(place, "the trace has format %llu; this replayer reads format %d", (unsigned long long)version,
               TRACE_VERSION);
    line_ends(place);
}

void trace_read(struct trace *trace, const char *path)
{
    struct place place = {path, 0, NULL};
    char *line = NULL;
    size_t bytes = 0;
    ssize_t got;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!file)
        fail("%s: %s", path, strerror(errno));
    *trace = (struct trace){0};
    while ((got = getline(&line, &bytes, file)) >= 0) {
        place.line++;
        place.at = line;
        if (strlen(line) != (size_t)got)
            refuse(&place, "the line holds a zero byte: this is no text");
        if (place.line == 1)
            version_read(&place);
        else
            line_read(trace, &place);
    }
    if (ferror(file))
        fail("%s: %s", path, strerror(errno));
    if (file != stdin)
        fclose(file);
    free(line);
    if (place.line == 0)
        fail("%s: this is no trace: it is empty", path);
    if (trace->windows == 0)
        refuse(&place, "the trace ends without a window");
}

void trace_free(struct trace *trace)
{
    for (uint32_t i = 0; i < trace->windows; i++)
        free(trace->list[i].counts);
    free(trace->list);
    free(trace->names);
    free(trace->phase_names);
    free(trace->domains);
    free(trace->ends);
    free(trace->ids);
    free(trace->graph_memory);
    free(trace->rules_memory);
}

uint64_t trace_crossing(const struct trace *trace, const struct trace_window *window, const uint32_t *domains)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < trace->edges; i++) {
        const uint32_t *ends = trace->ends[i];
        if (ends[1] != SUPERVISOR && domains[ends[0]] != domains[ends[1]] &&
            __builtin_add_overflow(sum, window->counts[i], &sum))
            return UINT64_MAX;
    }
    return sum;
}

uint64_t trace_work(const struct trace *trace, const struct trace_window *window)
{
    uint64_t busy = window->cycles - window->idle;
    unsigned __int128 crossings = trace_crossing(trace, window, trace->domains);
    crossings *= trace->cost;
    if (busy == 0 && crossings == 0)
        return 1; /* an idle window */
    return crossings < busy ? busy - (uint64_t)crossings : 0;
}
