/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The reader of manifests (docs/manifest.md). A line is at most LINE_WORDS words; each kind of line has one
 * function, which checks all of the line before it adds to the manifest. It reads nothing outside the text
 * that it is given, whatever that holds.
 */
#include "manifest.h"

#include "text.h"

#define LINE_WORDS 66

const char *const manifest_groups[] = {"console", "memory", "share", "thread",   "device", "layout", "test",
                                       "heap",    "pd",     "trace", "terminal", "record", NULL};
#define GROUP_HEAP 7 /* its place there */

struct word {
    const char *text;
    int length;
};
struct reader {
    struct manifest *out;
    struct manifest_error *error;
    struct word words[LINE_WORDS];
    unsigned count;
};

#define FAIL(reader, ...)                                                                                    \
    (text_format((reader)->error->text, sizeof(reader)->error->text, __VA_ARGS__), false)
#define SHOWN(word) ((word).length < 40 ? (word).length : 40), (word).text

static bool word_is(struct word word, const char *text)
{
    for (int i = 0; i < word.length; i++)
        if (text[i] == '\0' || text[i] != word.text[i])
            return false;
    return text[word.length] == '\0';
}

static void word_copy(struct word word, char *out)
{
    for (int i = 0; i < word.length; i++)
        out[i] = word.text[i];
    out[word.length] = '\0';
}

static bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Letters, digits and _ : names become parts of symbols. */
static bool name_check(struct reader *r, struct word word, int limit)
{
    if (word.length >= limit)
        return FAIL(r, "`%.*s...` is too long: a name has at most %d characters", SHOWN(word), limit - 1);
    for (int i = 0; i < word.length; i++)
        if (!name_character(word.text[i]))
            return FAIL(r, "`%.*s` is no name: expected letters, digits and _", SHOWN(word));
    return true;
}

static bool number_read(struct reader *r, struct word word, uint32_t limit, uint32_t *out)
{
    uint64_t number = 0;

    for (int i = 0; i < word.length; i++) {
        if (word.text[i] < '0' || word.text[i] > '9')
            return FAIL(r, "`%.*s` is no number", SHOWN(word));
        number = number * 10 + (uint64_t)(word.text[i] - '0');
        if (number > limit)
            return FAIL(r, "`%.*s` is too large: expected at most %u", SHOWN(word), limit);
    }
    *out = (uint32_t)number;
    return true;
}

/* A number with K or M behind it: a multiple of step, at most limit. */
static bool size_read(struct reader *r, struct word word, uint32_t step, uint32_t limit, uint32_t *out)
{
    struct word digits = {word.text, word.length - 1};
    char unit = word.text[word.length - 1];
    uint32_t number;

    if (digits.length < 1 || (unit != 'K' && unit != 'M'))
        return FAIL(r, "`%.*s` is no size: expected a number with K or M, such as 512K", SHOWN(word));
    if (!number_read(r, digits, limit >> (unit == 'K' ? 10 : 20), &number))
        return false;
    *out = number << (unit == 'K' ? 10 : 20);
    if (*out % step != 0)
        return FAIL(r, "`%.*s` is not a multiple of %uK", SHOWN(word), step >> 10);
    return true;
}

static bool component_find(struct reader *r, struct word word, uint8_t *out)
{
    for (unsigned i = 0; i < r->out->component_count; i++)
        if (word_is(word, r->out->components[i].name)) {
            *out = (uint8_t)i;
            return true;
        }
    return FAIL(r, "no component `%.*s`: expected one that a line above declares", SHOWN(word));
}

static bool slot_left(struct reader *r)
{
    if (r->out->component_count + r->out->pool_count == MANIFEST_SLOTS)
        return FAIL(r, "too many components and pools: at most %d together", MANIFEST_SLOTS);
    return true;
}

#define COMPONENT_EXPECTED "expected `component NAME ID IMAGE memory BUDGET [time MS] [heap SETTING]`"

