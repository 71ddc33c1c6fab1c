/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For the model of a machine around the MMP unit: what is written to RAM beside the processor.
 */
#ifndef EXEC_MMP_MEMORY_H
#define EXEC_MMP_MEMORY_H

#include "exec/hwaddr.h"

/* If not NULL: called after devices, and nobody else but the monitor and gdb, have written to the region. */
extern void (*mmp_memory_written)(MemoryRegion *mr, hwaddr addr, hwaddr bytes);

#endif
