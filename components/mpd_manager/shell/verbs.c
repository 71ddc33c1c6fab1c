/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_policy.h"

/* ---- Words ---- */

void words_split(struct words *words, const char *line)
{
    char *at = words->split;
    size_t length;
    line += strspn(line, " ");
    length = strnlen(line, VERB_LINE_BYTES - 1);
    while (length > 0 && line[length - 1] == ' ')
        length--;
    snprintf(words->line, sizeof words->line, "%.*s", (int)length, line);
    snprintf(words->split, sizeof words->split, "%.*s", (int)length, line);
    words->whole = words->line;
    words->count = 0;
    while (*(at += strspn(at, " "))) {
        if (words->count < VERB_WORDS)
            words->word[words->count] = at;
        words->count++;
        at += strcspn(at, " ");
        if (*at)
            *at++ = 0;
    }
}

/* ---- Requests ---- */

static bool refuse(char *sentence, const char *text)
{
    snprintf(sentence, VERB_SENTENCE_BYTES, "%s", text);
    return false;
}

static bool get(struct verb_request *request, const char *path)
{
    request->method = "GET";
    snprintf(request->path, sizeof request->path, "%s", path);
    return true;
}

static yyjson_mut_doc *body_begin(yyjson_mut_val **root)
{
    yyjson_mut_doc *document = yyjson_mut_doc_new(0);
    if (!document)
        return 0;
    *root = yyjson_mut_obj(document);
    yyjson_mut_doc_set_root(document, *root);
    return document;
}

/* Gives the document away. */
static bool send(struct verb_request *request, const char *method, const char *path, yyjson_mut_doc *document,
                 char *sentence)
{
    request->method = method;
    snprintf(request->path, sizeof request->path, "%s", path);
    request->body = document ? yyjson_mut_write(document, YYJSON_WRITE_NOFLAG, &request->body_bytes) : 0;
    yyjson_mut_doc_free(document);
    return request->body || refuse(sentence, "Memory is short.");
}

/* {"first": second word, "second": third word} */
static bool send_words(const struct words *words, struct verb_request *request, const char *path,
                       const char *first, const char *second, char *sentence)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = body_begin(&root);
    if (document) {
        yyjson_mut_obj_add_str(document, root, first, words->word[1]);
        if (second)
            yyjson_mut_obj_add_str(document, root, second, words->word[2]);
    }
    return send(request, "POST", path, document, sentence);
}

static bool make_merge(const struct words *words, struct verb_request *request,
                       char sentence[VERB_SENTENCE_BYTES])
{
    return words->count == 3 ? send_words(words, request, "/v1/merge", "into", "from", sentence)
                             : refuse(sentence, "merge needs two components: merge INTO FROM.");
}

static bool make_split(const struct words *words, struct verb_request *request,
                       char sentence[VERB_SENTENCE_BYTES])
{
    return words->count == 2 ? send_words(words, request, "/v1/split", "component", 0, sentence)
                             : refuse(sentence, "split needs one component: split COMPONENT.");
}

static bool make_move(const struct words *words, struct verb_request *request,
                      char sentence[VERB_SENTENCE_BYTES])
{
    return words->count == 3 ? send_words(words, request, "/v1/move", "component", "into", sentence)
                             : refuse(sentence, "move needs two components: move COMPONENT INTO.");
}

/* Each word is a domain, components with commas between them. */
static bool make_partition(const struct words *words, struct verb_request *request,
                           char sentence[VERB_SENTENCE_BYTES])
{
    yyjson_mut_val *root, *domains;
    yyjson_mut_doc *document;
    if (words->count > VERB_WORDS)
        return refuse(sentence, "partition takes fifteen domains at most; PUT /v1/partition takes more.");
    document = body_begin(&root);
    domains = document ? yyjson_mut_obj_add_arr(document, root, "domains") : 0;
    for (uint32_t i = 1; domains && i < words->count; i++) {
        yyjson_mut_val *domain = yyjson_mut_arr_add_arr(document, domains);
        for (const char *at = words->word[i]; domain && *at;) {
            size_t length = strcspn(at, ",");
            if (length)
                yyjson_mut_arr_add_strn(document, domain, at, length);
            at += length + (at[length] == ',');
        }
    }
    return send(request, "PUT", "/v1/partition", document, sentence);
}

/* As it is in JSON, if it is a number, or a word for true, false, null; else a string. */
static yyjson_mut_val *setting(yyjson_mut_doc *document, const char *word)
{
    yyjson_doc *number = yyjson_read(word, strlen(word), YYJSON_READ_NOFLAG);
    yyjson_mut_val *value = 0;
    if (number && yyjson_is_num(yyjson_doc_get_root(number)))
        value = yyjson_val_mut_copy(document, yyjson_doc_get_root(number));
    yyjson_doc_free(number);
    if (value)
        return value;
    if (strcmp(word, "on") == 0 || strcmp(word, "true") == 0)
        return yyjson_mut_true(document);
    if (strcmp(word, "off") == 0 || strcmp(word, "false") == 0)
        return yyjson_mut_false(document);
    if (strcmp(word, "none") == 0 || strcmp(word, "null") == 0)
        return yyjson_mut_null(document);
    return yyjson_mut_str(document, word);
}