/* [time MS] [heap SETTING], from the given word on */
static bool options_read(struct reader *r, unsigned from, uint32_t *time_ms, uint8_t *heap)
{
    static const char *const settings[] = {"plain", "slab", "guard"};
    bool timed = false, set = false;

    for (unsigned i = from; i < r->count; i += 2) {
        if (i + 1 < r->count && !timed && word_is(r->words[i], "time")) {
            timed = true;
            if (!number_read(r, r->words[i + 1], MANIFEST_TIME_MAX, time_ms))
                return false;
            if (*time_ms < MANIFEST_TIME_LEAST)
                return FAIL(r, "time %u: expected at least %u (ms)", *time_ms, MANIFEST_TIME_LEAST);
        } else if (i + 1 < r->count && !set && word_is(r->words[i], "heap")) {
            set = true;
            for (*heap = 0; *heap < sizeof settings / sizeof *settings; ++*heap)
                if (word_is(r->words[i + 1], settings[*heap]))
                    break;
            if (*heap == sizeof settings / sizeof *settings)
                return FAIL(r, "heap `%.*s`: expected plain, slab or guard", SHOWN(r->words[i + 1]));
        } else {
            return FAIL(r, COMPONENT_EXPECTED);
        }
    }
    return true;
}

static bool component_line(struct reader *r)
{
    struct manifest *m = r->out;
    struct manifest_component *component = &m->components[m->component_count];
    uint32_t id, memory, time_ms = MANIFEST_TIME_DEFAULT;
    uint8_t heap = MANIFEST_HEAP_PLAIN;

    if (r->count < 6 || !word_is(r->words[4], "memory"))
        return FAIL(r, COMPONENT_EXPECTED);
    if (m->pool_count != 0)
        return FAIL(r, "components come before pools");
    if (!slot_left(r) || !name_check(r, r->words[1], MANIFEST_NAME_BYTES) ||
        !number_read(r, r->words[2], 255, &id) ||
        !size_read(r, r->words[5], 4096, MANIFEST_MEMORY_MAX, &memory) ||
        !options_read(r, 6, &time_ms, &heap))
        return false;
    if (id == 0)
        return FAIL(r, "id 0 is the supervisor's: expected 1 to 255");
    if (r->words[3].length >= MANIFEST_WORD_BYTES)
        return FAIL(r, "the image's name is too long: at most %d characters", MANIFEST_WORD_BYTES - 1);
    if (word_is(r->words[1], "supervisor") || word_is(r->words[1], "as") ||
        word_is(r->words[1], "transitive"))
        return FAIL(r, "`%.*s` is a word of manifests, and no name", SHOWN(r->words[1]));
    for (unsigned i = 0; i < m->component_count; i++) {
        if (m->components[i].id == id)
            return FAIL(r, "id %u is %s's already", id, m->components[i].name);
        if (word_is(r->words[1], m->components[i].name))
            return FAIL(r, "there is a component `%s` already", m->components[i].name);
    }
    if (heap != MANIFEST_HEAP_PLAIN && m->edge_count == MANIFEST_EDGES)
        return FAIL(r, "too many edges: at most %d, and `heap` is one", MANIFEST_EDGES);
    word_copy(r->words[1], component->name);
    word_copy(r->words[3], component->image);
    component->id = id;
    component->memory = memory;
    component->time_ms = time_ms;
    component->heap = heap;
    if (heap != MANIFEST_HEAP_PLAIN)
        m->edges[m->edge_count++] = (struct manifest_edge){
            .client = (uint8_t)m->component_count, .server = MANIFEST_SUPERVISOR, .group = GROUP_HEAP};
    m->component_count++;
    return true;
}

static bool group_find(struct reader *r, struct word word, uint8_t *out)
{
    const int prefix = sizeof "supervisor:" - 1;
    struct word group = {word.text + prefix, word.length - prefix};

    for (uint8_t i = 0; manifest_groups[i] != NULL; i++)
        if (word_is(group, manifest_groups[i])) {
            *out = i;
            return true;
        }
    return FAIL(r, "the supervisor has no group `%.*s`", SHOWN(group));
}

