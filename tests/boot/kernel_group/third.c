/* SPDX-License-Identifier: BSD-2-Clause
 * One of the three that get rights, memory, and into groups. */
#include "group.h"

OFFERED(third)
