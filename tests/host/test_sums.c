/* SPDX-License-Identifier: BSD-2-Clause
 *
 * TCP checksums against a sum by bytes: each wrong bit of a segment is noticed, frames that hold none are left alone, and what is made
 * is good.
 */
// links: webserver/tcp/sums.c webserver/tcp/fast.c tests/host/seeded.c
// includes: tests/host webserver/tcp webserver/tcp/port components/interface components/runtime
// includes: build/src/lwip/src/include kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seeded.h"
#include "sums.h"

#define ETHERNET 14
#define IP 20

/* RFC 1071, two bytes at a time, over the pseudo header and the segment. */
static uint16_t naive(const uint8_t *frame, uint32_t head, uint32_t segment, int with_segment)
{
    uint32_t sum = 6 + segment;

    for (uint32_t i = 12; i < 20; i += 2)
        sum += (uint32_t)frame[ETHERNET + i] << 8 | frame[ETHERNET + i + 1];
    for (uint32_t i = 0; with_segment && i < segment; i += 2)
        sum += (uint32_t)frame[ETHERNET + head + i] << 8 | (i + 1 < segment ? frame[ETHERNET + head + i + 1] : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* A frame of its own size, so that the sanitizer sees who reads beyond it; `padding` behind the packet. */
static uint8_t *frame_new(uint32_t head, uint32_t segment, uint32_t padding)
{
    uint8_t *frame = malloc(ETHERNET + head + segment + padding);

    for (uint32_t i = 0; i < ETHERNET + head + segment + padding; i++)
        frame[i] = (uint8_t)random_below(256);
    frame[12] = 8, frame[13] = 0;
    frame[ETHERNET] = (uint8_t)(0x40 | head / 4);
    frame[ETHERNET + 2] = (uint8_t)((head + segment) >> 8), frame[ETHERNET + 3] = (uint8_t)(head + segment);
    frame[ETHERNET + 9] = 6;
    return frame;
}

static void sum_put(uint8_t *frame, uint32_t head, uint16_t sum)
{
    frame[ETHERNET + head + 16] = (uint8_t)(sum >> 8), frame[ETHERNET + head + 17] = (uint8_t)sum;
}

static uint16_t sum_of(const uint8_t *frame, uint32_t head)
{
    return (uint16_t)(frame[ETHERNET + head + 16] << 8 | frame[ETHERNET + head + 17]);
}

static void each_wrong_bit_is_seen(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 300; round++) {
        uint32_t head = IP + 4 * (random_one_in(4) ? random_below(11) : 0), padding = random_below(8);
        uint32_t segment = 20 + random_below(random_one_in(4) ? 1440 : 40);
        uint8_t *frame = frame_new(head, segment, padding);
        uint32_t bytes = ETHERNET + head + segment + padding;

        sum_put(frame, head, 0);
        sum_put(frame, head, (uint16_t)~naive(frame, head, segment, 1));
        assert_true(sums_good((char *)frame, bytes));
        for (uint32_t bit = 0; bit < 8 * segment; bit += 1 + random_below(9)) {
            frame[ETHERNET + head + bit / 8] ^= 1 << bit % 8;
            assert_false(sums_good((char *)frame, bytes));
            frame[ETHERNET + head + bit / 8] ^= 1 << bit % 8;
        }
        for (uint32_t at = 12; at < 20; at++) { /* its addresses are part of it */
            frame[ETHERNET + at] ^= 0x10;
            assert_false(sums_good((char *)frame, bytes));
            frame[ETHERNET + at] ^= 0x10;
        }
        free(frame);
    }
}

static void what_is_made_is_good(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 5000; round++) {
        uint32_t segment = 20 + random_below(1441);
        uint8_t *frame = frame_new(IP, segment, 0);
        uint32_t bytes = ETHERNET + IP + segment;

        assert_true(sums_make((char *)frame, bytes, false));
        assert_int_equal(naive(frame, IP, segment, 1), 0xffff);
        assert_true(sums_good((char *)frame, bytes));
        assert_true(sums_make((char *)frame, bytes, true)); /* the device sums the rest, this included, and inverts it */
        assert_int_equal(sum_of(frame, IP), naive(frame, IP, segment, 0));
        free(frame);
    }
}

/* Neither touched nor refused: lwIP drops them, or they are no TCP. */
static void other_frames(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 100000; round++) {
        uint32_t bytes = ETHERNET + random_below(80);
        uint8_t *frame = malloc(bytes), *before = malloc(bytes);

        for (uint32_t i = 0; i < bytes; i++)
            frame[i] = (uint8_t)random_below(256);
        if (bytes >= ETHERNET + IP) {
            frame[12] = 8, frame[13] = 0, frame[ETHERNET] = (uint8_t)(0x40 | random_below(16));
            frame[ETHERNET + 2] = 0, frame[ETHERNET + 9] = random_one_in(2) ? 6 : 17;
        }
        memcpy(before, frame, bytes);
        uint32_t head = bytes >= ETHERNET + IP ? frame[ETHERNET] % 16 * 4 : 0;
        uint32_t all = bytes >= ETHERNET + IP ? frame[ETHERNET + 3] : 0;
        if (bytes < ETHERNET + IP + 20 || frame[ETHERNET + 9] != 6 || head < IP || all < head + 20 || all > bytes - ETHERNET) {
            assert_true(sums_good((char *)frame, bytes));
            assert_false(sums_make((char *)frame, bytes, false));
            assert_memory_equal(frame, before, bytes);
        }
        free(frame);
        free(before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_bit_is_seen),
        cmocka_unit_test(what_is_made_is_good),
        cmocka_unit_test(other_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
