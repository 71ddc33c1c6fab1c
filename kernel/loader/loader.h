/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From manifest and files to components in their slots, linked by gates, each alone in a domain.
 */
#ifndef KERNEL_LOADER_LOADER_H
#define KERNEL_LOADER_LOADER_H

#include "system.h"

struct boot_file {
    const char *name; /* last part of the first word of the module's command line */
    int name_length;
    const uint8_t *bytes;
    uint64_t size;
};

struct loader_error {
    char text[200];
};

/* A supervisor call that gates can be made to. */
struct loader_call {
    const char *name, *group; /* name NULL: the list's end */
    void (*entry)(void);
};

/* system_state.manifest has been read. False: *error says which component and why. Then the system cannot
 * run. */
bool loader_run(const struct boot_file *files, unsigned count, const struct loader_call *calls,
                struct loader_error *error);

/* The component's data is as it was after loader_run, but with `keep` what it keeps for its next life
 * (RUNTIME_KEPT). Its gates, and what they have counted, stay. */
void loader_reload(unsigned component, const struct loader_call *calls, bool keep);

/* Is this a function of the component's that only the kernel calls? */
bool loader_keeps(unsigned component, uint32_t function);

/* Address of a function that a component defines and offers; 0 if it does not. */
uint32_t loader_function(unsigned component, const char *name);

#endif
