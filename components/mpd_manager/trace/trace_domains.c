/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tracks of domains: which components are in each, and which thread runs there.
 *
 * 1. Slices of one track are nested: the components of a domain change only while the supervisor runs.
 */
#include "trace_parts.h"

#include <string.h>

void trace_members_set(struct trace *t, uint32_t domain, component_t id, bool in)
{
    if (domain == 0 || domain >= DOMAINS || id >= 256)
        return;
    uint64_t bit = UINT64_C(1) << id % 64;
    t->members[domain][id / 64] = in ? t->members[domain][id / 64] | bit : t->members[domain][id / 64] & ~bit;
    t->dirty[domain] = t->any_dirty = true;
}

bool trace_is_in(const struct trace *t, component_t id, uint32_t domain)
{
    return domain < DOMAINS && id < 256 && t->members[domain][id / 64] >> id % 64 & 1;
}

uint32_t trace_domain_of(const struct trace *t, component_t id)
{
    for (uint32_t domain = 1; domain < DOMAINS && id < 256; domain++)
        if (t->members[domain][id / 64] >> id % 64 & 1)
            return domain;
    return 0;
}

static bool has_members(const struct trace *t, uint32_t domain)
{
    const uint64_t *set = t->members[domain];
    return domain == 0 || set[0] || set[1] || set[2] || set[3];
}

static void track_name(struct trace *t, uint32_t domain)
{
    t->named[domain] = true;
    trace_metadata(t, "thread_name", DOMAINS_PID, DOMAIN_TID + domain, "domain ", domain);
}

/* The name of its components, as its track shows them. */
static void members_name(struct trace *t, uint32_t domain)
{
    bool any = false;
    line_add(&t->line, ",\"name\":\"");
    if (domain == 0)
        line_add(&t->line, "supervisor");
    for (component_t id = 0; id < 256; id++) {
        if (!(t->told[domain][id / 64] >> id % 64 & 1))
            continue;
        line_add(&t->line, any ? " + " : "");
        line_add(&t->line, trace_component(&t->names, id));
        any = true;
    }
    line_add(&t->line, "\"}");
}

static void members_show(struct trace *t, uint32_t domain)
{
    t->shown[domain] = true;
    memcpy(t->told[domain], t->members[domain], sizeof t->told[domain]);
    trace_event(t, "B", DOMAINS_PID, DOMAIN_TID + domain);
    line_add(&t->line, ",\"cat\":\"components\"");
    members_name(t, domain);
}

void trace_members_hide(struct trace *t, uint32_t domain)
{
    t->shown[domain] = false;
    trace_event(t, "E", DOMAINS_PID, DOMAIN_TID + domain);
    members_name(t, domain);
}

/* One event for a domain whose components are not what its track shows; false: there is none. */
bool trace_members_step(struct trace *t)
{
    for (uint32_t domain = 0; t->any_dirty && domain < DOMAINS; domain++) {
        if (!t->dirty[domain])
            continue;
        if (!t->named[domain]) {
            track_name(t, domain);
        } else if (t->shown[domain]) {
            trace_members_hide(t, domain);
        } else {
            t->dirty[domain] = false;
            if (!has_members(t, domain))
                continue;
            members_show(t, domain);
        }
        return true;
    }
    t->any_dirty = false;
    return false;
}

static void run_event(struct trace *t, const char *phase)
{
    t->run_shown = !t->run_shown;
    trace_event(t, phase, DOMAINS_PID, DOMAIN_TID + t->run_domain);
    if (t->run_shown)
        line_add(&t->line, ",\"cat\":\"thread\"");
    trace_event_name(t, t->threads[t->run_thread % TRACE_THREADS]);
    line_add(&t->line, "}");
}

/* One event for a thread that runs where none is shown, or another; false: there is none. */
bool trace_run_step(struct trace *t)
{
    if (t->run_shown && t->run_thread == t->thread && t->run_domain == t->domain)
        return false;
    if (t->run_shown) {
        run_event(t, "E");
    } else if (!t->named[t->domain]) {
        track_name(t, t->domain);
    } else {
        t->run_thread = t->thread;
        t->run_domain = t->domain;
        run_event(t, "B");
    }
    return true;
}

bool trace_domains_close_step(struct trace *t)
{
    if (t->run_shown) {
        run_event(t, "E");
        return true;
    }
    for (; t->index < DOMAINS; t->index++) {
        if (!t->shown[t->index])
            continue;
        trace_members_hide(t, t->index);
        return true;
    }
    return false;
}