static bool is_number(const char *word)
{
    return (*word >= '0' && *word <= '9') || *word == '-' || *word == '.';
}

/* [MODE [BUDGET]] and then a setting's name and its value, as often as wanted. */
static bool make_policy(const struct words *words, struct verb_request *request,
                        char sentence[VERB_SENTENCE_BYTES])
{
    uint32_t at = 1;
    yyjson_mut_val *root;
    yyjson_mut_doc *document;
    if (words->count > VERB_WORDS)
        return refuse(sentence, "These are too many words.");
    document = body_begin(&root);
    if (document && !policy_setting_is(words->word[at])) {
        yyjson_mut_obj_add_str(document, root, "mode", words->word[at++]);
        if (at < words->count && is_number(words->word[at]))
            yyjson_mut_obj_add_val(document, root, "budget_percent", setting(document, words->word[at++]));
    }
    for (; document && at + 1 < words->count; at += 2)
        yyjson_mut_obj_add(root, yyjson_mut_str(document, words->word[at]),
                           setting(document, words->word[at + 1]));
    if (document && at < words->count) {
        yyjson_mut_doc_free(document);
        snprintf(sentence, VERB_SENTENCE_BYTES, "Setting \"%.40s\" needs a value behind it.",
                 words->word[at]);
        return false;
    }
    return send(request, "PUT", "/v1/policy", document, sentence);
}

/* The line is the rule. */
static bool make_rule(const struct words *words, struct verb_request *request,
                      char sentence[VERB_SENTENCE_BYTES])
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = body_begin(&root);
    if (document)
        yyjson_mut_obj_add_str(document, root, "rule", words->whole);
    return send(request, "POST", "/v1/rules", document, sentence);
}

/* Something that has a path of its own goes. */
static bool remove_named(const struct words *words, struct verb_request *request, const char *path)
{
    request->method = "DELETE";
    snprintf(request->path, sizeof request->path, "%s%s", path, words->word[1]);
    return true;
}

static bool make_unrule(const struct words *words, struct verb_request *request,
                        char sentence[VERB_SENTENCE_BYTES])
{
    if (words->count != 2)
        return refuse(sentence, "unrule needs the name of one rule: unrule NAME.");
    return remove_named(words, request, "/v1/rules/");
}

static bool make_remove(const struct words *words, struct verb_request *request,
                        char sentence[VERB_SENTENCE_BYTES])
{
    if (words->count != 2)
        return refuse(sentence, "remove needs one component that was uploaded: remove COMPONENT.");
    return remove_named(words, request, "/v1/components/");
}

static bool make_decisions(const struct words *words, struct verb_request *request,
                           char sentence[VERB_SENTENCE_BYTES])
{
    if (words->count != 2)
        return refuse(sentence, "decisions takes one number: the first decision that is wanted.");
    request->method = "GET";
    snprintf(request->path, sizeof request->path, "/v1/decisions?since=%s", words->word[1]);
    return true;
}

static bool make_statistics(const struct words *words, struct verb_request *request,
                            char sentence[VERB_SENTENCE_BYTES])
{
    if (words->count != 2 || strcmp(words->word[1], "print") != 0)
        return refuse(sentence, "statistics takes nothing, or `print`.");
    request->method = "POST";
    snprintf(request->path, sizeof request->path, "/v1/statistics");
    return true;
}

static bool make_trace(const struct words *words, struct verb_request *request,
                       char sentence[VERB_SENTENCE_BYTES])
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document;
    if (words->count != 2)
        return refuse(sentence, "trace takes one word: a number of milliseconds, on, or off.");
    document = body_begin(&root);
    if (document)
        yyjson_mut_obj_add_val(document, root, is_number(words->word[1]) ? "duration_ms" : "on",
                               setting(document, words->word[1]));
    return send(request, "POST", "/v1/trace", document, sentence);
}

static bool make_get(const struct words *words, struct verb_request *request,
                     char sentence[VERB_SENTENCE_BYTES])
{
    return words->count == 2 ? get(request, words->word[1])
                             : refuse(sentence, "get needs one path: get /v1.");
}

/* ---- The verbs ---- */

#define COMPONENTS                                                                                           \
    {                                                                                                        \
        "components", "name,id,domain,state,faults,reboots,parent"                                           \
    }
#define EDGES                                                                                                \
    {                                                                                                        \
        "edges", "client,server,invocations,gated,crossing"                                                  \
    }

