/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fuzzer's input, taken from the front; zeros once it is used up.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct input {
    const uint8_t *data;
    size_t size;
};

static inline uint64_t input_take(struct input *in, unsigned bytes)
{
    uint64_t value = 0;
    size_t n = bytes < in->size ? bytes : in->size;

    memcpy(&value, in->data, n);
    in->data += n;
    in->size -= n;
    return value;
}

static inline uint64_t input_below(struct input *in, uint64_t limit)
{
    return input_take(in, limit <= 0x100 ? 1 : limit <= 0x10000 ? 2 : 8) % limit;
}

/* What must hold; the fuzzer keeps the input if it does not. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            __builtin_trap();                                                                                \
        }                                                                                                    \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
