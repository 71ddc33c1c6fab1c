/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An own policy beside the default one, on one or several traces: what each came to, and how far the own one
 * is from the default.
 */
#ifndef REPLAYER_COMPARE_H
#define REPLAYER_COMPARE_H

#include "print.h"

struct compare {
    const char *name; /* of the own policy */
    struct policy_settings settings;
    bool cost_given; /* else each trace's own, or that of COMPARE_COST where a trace has none to speak of */
    bool decisions;
    enum print_format format;
};

/* Cycles of an invocation between domains on Composite (policy/costs.txt), and the least of a trace that is
 * taken for its own. */
#define COMPARE_COST 1680u
#define COMPARE_COST_LEAST 100u

/* own_load has been called. Prints all of it. */
void compare_run(const struct compare *compare, char **traces, int count);

#endif
