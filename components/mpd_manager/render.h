/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The layout as JSON, CSV and Graphviz. Text is allocated with malloc and the caller's to free; NULL if
 * memory is short.
 */
#ifndef MPD_MANAGER_RENDER_H
#define MPD_MANAGER_RENDER_H

#include <stddef.h>

#include "layout.h"

char *render_graph(const struct layout *layout,
                   size_t *bytes); /* JSON: components, domains, edges, counters, mode */
char *render_edges(const struct layout *layout, size_t *bytes);     /* JSON */
char *render_edges_csv(const struct layout *layout, size_t *bytes); /* client,server,invocations,gated */
char *render_dot(const struct layout *layout, size_t *bytes);
char *render_policy(const struct layout *layout, size_t *bytes); /* JSON */
/* JSON, as partition.h reads it. */
char *render_partition(const struct layout *layout, size_t *bytes);

/* What a change answers: {"done":sentence,"mode":...,"domains":...,"steps":...}. */
char *render_change(const struct layout *layout, const char *sentence, long steps, size_t *bytes);

#endif
