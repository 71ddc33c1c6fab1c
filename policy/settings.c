/* SPDX-License-Identifier: BSD-2-Clause */
#include "settings.h"

#include "sentence.h"

struct policy_settings settings_default(void)
{
    return (struct policy_settings){
        .mode = POLICY_ISOLATED,
        .budget = 100,
        .period = 250,
        .hysteresis = 100,
        .windows = 4,
        .trials = 16,
        .work_limit = 150000,
    };
}

static bool within(uint64_t value, uint64_t least, uint64_t most, const char *name, struct sentence *sentence)
{
    if (value >= least && value <= most)
        return true;
    sentence_add(sentence, "The ");
    sentence_add(sentence, name);
    sentence_add(sentence, " is ");
    sentence_add_number(sentence, value);
    sentence_add(sentence, "; expected ");
    sentence_add_number(sentence, least);
    sentence_add(sentence, " to ");
    sentence_add_number(sentence, most);
    sentence_add(sentence, ".");
    return false;
}

enum policy_status settings_check(const struct policy_settings *settings, char *text, size_t bytes)
{
    struct sentence sentence = sentence_begin(text, bytes);
    if (settings->mode >= POLICY_MODES) {
        sentence_add(&sentence, "There is no such mode.");
        return POLICY_EINVAL;
    }
    if (settings->threshold && !settings->cycles_per_second) {
        sentence_add(&sentence, "A threshold in invocations a second needs the processor's cycles a second.");
        return POLICY_EINVAL;
    }
    bool good =
        within(settings->budget, 0, 1000, "budget in thousandths", &sentence) &&
        within(settings->crossing_cost, 0, SETTINGS_COST_MOST, "crossing cost in cycles", &sentence) &&
        within(settings->period, 10, 60000, "period in milliseconds", &sentence) &&
        within(settings->hysteresis, 0, 900, "hysteresis in thousandths", &sentence) &&
        within(settings->windows, 1, HISTORY_WINDOWS, "number of windows", &sentence) &&
        within(settings->trials, 0, SETTINGS_TRIALS_MOST, "number of trials", &sentence);
    return good ? POLICY_OK : POLICY_EINVAL;
}

static uint64_t quotient(unsigned __int128 dividend, unsigned __int128 divisor)
{
    unsigned __int128 result = dividend / divisor;
    return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}

uint64_t settings_allowed(const struct policy_settings *settings, uint64_t cycles)
{
    if (settings->threshold)
        return quotient((unsigned __int128)settings->threshold * cycles, settings->cycles_per_second);
    if (settings->crossing_cost == 0)
        return UINT64_MAX;
    return quotient((unsigned __int128)settings->budget * cycles, (uint64_t)settings->crossing_cost * 1000);
}

int64_t settings_share(const struct policy_settings *settings, uint64_t invocations, uint64_t cycles)
{
    if (cycles == 0)
        return 0;
    uint64_t millionths =
        quotient((unsigned __int128)invocations * settings->crossing_cost * 1000000, cycles);
    return millionths > INT64_MAX ? INT64_MAX : (int64_t)millionths;
}
