/* SPDX-License-Identifier: BSD-2-Clause */
#include "recorder_fake.h"

#include <string.h>

struct sup_recording fake_recording;
struct sup_record fake_records[FAKE_RECORDS];
struct sup_note fake_notes[FAKE_NOTES];
struct sup_record_gate fake_gates[FAKE_GATES];
uint32_t fake_gate_count;
struct sup_edge fake_edges[FAKE_GATES];
uint32_t fake_edge_count;
char fake_said[SUP_NOTE_TEXT];
uint64_t fake_microseconds;

long sup_record_start(uint64_t microseconds)
{
    if (fake_recording.state == SUP_RECORDING)
        return SHOJI_EBUSY;
    fake_recording = (struct sup_recording){.state = SUP_RECORDING,
                                            .number = fake_recording.number + 1,
                                            .begin = 1000,
                                            .end = 2000,
                                            .per_second = 1000000};
    fake_microseconds = microseconds;
    return SHOJI_OK;
}

long sup_record_stop(void)
{
    if (fake_recording.state != SUP_RECORDING)
        return SHOJI_ESAME;
    fake_recording.state = SUP_RECORDED;
    return SHOJI_OK;
}

long sup_recording(struct sup_recording *out)
{
    *out = fake_recording;
    return SHOJI_OK;
}

long sup_records(uint64_t first, struct sup_record *out, uint32_t count)
{
    uint32_t done = 0;
    if (fake_recording.state == SUP_RECORDING)
        return SHOJI_EBUSY;
    for (; done < count && first + done < fake_recording.records; done++) {
        if (fake_recording.records - (first + done) > SUP_RECORDS)
            return SHOJI_ENOENT;
        out[done] = fake_records[first + done];
    }
    return done ? (long)done : SHOJI_ENOENT;
}

long sup_notes(uint64_t first, struct sup_note *out, uint32_t count)
{
    uint32_t done = 0;
    for (; done < count && first + done < fake_recording.notes; done++) {
        if (fake_recording.notes - (first + done) > SUP_NOTES)
            return SHOJI_ENOENT;
        out[done] = fake_notes[first + done];
    }
    return done ? (long)done : SHOJI_ENOENT;
}

long sup_record_edges(struct sup_edge *out, uint32_t count)
{
    for (uint32_t i = 0; i < fake_edge_count && i < count; i++)
        out[i] = fake_edges[i];
    return fake_edge_count;
}

long sup_record_gate(uint32_t gate, struct sup_record_gate *out)
{
    uint32_t n = (gate - FAKE_GATE(0)) / 32;
    if (n >= fake_gate_count)
        return SHOJI_ENOENT;
    *out = fake_gates[n];
    return SHOJI_OK;
}

long sup_record_thread(uint32_t index, struct sup_thread *out)
{
    static const char *const names[FAKE_THREADS] = {"upcall", "web", "cgi", "quoted \"name\""};
    if (index >= FAKE_THREADS)
        return SHOJI_ENOENT;
    *out = (struct sup_thread){.component = 1, .priority = index};
    strcpy(out->name, names[index]);
    return SHOJI_OK;
}

long sup_record_say(const char *text, uint64_t bytes)
{
    if (fake_recording.state != SUP_RECORDING)
        return SHOJI_ESAME;
    memcpy(fake_said, text, bytes);
    fake_said[bytes] = 0;
    return SHOJI_OK;
}