static bool is_supervisor(struct word word)
{
    struct word prefix = {word.text, sizeof "supervisor:" - 1};

    return word.length > prefix.length && word_is(prefix, "supervisor:");
}

static bool edge_is_there(const struct manifest *m, const struct manifest_edge *edge, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (m->edges[i].client == edge->client && m->edges[i].server == edge->server &&
            m->edges[i].group == edge->group)
            return true;
    return false;
}

/* as PREFIX */
static bool prefix_read(struct reader *r, unsigned *at, struct manifest_edge *edge)
{
    struct word prefix;

    if (++*at == r->count)
        return FAIL(r, "expected a prefix behind `as`, as in `edge CLIENT SERVER as b_`");
    prefix = r->words[(*at)++];
    if (edge->server == MANIFEST_SUPERVISOR)
        return FAIL(r, "`%.*s`: the supervisor's calls have no prefix", SHOWN(prefix));
    if (!name_check(r, prefix, MANIFEST_PREFIX_BYTES))
        return false;
    word_copy(prefix, edge->prefix);
    return true;
}

/* SERVER [as PREFIX] [transitive], from word *at on; *at is then the word behind it. */
static bool edge_read(struct reader *r, unsigned *at, struct manifest_edge *edge)
{
    struct word server = r->words[(*at)++];

    if (is_supervisor(server) ? !group_find(r, server, &edge->group)
                              : !component_find(r, server, &edge->server))
        return false;
    if (*at < r->count && word_is(r->words[*at], "as") && !prefix_read(r, at, edge))
        return false;
    if (*at < r->count && word_is(r->words[*at], "transitive")) {
        edge->transitive = true;
        (*at)++;
    }
    return true;
}

/* edge CLIENT SERVER [as PREFIX] [transitive]... */
static bool edge_line(struct reader *r)
{
    struct manifest *m = r->out;
    unsigned next = m->edge_count, at = 2;
    uint8_t client;

    if (r->count < 3)
        return FAIL(r, "expected `edge CLIENT SERVER...`");
    if (!component_find(r, r->words[1], &client))
        return false;
    while (at < r->count) {
        struct manifest_edge edge = {.client = client, .server = MANIFEST_SUPERVISOR};
        struct word server = r->words[at];

        if (!edge_read(r, &at, &edge))
            return false;
        if (edge.server == client)
            return FAIL(r, "`%s` has an edge to itself", m->components[client].name);
        if (edge_is_there(m, &edge, next))
            return FAIL(r, "the edge to `%.*s` is there already", SHOWN(server));
        if (next == MANIFEST_EDGES)
            return FAIL(r, "too many edges: at most %d", MANIFEST_EDGES);
        m->edges[next++] = edge; /* past edge_count: not yet part of the manifest */
    }
    m->edge_count = next;
    return true;
}

/* pool NAME SIZE rw COMPONENT... [ro COMPONENT...] [at COMPONENT...] */
static bool pool_line(struct reader *r)
{
    struct manifest *m = r->out;
    struct manifest_pool *pool = &m->pools[m->pool_count];
    uint64_t writers = 0, readers = 0, knowers = 0, *to = NULL;
    uint32_t bytes;

    if (r->count < 5 || !word_is(r->words[3], "rw"))
        return FAIL(r, "expected `pool NAME SIZE rw COMPONENT... [ro COMPONENT...] [at COMPONENT...]`");
    if (!slot_left(r) || !name_check(r, r->words[1], MANIFEST_NAME_BYTES) ||
        !size_read(r, r->words[2], MANIFEST_POOL_STEP, MANIFEST_POOL_MAX, &bytes))
        return false;
    if (bytes == 0)
        return FAIL(r, "pool `%.*s` is empty", SHOWN(r->words[1]));
    for (unsigned i = 0; i < m->pool_count; i++)
        if (word_is(r->words[1], m->pools[i].name))
            return FAIL(r, "there is a pool `%s` already", m->pools[i].name);
    for (unsigned i = 3; i < r->count; i++) {
        uint8_t component;

        uint64_t *next = word_is(r->words[i], "rw")   ? &writers
                         : word_is(r->words[i], "ro") ? &readers
                         : word_is(r->words[i], "at") ? &knowers
                                                      : NULL;

        if (next != NULL) {
            to = next;
            continue;
        }
        if (!component_find(r, r->words[i], &component))
            return false;
        if (((writers | readers | knowers) >> component & 1) != 0)
            return FAIL(r, "`%.*s` is named twice", SHOWN(r->words[i]));
        *to |= 1ull << component;
    }
    if (writers == 0)
        return FAIL(r, "nobody may write to pool `%.*s`", SHOWN(r->words[1]));
    word_copy(r->words[1], pool->name);
    pool->bytes = bytes;
    pool->writers = writers;
    pool->readers = readers;
    pool->knowers = knowers;
    m->pool_count++;
    return true;
}