const struct verb verbs[] = {
    {.name = "help",
     .arguments = "[VERB]",
     .help = "what there is, or what a verb takes",
     .kinds = {ARGUMENT_VERB}},
    {.name = "graph",
     .help = "components with their domains, and edges with their counts",
     .path = "/v1/graph",
     .views = {COMPONENTS, EDGES}},
    {.name = "edges",
     .help = "who invoked whom how often, and how often that crossed domains",
     .path = "/v1/edges",
     .views = {EDGES}},
    {.name = "domains", .help = "who shares a domain", .path = "/v1/domains", .views = {{"domains", 0}}},
    {.name = "threads",
     .help = "where each thread is, through all domains",
     .path = "/v1/threads",
     .views = {{"threads", "thread,name,priority,state,chain"}}},
    {.name = "merge",
     .arguments = "INTO FROM",
     .help = "FROM's domain into INTO's; the mode is manual afterwards",
     .make = make_merge,
     .kinds = {ARGUMENT_COMPONENT, ARGUMENT_COMPONENT}},
    {.name = "split",
     .arguments = "COMPONENT",
     .help = "a domain of its own for it",
     .make = make_split,
     .kinds = {ARGUMENT_COMPONENT}},
    {.name = "move",
     .arguments = "COMPONENT INTO",
     .help = "it leaves its domain for INTO's",
     .make = make_move,
     .kinds = {ARGUMENT_COMPONENT, ARGUMENT_COMPONENT}},
    {.name = "partition",
     .arguments = "[A,B C,D,E ...]",
     .help = "the layout; or a new one: each word a domain, all others alone",
     .path = "/v1/partition",
     .make = make_partition,
     .kinds = {ARGUMENT_COMPONENT, ARGUMENT_COMPONENT, ARGUMENT_COMPONENT}},
    {.name = "policy",
     .arguments = "[MODE [BUDGET]] [SETTING VALUE]...",
     .help = "its settings; or new ones: policy adaptive 10, policy log on",
     .path = "/v1/policy",
     .make = make_policy,
     .kinds = {ARGUMENT_MODE, ARGUMENT_MODE, ARGUMENT_MODE}},
    {.name = "decisions",
     .arguments = "[SINCE]",
     .help = "what the policy decided, and what it gained",
     .path = "/v1/decisions",
     .make = make_decisions,
     .kinds = {ARGUMENT_WORD}},
    {.name = "rules",
     .help = "rules in force, labels and weights",
     .path = "/v1/rules",
     .views = {{"rules", "name,rule"}, {"labels", 0}, {"weights", 0}}},
    {.name = "rule",
     .arguments = "NAME apart|together SIDE [SIDE]",
     .help = "a new rule, obeyed at once: rule card apart vnic",
     .make = make_rule,
     .kinds = {ARGUMENT_WORD, ARGUMENT_WORD, ARGUMENT_COMPONENT}},
    {.name = "label",
     .arguments = "NAME COMPONENT...",
     .help = "a label for components, for rules",
     .make = make_rule,
     .kinds = {ARGUMENT_WORD, ARGUMENT_COMPONENT, ARGUMENT_COMPONENT}},
    {.name = "weight",
     .arguments = "COMPONENT [risk N] [lines N] [faults N]",
     .help = "how much its wall is worth",
     .make = make_rule,
     .kinds = {ARGUMENT_COMPONENT, ARGUMENT_WORD, ARGUMENT_WORD}},
    {.name = "unrule",
     .arguments = "NAME",
     .help = "the rule is gone",
     .make = make_unrule,
     .kinds = {ARGUMENT_RULE}},
    {.name = "components",
     .help = "who runs, with the files of those that were uploaded",
     .path = "/v1/components",
     .views = {{"components", "name,id,domain,state,parent,file.bytes,file.crc32,program"}}},
    {.name = "remove",
     .arguments = "COMPONENT",
     .help = "one that was uploaded is gone",
     .make = make_remove,
     .kinds = {ARGUMENT_COMPONENT}},
    {.name = "faults",
     .help = "components that failed: how often, whether they run, why not",
     .path = "/v1/faults"},
    {.name = "mem",
     .help = "what each component has of its memory, in bytes",
     .path = "/v1/graph",
     .views = {{"components", "name,memory.used,memory.budget"}}},
    {.name = "statistics",
     .arguments = "[print]",
     .help = "turns, waits and wakeups of threads; events",
     .path = "/v1/statistics",
     .make = make_statistics,
     .kinds = {ARGUMENT_WORD}},
    {.name = "trace",
     .arguments = "[MS | on | off]",
     .help = "the trace's state; or record one, for GET /v1/trace",
     .path = "/v1/trace/state",
     .make = make_trace,
     .kinds = {ARGUMENT_WORD}},
    {.name = "metrics", .help = "all counters, as Prometheus gets them", .path = "/metrics"},
    {.name = "get",
     .arguments = "PATH",
     .help = "any other path of the control interface; `get /v1` lists them",
     .make = make_get,
     .kinds = {ARGUMENT_WORD}},
    {.name = 0},
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return 0;
}

bool verb_make(const struct verb *verb, const struct words *words, struct verb_request *request,
               char sentence[VERB_SENTENCE_BYTES])
{
    *request = (struct verb_request){0};
    if (words->count == 1 && verb->path)
        return get(request, verb->path);
    if (verb->make)
        return verb->make(words, request, sentence);
    snprintf(sentence, VERB_SENTENCE_BYTES, "%s takes nothing behind it.", verb->name);
    return false;
}
