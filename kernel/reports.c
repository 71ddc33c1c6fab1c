/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 1. Numbers begin at 1 and have no gaps; the newest SUP_FAULTS are kept.
 */
#include "reports.h"

#include <stddef.h>

#include "memory_map.h"
#include "text.h"

static struct sup_fault kept[SUP_FAULTS];
static uint64_t count;

struct sup_fault *reports_begin(void)
{
    struct sup_fault *report = &kept[count % SUP_FAULTS];

    *report = (struct sup_fault){.number = ++count,
                                 .tick = ((const struct shoji_global *)(uintptr_t)GLOBAL_BASE)->ticks};
    return report;
}

uint64_t reports_count(void)
{
    return count;
}

const struct sup_fault *reports_find(uint64_t number)
{
    if (number == 0 || number > count || number + SUP_FAULTS <= count)
        return NULL;
    return &kept[(number - 1) % SUP_FAULTS];
}

void reports_fell(struct sup_fault *report, const char *name)
{
    if (report->fell_count < SUP_FELL)
        text_copy(report->fell[report->fell_count++], SHOJI_NAME_BYTES, name);
}
