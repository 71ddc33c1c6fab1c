/* SPDX-License-Identifier: BSD-2-Clause
 * Compiled once for each component: the name under which it prints. */
#include "runtime.h"

const char runtime_component_name[] = COMPONENT_NAME;