#define DEVICE_EXPECTED "expected `device COMPONENT KIND [checked [POOL rw SIZE ro SIZE]]`"

/* POOL rw SIZE ro SIZE */
static bool device_part_read(struct reader *r, const struct word *words, struct manifest_device *device)
{
    const struct manifest *m = r->out;

    if (!word_is(words[1], "rw") || !word_is(words[3], "ro"))
        return FAIL(r, DEVICE_EXPECTED);
    for (device->pool = 0; device->pool < m->pool_count; device->pool++)
        if (word_is(words[0], m->pools[device->pool].name))
            break;
    if (device->pool == m->pool_count)
        return FAIL(r, "no pool `%.*s`: expected one that a line above declares", SHOWN(words[0]));
    if (!size_read(r, words[2], 4096, MANIFEST_POOL_MAX, &device->writes) ||
        !size_read(r, words[4], 4096, MANIFEST_POOL_MAX, &device->reads))
        return false;
    if (device->writes + device->reads > m->pools[device->pool].bytes)
        return FAIL(r, "pool `%.*s` has %uK: less than rw and ro together", SHOWN(words[0]),
                    m->pools[device->pool].bytes >> 10);
    return true;
}

/* device COMPONENT KIND [checked [POOL rw SIZE ro SIZE]] */
static bool device_line(struct reader *r)
{
    struct manifest *m = r->out;
    struct manifest_device device = {.checked = r->count > 3, .pool = MANIFEST_NO_POOL};
    uint8_t component;

    if ((r->count != 3 && r->count != 4 && r->count != 9) ||
        (device.checked && !word_is(r->words[3], "checked")))
        return FAIL(r, DEVICE_EXPECTED);
    if (!component_find(r, r->words[1], &component))
        return false;
    if (!word_is(r->words[2], "virtio-net"))
        return FAIL(r, "no device `%.*s`: expected virtio-net", SHOWN(r->words[2]));
    if (m->device_count != 0)
        return FAIL(r, "there is a virtio-net device already");
    if (r->count == 9 && !device_part_read(r, r->words + 4, &device))
        return false;
    device.component = component;
    word_copy(r->words[2], device.kind);
    m->devices[m->device_count++] = device;
    return true;
}

/* thread NAME COMPONENT ENTRY priority N */
static bool thread_line(struct reader *r)
{
    struct manifest *m = r->out;
    struct manifest_thread *thread = &m->threads[m->thread_count];
    uint8_t component;
    uint32_t priority;

    if (r->count != 6 || !word_is(r->words[4], "priority"))
        return FAIL(r, "expected `thread NAME COMPONENT ENTRY priority N`");
    if (m->thread_count == MANIFEST_THREADS)
        return FAIL(r, "too many threads: at most %d", MANIFEST_THREADS);
    if (!name_check(r, r->words[1], MANIFEST_NAME_BYTES) || !component_find(r, r->words[2], &component) ||
        !name_check(r, r->words[3], MANIFEST_WORD_BYTES) || !number_read(r, r->words[5], 31, &priority))
        return false;
    for (unsigned i = 0; i < m->thread_count; i++)
        if (word_is(r->words[1], m->threads[i].name))
            return FAIL(r, "there is a thread `%s` already", m->threads[i].name);
    word_copy(r->words[1], thread->name);
    word_copy(r->words[3], thread->entry);
    thread->component = component;
    thread->priority = priority;
    m->thread_count++;
    return true;
}

