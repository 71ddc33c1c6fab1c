/* SPDX-License-Identifier: BSD-2-Clause */
#include "made.h"

#include <stdio.h>

#define PAGE 4096ul
#define MAY_INVOKE 3u

static component_t we;

void made_start(component_t self)
{
    we = self;
}

component_t made_self(void)
{
    return we;
}

/* ---- Symbols, and which one it was ---- */

struct asking {
    image_resolve *resolve;
    void *context;
    const char *missing; /* in the file */
};

static uint64_t ask(void *context, const char *name)
{
    struct asking *asking = context;
    uint64_t value = asking->resolve ? asking->resolve(asking->context, name) : 0;
    if (value == 0)
        asking->missing = name;
    return value;
}

/* ---- The end of one ---- */

/* What image_load took for it. */
static void pages_free(const struct image *image)
{
    for (uint64_t at = image->base; at != 0 && at < image->base + image->bytes; at += PAGE)
        (void)mmp_free(we, at, PAGE);
}

long made_free(struct made *made)
{
    if (made->pd == 0)
        return SHOJI_OK;
    long status = mmp_free_PD(made->pd, 1);
    if (status != SHOJI_OK && status != SHOJI_ENOENT)
        return status;
    pages_free(&made->image);
    *made = (struct made){0};
    return SHOJI_OK;
}

/* ---- Making one ---- */

static void say_no_domain(long status, const char *name, char *why)
{
    if (status == SHOJI_EBUSY)
        snprintf(why, LAYOUT_WHY_BYTES, "There is a component `%s` already.", name);
    else if (status == SHOJI_EINVAL)
        snprintf(why, LAYOUT_WHY_BYTES,
                 "A component's name has 1 to 31 letters, digits and `_`; its memory is whole pages.");
    else
        snprintf(why, LAYOUT_WHY_BYTES,
                 "There is no room for another component, or for its memory (status %ld).", status);
}

static void say_no_image(long status, const struct image *image, const char *missing, char *why)
{
    if (status == SHOJI_ENOENT && missing)
        snprintf(why, LAYOUT_WHY_BYTES, "The file asks for `%.40s`, which it may not have.", missing);
    else if (image->wrong)
        snprintf(why, LAYOUT_WHY_BYTES, "The file is no component. %s", image->wrong);
    else
        snprintf(why, LAYOUT_WHY_BYTES, "There is no memory for the file's segments (status %ld).", status);
}

long made_load(struct made *made, const char *name, uint64_t memory, const void *file, uint64_t bytes,
               image_resolve *resolve, void *context, char why[LAYOUT_WHY_BYTES])
{
    struct asking asking = {.resolve = resolve, .context = context};
    long pd = mmp_alloc_PD(SUP_PD_USER, memory, name);

    *made = (struct made){0};
    why[0] = 0;
    if (pd < 0) {
        say_no_domain(pd, name, why);
        return pd;
    }
    made->pd = (component_t)pd;
    long status = image_load(&made->image, file, bytes, we, made->pd, true, ask, &asking);
    if (status == SHOJI_OK)
        return SHOJI_OK;
    say_no_image(status, &made->image, asking.missing, why);
    (void)made_free(made); /* nobody has invoked it: it cannot be busy */
    return status;
}

long made_gate(const struct made *made, const char *function)
{
    uint64_t address = image_function(&made->image, function);
    return address ? mmp_set_gate(address, MAY_INVOKE, we) : SHOJI_ENOENT;
}

void made_told(const struct made *made, const void *file, uint64_t bytes)
{
    (void)mmp_file_PD(made->pd, file, file ? bytes : 0); /* without, a report has addresses alone */
}

long made_reset(struct made *made, image_resolve *resolve, void *context)
{
    struct asking asking = {.resolve = resolve, .context = context};
    long status = mmp_reset_PD(made->pd);
    return status == SHOJI_OK ? image_reset(&made->image, we, ask, &asking) : status;
}
