/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a component is linked with, besides newlib: each part is pulled from the library only where it is
 * used.
 *
 *   print_line            one line of log, no heap, any thread
 *   printf, malloc, ...   newlib's; output and heap growth are invocations of terminal_printer and
 * memory_mapper assert, abort, exit   say which component and end the invocation by an undefined instruction
 *   heap.c                malloc by the setting of the manifest: plain, slab, guard
 *   mutex.h               mutexes whose uncontended path stays in the component
 *
 * No component has static constructors; component_init (export.h) is called before anything else.
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

/* A variable that the supervisor does not reset when the component fails and begins anew: its next life finds it as the last one left
 * it, perhaps in the middle of a change, perhaps spoilt. It begins as zero at boot, and if the component fails again before it has
 * served. */
#define RUNTIME_KEPT __attribute__((section(".kept")))

/* The component's own name, as its makefile declares it. */
extern const char runtime_component_name[];

/* Prints "NAME: ", the text, and a newline; what does not fit into RUNTIME_LINE_BYTES is cut. Of printf's
 * words: %d %u %x (with l or z, and a width, filled with zeros) %p %c %s %%. At most RUNTIME_LINE_BYTES / 32
 * invocations. */
#define RUNTIME_LINE_BYTES 160
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes bytes as they are, 32 with each invocation. */
void print_bytes(const char *bytes, uint64_t length);

/* Heaps with guard words (docs/manifest.md): a word of an allocation can be read once the component has stored to it. These bytes of an
 * allocation need no store: somebody else will write them. Before they are lent for that; and cheaper, if there are many. Does nothing
 * with other settings. */
void heap_written(const void *object, size_t bytes);

/* Says that `what` failed, with component, file and line, and ends the invocation. */
void runtime_panic(const char *what, const char *file, int line) __attribute__((noreturn));

/* Ends the invocation: the supervisor sees an undefined instruction and reports it. */
void runtime_fault(void) __attribute__((noreturn));

#endif