/* label ..., rule ..., weight ...: for the component that decides about layouts, which reads them as it
 * starts. */
static bool policy_line(struct reader *r)
{
    struct manifest *m = r->out;
    const char *text = r->words[0].text;
    struct word last = r->words[r->count - 1];
    uint32_t bytes = (uint32_t)(last.text + last.length - text);

    if (m->policy_line_count == MANIFEST_POLICY_LINES)
        return FAIL(r, "too many lines with label, rule and weight: at most %d", MANIFEST_POLICY_LINES);
    if (bytes >= MANIFEST_POLICY_BYTES)
        return FAIL(r, "the line is too long: at most %d characters", MANIFEST_POLICY_BYTES - 1);
    m->policy_lines[m->policy_line_count++] = (struct manifest_policy_line){text, bytes};
    return true;
}

/* system NAME */
static bool system_line(struct reader *r)
{
    if (r->count != 2)
        return FAIL(r, "expected `system NAME`");
    if (r->out->system[0] != '\0')
        return FAIL(r, "the system has a name already");
    if (!name_check(r, r->words[1], MANIFEST_NAME_BYTES))
        return false;
    word_copy(r->words[1], r->out->system);
    return true;
}

static bool line_read(struct reader *r)
{
    static const struct {
        const char *word;
        bool (*read)(struct reader *);
    } kinds[] = {{"system", system_line}, {"component", component_line}, {"edge", edge_line},
                 {"pool", pool_line},     {"device", device_line},       {"thread", thread_line},
                 {"label", policy_line},  {"rule", policy_line},         {"weight", policy_line}};

    if (r->count == 0)
        return true;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!word_is(r->words[0], kinds[i].word))
            continue;
        if (i > 0 && r->out->system[0] == '\0')
            return FAIL(r, "expected `system NAME` first");
        return kinds[i].read(r);
    }
    return FAIL(
        r,
        "`%.*s` is no kind of line: expected system, component, edge, pool, device, thread, label, rule or "
        "weight",
        SHOWN(r->words[0]));
}

/* Splits one line into words. A # at a word's beginning starts a comment. */
static bool words_split(struct reader *r, const char *text, size_t bytes)
{
    size_t at = 0;

    r->count = 0;
    for (;;) {
        while (at < bytes && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'))
            at++;
        if (at == bytes || text[at] == '#')
            return true;
        size_t from = at;
        while (at < bytes && text[at] != ' ' && text[at] != '\t' && text[at] != '\r') {
            if (text[at] < ' ' || text[at] > '~')
                return FAIL(r, "byte 0x%x: expected printable ASCII", (unsigned char)text[at]);
            at++;
        }
        if (r->count == LINE_WORDS)
            return FAIL(r, "more than %d words: begin a new line", LINE_WORDS);
        if (at - from > 4096)
            return FAIL(r, "a word of %lu characters", (unsigned long)(at - from));
        r->words[r->count++] = (struct word){text + from, (int)(at - from)};
    }
}

bool manifest_parse(const char *text, size_t bytes, struct manifest *out, struct manifest_error *error)
{
    struct reader reader = {.out = out, .error = error};
    size_t from = 0;

    *out = (struct manifest){.component_count = 0};
    for (error->line = 1; from < bytes; error->line++) {
        size_t end = from;

        while (end < bytes && text[end] != '\n')
            end++;
        if (!words_split(&reader, text + from, end - from) || !line_read(&reader))
            return false;
        from = end + 1;
    }
    if (out->component_count == 0)
        return FAIL(&reader, "the manifest ends without a component");
    return true;
}
