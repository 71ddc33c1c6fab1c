/* SPDX-License-Identifier: BSD-2-Clause
 * Has each instance try everything: a line `try NAME SETTING`, whatever is reported, and a line `NAME
 * SETTING: STATUS`. */
#include "tries.h"
#include "runtime.h"

static const struct {
    const char *name;
    long (*try)(uint64_t n);
} settings[] = {{"plain", plain_try}, {"slab", slab_try}, {"guard", guard_try}};

long component_init(component_t self)
{
    (void)self;
    for (uint64_t n = 0; plain_try_name(n, 0) != SHOJI_ENOENT; n++)
        for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) {
            union {
                long words[NAME_WORDS + 1];
                char text[8 * NAME_WORDS + 8];
            } name = {{0}};

            for (uint64_t word = 0; word < NAME_WORDS; word++)
                name.words[word] = plain_try_name(n, word);
            print_line("try %s %s", name.text, settings[i].name);
            print_line("%s %s: %d", name.text, settings[i].name, (int)settings[i].try(n));
        }
    print_line("all tried");
    (void)sup_exit(0);
    return SHOJI_EINVAL;
}
