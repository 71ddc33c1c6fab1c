/* SPDX-License-Identifier: BSD-2-Clause */
#include "completion.h"

#include <stdio.h>
#include <string.h>

uint32_t completion_begin(struct completion *completion, const char *line, uint32_t cursor)
{
    uint32_t words = 0, begin = cursor;
    while (begin > 0 && line[begin - 1] != ' ')
        begin--;
    for (uint32_t i = 0; i < begin; i++)
        words += line[i] != ' ' && line[i + 1] == ' ';
    for (uint32_t i = begin; i < cursor; i++)
        if (line[i] == ',')
            begin = i + 1;
    *completion = (struct completion){0};
    snprintf(completion->prefix, sizeof completion->prefix, "%.*s", (int)(cursor - begin), line + begin);
    return words;
}

int completion_offer(struct completion *completion, const char *name)
{
    size_t same = 0;
    if (strncmp(name, completion->prefix, strlen(completion->prefix)) != 0)
        return 0;
    if (completion->matches++ == 0) {
        snprintf(completion->common, sizeof completion->common, "%s", name);
        return 1;
    }
    while (completion->common[same] && completion->common[same] == name[same])
        same++;
    completion->common[same] = 0;
    return 1;
}

void completion_insert(const struct completion *completion, char out[COMPLETION_BYTES + 1])
{
    size_t have = strlen(completion->prefix);
    *out = 0;
    if (completion->matches > 0 && strlen(completion->common) >= have)
        snprintf(out, COMPLETION_BYTES + 1, "%s%s", completion->common + have,
                 completion->matches == 1 ? " " : "");
}
