/* SPDX-License-Identifier: BSD-2-Clause */
#include "partition.h"

#include <stdio.h>
#include <string.h>

/* A set's number is the place of its first member, and so is a lone component's. */
#define UNNAMED UINT32_MAX

static uint32_t place_of(const struct layout *layout, const char *name)
{
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (strcmp(layout->components[i].name, name) == 0)
            return i;
    return UNNAMED;
}

int partition_read(yyjson_val *root, const struct layout *layout, uint32_t sets[LAYOUT_COMPONENTS],
                   char *sentence, size_t bytes)
{
    static const char example[] = "{\"domains\":[[\"tcp\",\"ip\"],[\"fd_api\"]]}";
    yyjson_val *domains = yyjson_obj_get(root, "domains"), *domain, *member;
    yyjson_arr_iter outer, inner;

    for (uint32_t i = 0; i < LAYOUT_COMPONENTS; i++)
        sets[i] = UNNAMED;
    if (!yyjson_arr_iter_init(domains, &outer)) {
        snprintf(sentence, bytes, "The body needs a member \"domains\" that is a list, as in %s.", example);
        return 400;
    }
    while ((domain = yyjson_arr_iter_next(&outer))) {
        uint32_t set = UNNAMED;
        if (!yyjson_arr_iter_init(domain, &inner) || !yyjson_arr_size(domain)) {
            snprintf(sentence, bytes, "Each domain is a list of components, as in %s.", example);
            return 400;
        }
        while ((member = yyjson_arr_iter_next(&inner))) {
            const char *name = yyjson_get_str(member);
            uint32_t place = name ? place_of(layout, name) : UNNAMED;
            if (!name) {
                snprintf(sentence, bytes, "A component is named by a string, as in %s.", example);
                return 400;
            }
            if (place == UNNAMED) {
                snprintf(sentence, bytes, "There is no component \"%.64s\"; /v1/graph lists them.", name);
                return 404;
            }
            if (sets[place] != UNNAMED) {
                snprintf(sentence, bytes, "The component \"%.64s\" is named twice.", name);
                return 400;
            }
            if (set == UNNAMED)
                set = place;
            sets[place] = set;
        }
    }
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (sets[i] == UNNAMED)
            sets[i] = i;
    return 0;
}
