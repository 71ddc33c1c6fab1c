/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SipHash-1-3 (Aumasson, Bernstein 2012) of the addresses, plus a clock of 250 kHz. Owns the key.
 */
#include "sequence.h"

#include "shoji/supervisor.h"

static uint64_t key[2];

struct state {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t word, int by)
{
    return word << by | word >> (64 - by);
}

static void round_once(struct state *s)
{
    s->a += s->b, s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a, s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b, s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c, s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static uint64_t hash(uint64_t first, uint64_t second)
{
    const uint64_t words[3] = {first, second, 16ull << 56};
    struct state s = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                      key[1] ^ 0x7465646279746573};

    for (int i = 0; i < 3; i++) {
        s.d ^= words[i];
        round_once(&s);
        s.a ^= words[i];
    }
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        round_once(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

void sequence_init(uint64_t salt)
{
    key[0] = __builtin_ia32_rdtsc();
    key[1] = salt;
    for (int i = 0; i < 8; i++) {
        uint64_t fresh = hash(key[0] + (uint64_t)i, __builtin_ia32_rdtsc());

        key[i % 2] ^= fresh;
    }
}

uint32_t sequence_initial(uint32_t local, uint16_t local_port, uint32_t remote, uint16_t remote_port)
{
    uint64_t clock = shoji_global.ticks * shoji_global.tick_us / 4;

    return (uint32_t)(clock + hash((uint64_t)local << 32 | remote, (uint64_t)local_port << 16 | remote_port));
}
