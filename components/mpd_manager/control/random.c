/* SPDX-License-Identifier: BSD-2-Clause */
#include "token.h"

bool random_word(uint64_t *word)
{
    for (int tries = 0; tries < 100; tries++) {
        bool valid;
        __asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(valid));
        if (valid)
            return true;
    }
    return false;
}
