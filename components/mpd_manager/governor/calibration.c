/* SPDX-License-Identifier: BSD-2-Clause */
#include "calibration.h"

#include "shoji/supervisor.h"

#define ROUNDS 64u

/* What the supervisor's null call executes, without the gate and the gate's return: see SUPERVISOR_CALL. */
static __attribute__((noinline)) long null_here(void)
{
    long status;
    __asm__ volatile("movl %%eax, %%r9d\n\tjmp 1f\n1:\txorl %%eax, %%eax" : "=a"(status) : : "r9");
    return status;
}

static uint64_t cycles(void)
{
    struct sup_counters counters;
    return sup_counters(&counters) < 0 ? 0 : counters.cycles;
}

static uint64_t cycles_of(long (*call)(void))
{
    uint64_t before = cycles();
    for (unsigned i = 0; i < ROUNDS; i++)
        call();
    return cycles() - before;
}

uint64_t calibration_cost(void)
{
    uint64_t across, within;
    cycles_of(sup_null); /* what is cached after the first time is no cost of a crossing */
    across = cycles_of(sup_null);
    within = cycles_of(null_here);
    return across > within + ROUNDS ? (across - within + ROUNDS / 2) / ROUNDS : 1;
}
