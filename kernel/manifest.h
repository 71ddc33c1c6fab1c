/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system manifest as data. Words and limits: docs/manifest.md. Components are named by their index in
 * `components`.
 */
#ifndef KERNEL_MANIFEST_H
#define KERNEL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_NAME_BYTES 32 /* with the NUL */
#define MANIFEST_WORD_BYTES 64
#define MANIFEST_PREFIX_BYTES 16
#define MANIFEST_SLOTS 60 /* components and pools */
#define MANIFEST_EDGES 512
#define MANIFEST_THREADS 61 /* and the kernel's own two */
#define MANIFEST_DEVICES 4
#define MANIFEST_POLICY_LINES 128
#define MANIFEST_POLICY_BYTES 256 /* of a line, with the NUL */
#define MANIFEST_MEMORY_MAX 0x3f0000u
#define MANIFEST_TIME_DEFAULT 1000u
#define MANIFEST_TIME_LEAST 20u
#define MANIFEST_TIME_MAX 10000u
#define MANIFEST_POOL_STEP 0x80000u
#define MANIFEST_POOL_MAX 0x400000u

/* How its allocations are protected: shoji/supervisor.h, group heap. But for plain, an edge to that group
 * comes with it. */
#define MANIFEST_HEAP_PLAIN 0u
#define MANIFEST_HEAP_SLAB 1u
#define MANIFEST_HEAP_GUARD 2u

struct manifest_component {
    char name[MANIFEST_NAME_BYTES], image[MANIFEST_WORD_BYTES];
    uint32_t id;      /* 1 to 255 */
    uint32_t memory;  /* budget of its heap */
    uint32_t time_ms; /* processor time that an invocation may take */
    uint8_t heap;     /* MANIFEST_HEAP_* */
};
#define MANIFEST_SUPERVISOR 0xff /* in place of a server's index */
struct manifest_edge {
    uint8_t client, server;
    uint8_t group;                      /* server MANIFEST_SUPERVISOR: a group's place in manifest_groups */
    bool transitive;                    /* the client may pass the right on to what it has made */
    char prefix[MANIFEST_PREFIX_BYTES]; /* what the client puts before the names of the server's functions */
};
struct manifest_pool {
    char name[MANIFEST_NAME_BYTES];
    uint32_t bytes;
    uint64_t writers, readers; /* a bit for each component */
    uint64_t knowers;          /* know where it is, and have no right to it */
};
#define MANIFEST_NO_POOL 0xff
struct manifest_device {
    uint8_t component;
    char kind[MANIFEST_NAME_BYTES];
    bool checked;    /* its memory accesses are; else it may access everything */
    uint8_t pool;    /* index of the pool that it may access parts of, or MANIFEST_NO_POOL */
    uint32_t writes; /* bytes at the pool's beginning that it may be let write and read */
    uint32_t reads;  /* bytes behind them that it may be let read */
};
struct manifest_thread {
    char name[MANIFEST_NAME_BYTES], entry[MANIFEST_WORD_BYTES];
    uint8_t component;
    uint32_t priority;
};

/* A line for the policy: label, rule or weight. The kernel keeps it as it is, where the manifest's text is.
 */
struct manifest_policy_line {
    const char *text; /* from the first word to the last, not ended by a NUL */
    uint32_t bytes;
};

struct manifest {
    char system[MANIFEST_NAME_BYTES];
    struct manifest_component components[MANIFEST_SLOTS];
    struct manifest_edge edges[MANIFEST_EDGES];
    struct manifest_pool pools[MANIFEST_SLOTS];
    struct manifest_device devices[MANIFEST_DEVICES];
    struct manifest_thread threads[MANIFEST_THREADS];
    struct manifest_policy_line policy_lines[MANIFEST_POLICY_LINES];
    unsigned component_count, edge_count, pool_count, device_count, thread_count, policy_line_count;
};

struct manifest_error {
    unsigned line;  /* from 1 */
    char text[160]; /* what is wrong there, and what is expected */
};

/* The groups of supervisor calls; ends with NULL. */
extern const char *const manifest_groups[];

/* Reads `bytes` of text. False: *error says where and why, *out is of no use. */
bool manifest_parse(const char *text, size_t bytes, struct manifest *out, struct manifest_error *error);

#endif
