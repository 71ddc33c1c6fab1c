/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The files that components are images of: what reports take the names of functions and lines from.
 */
#ifndef KERNEL_SUPERVISOR_FILES_H
#define KERNEL_SUPERVISOR_FILES_H

#include "loader/elf.h"

/* Of one of the manifest its boot module; of one that was made at run time what its maker said, as long as
 * that is a component's file in the maker's pages; else one without symbols. Valid until the next call. */
const struct elf_file *files_of(unsigned component);

#endif
