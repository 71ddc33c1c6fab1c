/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The report of a fault: a line on the console, its parts in reports.h, a note in the recording.
 */
#ifndef KERNEL_FAULT_REPORT_H
#define KERNEL_FAULT_REPORT_H

#include "fault_scene.h"

struct words {
    char function[80], place[160], origin[80], what[300], allowed[200], caller[80], line[80], owner[120];
};

struct words words_of(const struct scene *scene);
/* Prints and keeps the report. `end`: what happens now; `fallen`: who is rebooted for it. */
void words_print(const struct scene *scene, const struct words *words, const char *end, uint64_t fallen);
/* Both, with nobody rebooted. */
void fault_report(const struct scene *scene, const char *end);

#endif
