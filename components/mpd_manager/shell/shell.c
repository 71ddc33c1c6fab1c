/* SPDX-License-Identifier: BSD-2-Clause */
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "completion.h"
#include "control.h"
#include "control_policy.h"
#include "http_parser/reply.h"
#include "line_editor.h"
#include "policy/mode.h"
#include "shell_output.h"
#include "verbs.h"
#include "walls.h"

#define PROMPT "shoji> "
#define COLUMNS 72u /* of the line that are shown: a terminal of 80 */
#define LISTED_BYTES 160u

static struct line_editor editor;
static bool in_use;

/* ---- A request, and its answer ---- */

static void answer_show(const struct verb *verb, const struct control_answer *answer)
{
    struct text text = {0};
    yyjson_doc *document =
        answer->type == answer_json ? yyjson_read(answer->body, answer->bytes, YYJSON_READ_NOFLAG) : 0;
    if (!document) {
        output_text(answer->body, answer->bytes);
        return;
    }
    for (const struct plain_view *view = verb->views; view < verb->views + VERB_VIEWS && view->member;
         view++) {
        if (text.used > 1 && text.bytes[text.used - 2] != '\n')
            text_add(&text, "\n");
        plain_table(&text, yyjson_doc_get_root(document), view);
    }
    if (!verb->views[0].member)
        plain_answer(&text, yyjson_doc_get_root(document));
    yyjson_doc_free(document);
    if (text.short_of_memory)
        output_line("error: Memory is short.");
    else
        output_text(text.bytes, text.used);
    free(text.bytes);
}

/* As it would come over the network: what is no request is refused in the same way. */
static void request_take(struct request *request, const struct verb_request *wanted)
{
    char head[VERB_LINE_BYTES + 128];
    int length = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nContent-Length: %lu\r\n\r\n", wanted->method,
                          wanted->path, (unsigned long)wanted->body_bytes);
    for (uint64_t taken = 0; taken < (uint64_t)length && !request->complete && !request->status;)
        taken += request_feed(request, head + taken, (uint64_t)length - taken);
    for (uint64_t taken = 0; taken < wanted->body_bytes && !request->complete && !request->status;)
        taken += request_feed(request, wanted->body + taken, wanted->body_bytes - taken);
}

static void ask(const struct verb *verb, const struct verb_request *wanted)
{
    static struct request request;
    static struct request_wish wish;
    static char body[CONTROL_BODY_BYTES];
    char room[REQUEST_SENTENCE_BYTES];
    const char *sentence;
    struct control_answer answer = {0};
    wish = (struct request_wish){.body = body, .body_room = sizeof body};
    request_init(&request, &wish);
    request_take(&request, wanted);
    if (request.complete)
        control_answer_local(&request, &answer);
    else
        answer.status = request.status ? request.status : 400;
    if (answer.body) {
        answer_show(verb, &answer);
        free(answer.body);
        return;
    }
    sentence = answer.sentence[0] ? answer.sentence : request_sentence(&request, room);
    output_line("error: %s", sentence ? sentence : reply_sentence(answer.status));
}

/* ---- Commands ---- */

static void help(const struct words *words)
{
    const struct verb *verb = words->count == 2 ? verb_find(words->word[1]) : 0;
    if (words->count > 1 && !verb) {
        output_line("error: There is no verb \"%.64s\"; `help` lists them.",
                    words->count == 2 ? words->word[1] : words->whole);
        return;
    }
    for (const struct verb *each = verb ? verb : verbs; each->name; each++) {
        const char *arguments = each->arguments ? each->arguments : "";
        if (!output_line("%-11s%-40s%s", each->name, arguments, each->help) || verb)
            return;
    }
}

static void run(const char *line)
{
    static struct words words;
    struct verb_request request;
    char sentence[VERB_SENTENCE_BYTES];
    const struct verb *verb;
    words_split(&words, line);
    if (words.count == 0)
        return;
    verb = verb_find(words.word[0]);
    if (!verb)
        output_line("error: There is no verb \"%.64s\"; `help` lists them.", words.word[0]);
    else if (verb == verbs)
        help(&words);
    else if (verb_make(verb, &words, &request, sentence)) {
        ask(verb, &request);
        free(request.body);
    } else
        output_line("error: %s", sentence);
}

/* ---- Completion ---- */

typedef void offer(void *context, const char *name);

static void offer_rules(offer *take, void *context)
{
    layout_lock();
    const struct rules *rules = walls_rules();
    for (uint32_t i = 0; i < rules->count; i++)
        take(context, rules->list[i].name);
    layout_unlock();
}

