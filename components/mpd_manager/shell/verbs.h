/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shell's verbs: each is a request to the control interface, and a way to show its answer. What it means,
 * what is refused, and with which sentence, the handlers of that path say: nothing of it is here.
 */
#ifndef MPD_MANAGER_VERBS_H
#define MPD_MANAGER_VERBS_H

#include "plain.h"
#include "text.h"

#define VERB_WORDS 16u
#define VERB_LINE_BYTES 256u
#define VERB_SENTENCE_BYTES 160u

/* A line in words, separated by blanks. */
struct words {
    uint32_t count; /* more than VERB_WORDS: the rest is in none */
    const char *word[VERB_WORDS];
    const char *whole; /* the line without blanks around it */
    char split[VERB_LINE_BYTES], line[VERB_LINE_BYTES];
};
void words_split(struct words *words, const char *line);

/* What an argument may be, for those who complete it. */
enum verb_argument {
    ARGUMENT_NONE,
    ARGUMENT_COMPONENT,
    ARGUMENT_VERB,
    ARGUMENT_MODE,
    ARGUMENT_RULE,
    ARGUMENT_WORD
};

/* The request that a line asks for. */
struct verb_request {
    const char *method;
    char path[VERB_LINE_BYTES];
    char *body; /* malloc'd, or NULL */
    size_t body_bytes;
};

#define VERB_VIEWS 4u
struct verb {
    const char *name, *arguments, *help;
    /* Makes the request; false: a sentence says why not. NULL: the shell itself does it. */
    bool (*make)(const struct words *words, struct verb_request *request, char sentence[VERB_SENTENCE_BYTES]);
    const char *path;                    /* if nothing follows the verb, GET shows this one */
    enum verb_argument kinds[3];         /* of first, second, and all further words */
    struct plain_view views[VERB_VIEWS]; /* none: all of the answer */
};

/* In the order in which `help` lists them; ends with one without a name. */
extern const struct verb verbs[];
/* The verb that the first word names, or NULL. */
const struct verb *verb_find(const char *name);
/* Makes the request of a line whose first word is that verb. */
bool verb_make(const struct verb *verb, const struct words *words, struct verb_request *request,
               char sentence[VERB_SENTENCE_BYTES]);

#endif
