/* SPDX-License-Identifier: BSD-2-Clause
 * One of the three that get rights. */
#include "share.h"

OFFERED(second)