static void offer_components(offer *take, void *context)
{
    layout_lock();
    const struct layout *layout = layout_read();
    for (uint32_t i = 0; layout && i < layout->components_count; i++)
        take(context, layout->components[i].name);
    layout_unlock();
}

static void offer_all(enum verb_argument kind, offer *take, void *context)
{
    switch (kind) {
    case ARGUMENT_VERB:
        for (const struct verb *verb = verbs; verb->name; verb++)
            take(context, verb->name);
        break;
    case ARGUMENT_MODE:
        for (unsigned i = 0; i < POLICY_MODES; i++)
            take(context, policy_mode_name((enum policy_mode)i));
        for (unsigned i = 0; policy_setting(i); i++)
            take(context, policy_setting(i));
        break;
    case ARGUMENT_RULE:
        offer_rules(take, context);
        break;
    case ARGUMENT_COMPONENT:
        offer_components(take, context);
        break;
    default:
        break;
    }
}

static enum verb_argument kind_of(uint32_t word)
{
    static struct words words;
    const struct verb *verb;
    if (word == 0)
        return ARGUMENT_VERB;
    words_split(&words, editor.text);
    verb = words.count ? verb_find(words.word[0]) : 0;
    return verb ? verb->kinds[word > 3 ? 2 : word - 1] : ARGUMENT_NONE;
}

static void offer_to_completion(void *context, const char *name)
{
    completion_offer(context, name);
}

struct listed {
    struct completion fits; /* each name alone */
    char line[LISTED_BYTES];
    uint32_t used;
};

static void offer_to_list(void *context, const char *name)
{
    struct listed *listed = context;
    listed->fits.matches = 0;
    if (completion_offer(&listed->fits, name) && listed->used < sizeof listed->line)
        listed->used += (uint32_t)snprintf(listed->line + listed->used, sizeof listed->line - listed->used,
                                           "%s%s", listed->used ? "  " : "", name);
}

static enum line_event complete(void)
{
    struct completion completion;
    char insert[COMPLETION_BYTES + 1];
    enum verb_argument kind = kind_of(completion_begin(&completion, editor.text, editor.cursor));
    offer_all(kind, offer_to_completion, &completion);
    completion_insert(&completion, insert);
    if (*insert) {
        line_editor_insert(&editor, insert);
        return LINE_CHANGED;
    }
    if (completion.matches > 1) {
        struct listed listed = {.fits = completion};
        offer_all(kind, offer_to_list, &listed);
        output_begin();
        output_line("%s%s", listed.line, listed.used >= sizeof listed.line ? " ..." : "");
        return LINE_CHANGED;
    }
    return LINE_REFUSED;
}

/* ---- Turns ---- */

static void show(void)
{
    char text[256];
    output_foot(text, line_editor_show(&editor, PROMPT, COLUMNS, text, sizeof text));
}

static void lost_say(void)
{
    uint64_t lost = output_keys_lost();
    if (lost)
        output_line("error: %lu bytes that were typed were lost: they came faster than they were taken.",
                    (unsigned long)lost);
}

/* The line as it was typed stays above what it brings. */
static void entered(void)
{
    char line[LINE_MOST + 1];
    line_editor_take(&editor, line);
    output_foot("", 0);
    output_begin();
    if (output_line(PROMPT "%s", line))
        run(line);
    output_begin();
    lost_say();
}

static void cancelled(void)
{
    output_begin();
    output_line(PROMPT "^C");
}

static void begin(void)
{
    in_use = true;
    output_begin();
    output_line("Shoji's shell: `help` lists its verbs, Tab completes; Ctrl-C or q stops a listing.");
}

void shell_start(void)
{
    in_use = output_was_used();
}

void shell_turn(void)
{
    bool more = true, bell = false;
    if (in_use)
        show();
    while (more) {
        int key = output_key(&more);
        if (key < 0)
            return;
        if (!in_use)
            begin();
        enum line_event event = line_editor_key(&editor, (uint8_t)key);
        bool costs = event == LINE_TAB || event == LINE_ENTERED;
        if (event == LINE_TAB)
            event = complete();
        bell |= event == LINE_REFUSED;
        if (event == LINE_CANCELLED)
            cancelled();
        if (event == LINE_CLEAR)
            output_foot("", 0);
        if (event == LINE_ENTERED)
            entered();
        if (costs) {
            output_pause(); /* a command a tick: nobody can keep the system busy with typing */
            more = false;
        }
    }
    show();
    if (bell)
        output_bell();
}
