/* SPDX-License-Identifier: BSD-2-Clause */
#include "tick.h"

#include <stdlib.h>
#include <string.h>

#include "governor.h"
#include "viewers.h"

#define PUT(text, literal) text_put(text, literal, sizeof literal - 1)

static void edge_put(struct text *text, uint32_t index, uint64_t invocations, uint64_t gated)
{
    if (text->used)
        PUT(text, ",");
    PUT(text, "[");
    text_number(text, index);
    PUT(text, ",");
    text_number(text, invocations);
    PUT(text, ",");
    text_number(text, gated);
    PUT(text, "]");
}

/* The same edge now; usually it is where it was. NULL: it is no more. */
static const struct sup_edge *edge_now(const struct layout *now, uint32_t index, const struct tick_edge *edge)
{
    const struct sup_edge *found = index < now->edges_count ? &now->edges[index] : 0;
    if (found && found->client == edge->client && found->server == edge->server)
        return found;
    for (uint32_t i = 0; i < now->edges_count; i++)
        if (now->edges[i].client == edge->client && now->edges[i].server == edge->server)
            return &now->edges[i];
    return 0;
}

/* A count that is less than it was began anew. */
static uint64_t since(uint64_t before, uint64_t now)
{
    return now < before ? now : now - before;
}

void tick_count(struct tick_counts *counts, const struct layout *now, struct watch_window *window,
                struct text *edges)
{
    for (uint32_t i = 0; i < counts->edges_count; i++) {
        const struct tick_edge *edge = &counts->edges[i];
        const struct sup_edge *found = edge_now(now, i, edge);
        uint64_t invocations = found ? since(edge->invocations, found->invocations) : 0;
        uint64_t gated = found ? since(edge->gated, found->gated) : 0;
        if (invocations == 0)
            continue;
        if (edge->server) {
            window->invocations += invocations;
            window->crossings += gated;
        }
        if (edges)
            edge_put(edges, i, invocations, gated);
    }
    counts->edges_count = now->edges_count;
    for (uint32_t i = 0; i < now->edges_count; i++)
        counts->edges[i] = (struct tick_edge){now->edges[i].client, now->edges[i].server,
                                              now->edges[i].invocations, now->edges[i].gated};
}

/* ,"name":value */
static void member(struct text *text, const char *name, uint64_t value)
{
    PUT(text, ",\"");
    text_put(text, name, strlen(name));
    PUT(text, "\":");
    text_number(text, value);
}

/* hundredths / 100, with both digits. */
static void hundredths_put(struct text *text, uint64_t hundredths)
{
    text_number(text, hundredths / 100);
    PUT(text, ".");
    text_number(text, hundredths / 10 % 10);
    text_number(text, hundredths % 10);
}

void tick_tell(const struct watch_window *window, const struct layout *layout, uint64_t requests,
               struct event_seen seen, struct text *edges)
{
    const struct policy_settings *settings = &governor_state()->settings;
    const char *mode = policy_mode_name(settings->mode);
    struct text text = {0};
    size_t edges_bytes, bytes;
    char *list = text_take(edges, &edges_bytes);
    PUT(&text, "{\"uptime_ms\":");
    text_number(&text, window->uptime_ms);
    member(&text, "window_ms", window->window_ms);
    PUT(&text, ",\"requests\":{\"total\":");
    text_number(&text, requests);
    member(&text, "window", window->requests);
    PUT(&text, "}");
    member(&text, "domains", window->domains);
    member(&text, "invocations", window->invocations);
    member(&text, "crossings", window->crossings);
    PUT(&text, ",\"crossings_per_request\":");
    if (window->requests)
        hundredths_put(&text, window->crossings * 100 / window->requests);
    else
        PUT(&text, "null");
    member(&text, "share_ppm", window->share);
    member(&text, "busy_ppm", window->busy);
    PUT(&text, ",\"mode\":\"");
    text_put(&text, mode, strlen(mode));
    PUT(&text, "\",\"budget_percent\":");
    hundredths_put(&text, (uint64_t)settings->budget * 10);
    member(&text, "merges", layout->counters.merges);
    member(&text, "splits", layout->counters.splits);
    member(&text, "viewers", viewers_count());
    PUT(&text, ",\"edges\":[");
    text_put(&text, list ? list : "", list ? edges_bytes : 0);
    PUT(&text, "]}");
    char *data = text_take(&text, &bytes);
    if (data)
        events_add(EVENT_TICK, 0, seen, data, bytes);
    free(data);
    free(list);
}

char *tick_history(const struct watch_window *const windows[], uint32_t count, size_t *bytes)
{
    struct text text = {0};
    PUT(&text, "{\"window_ms\":");
    text_number(&text, WATCH_WINDOW_MS);
    PUT(&text,
        ",\"columns\":[\"uptime_ms\",\"window_ms\",\"requests\",\"domains\",\"crossings\",\"share_ppm\","
        "\"busy_ppm\"],\"windows\":[");
    for (uint32_t i = 0; i < count; i++) {
        const struct watch_window *window = windows[i];
        const uint64_t columns[] = {window->uptime_ms, window->window_ms, window->requests, window->domains,
                                    window->crossings, window->share,     window->busy};
        if (i)
            PUT(&text, ",\n");
        for (unsigned column = 0; column < sizeof columns / sizeof *columns; column++) {
            text_put(&text, column ? "," : "[", 1);
            text_number(&text, columns[column]);
        }
        PUT(&text, "]");
    }
    PUT(&text, "]}\n");
    return text_take(&text, bytes);
}
