/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group record: the recorder (recorder.h), for a component that renders what it keeps.
 */
#include <stddef.h>

#include "caller.h"
#include "recorder.h"
#include "supervisor/calls.h"
#include "supervisor/trace.h"
#include "system.h"
#include "text.h"
#include "thread.h"

static bool may_write(component_t badge, uint64_t address, uint64_t count, uint64_t bytes)
{
    return count <= 4096 && address % 4 == 0 &&
           caller_may_write(caller_of(badge), (struct caller_address){address}, count * bytes);
}

SUPERVISOR_CALL(sup_record_start, uint64_t microseconds, component_t)
{
    return microseconds <= RECORDER_LONGEST ? recorder_start(microseconds) : SHOJI_EINVAL;
}

SUPERVISOR_CALL(sup_record_stop, component_t)
{
    return recorder_stop();
}

SUPERVISOR_CALL(sup_recording, uint64_t address, component_t badge)
{
    if (!may_write(badge, address, 1, sizeof(struct sup_recording)))
        return SHOJI_EINVAL;
    recorder_describe((struct sup_recording *)address);
    return SHOJI_OK;
}

static bool recording_now(void)
{
    struct sup_recording now;

    recorder_describe(&now);
    return now.state == SUP_RECORDING;
}

/* Writes one of that number; false: it is not kept. */
typedef bool one_function(uint64_t number, void *out);

static bool one_record(uint64_t number, void *out)
{
    return recorder_record(number, out);
}

static bool one_note(uint64_t number, void *out)
{
    return recorder_note(number, out);
}

/* Up to `count` of them, of so many bytes each, for the caller. */
static long give(component_t badge, one_function *one, uint64_t bytes, uint64_t first, uint64_t address,
                 uint32_t count)
{
    uint32_t done = 0;

    count = count < SUP_RECORDS_ONCE ? count : SUP_RECORDS_ONCE;
    if (!may_write(badge, address, count, bytes))
        return SHOJI_EINVAL;
    if (recording_now())
        return SHOJI_EBUSY;
    while (done < count && one(first + done, (void *)(address + done * bytes)))
        done++;
    return done != 0 ? (long)done : SHOJI_ENOENT;
}

SUPERVISOR_CALL(sup_records, uint64_t first, uint64_t address, uint32_t count, component_t badge)
{
    return give(badge, one_record, sizeof(struct sup_record), first, address, count);
}

SUPERVISOR_CALL(sup_notes, uint64_t first, uint64_t address, uint32_t count, component_t badge)
{
    return give(badge, one_note, sizeof(struct sup_note), first, address, count);
}

SUPERVISOR_CALL(sup_record_edges, uint64_t address, uint32_t count, component_t badge)
{
    if (!may_write(badge, address, count, sizeof(struct sup_edge)))
        return SHOJI_EINVAL;
    return recorder_edges((struct sup_edge *)address, count);
}

SUPERVISOR_CALL(sup_record_gate, uint32_t address, uint64_t result, component_t badge)
{
    struct sup_record_gate *out = (struct sup_record_gate *)result;
    const struct component *client;
    struct gate gate;
    uint32_t into;
    component_t id = trace_component_at(address);
    const char *name;

    if (!may_write(badge, result, 1, sizeof *out))
        return SHOJI_EINVAL;
    if (id == 0 || recorder_is_gone(system_component(id)))
        return SHOJI_ENOENT;
    client = &system_state.components[system_component(id)];
    if (address < client->gates || address >= client->gates + client->gate_count * GATE_BYTES ||
        address % GATE_BYTES != 0)
        return SHOJI_ENOENT;
    gate = gate_read(address);
    name = trace_function_at(gate.target, &into);
    *out = (struct sup_record_gate){.client = id, .server = pd_home_of(gate.server)};
    text_copy(out->function, sizeof out->function, into == 0 ? name : "");
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_record_thread, uint32_t index, uint64_t address, component_t badge)
{
    struct sup_thread *out = (struct sup_thread *)address;
    const struct thread *thread = thread_at(index);

    if (!may_write(badge, address, 1, sizeof *out))
        return SHOJI_EINVAL;
    if (thread == NULL)
        return SHOJI_ENOENT;
    *out = (struct sup_thread){.component = system_state.manifest.components[thread->component].id,
                               .priority = thread->priority};
    text_copy(out->name, sizeof out->name, thread->name);
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_record_say, uint64_t address, uint64_t bytes, component_t badge)
{
    if (bytes > SUP_NOTE_TEXT || !caller_may_read(caller_of(badge), (struct caller_address){address}, bytes))
        return SHOJI_EINVAL;
    if (!recording_now())
        return SHOJI_ESAME;
    recorder_say(system_component(badge), (const char *)address, bytes);
    return SHOJI_OK;
}
