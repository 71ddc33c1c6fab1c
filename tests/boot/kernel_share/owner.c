/* SPDX-License-Identifier: BSD-2-Clause
 * Gives rights to its words, with and without the right to pass them on. */
#include "share.h"
#include "kernel_check.h"

static uint32_t words[4096] __attribute__((aligned(4096)));

static uint64_t word(unsigned n)
{
    return (uint64_t)&words[n];
}

static void passing_on(void)
{
    /* Without the flag: not to be passed on. */
    CHECK(mmp_set_perm(word(0), 64, READ, FIRST) == SHOJI_OK);
    CHECK(first_give(word(0), 64, READ, SECOND) == SHOJI_EPERM);
    CHECK(second_load(word(0)) == SHOJI_EFAULT);
    /* With it: what it has or less, where it has it. */
    CHECK(mmp_set_perm(word(0), 64, WRITE | TRANSITIVE, FIRST) == SHOJI_OK);
    CHECK(first_give(word(0), 32, READ, SECOND) == SHOJI_OK);
    CHECK(second_load(word(0)) == 0 && second_load(word(7)) == 0);
    CHECK(second_load(word(8)) == SHOJI_EFAULT && second_store(word(0)) == SHOJI_EFAULT);
    CHECK(first_give(word(0), 32, EXECUTE, SECOND) == SHOJI_EPERM);
    CHECK(first_give(word(0), 68, READ, SECOND) == SHOJI_EPERM);
    CHECK(first_give(word(64), 4, READ, SECOND) == SHOJI_EPERM);
    CHECK(first_give(word(0), 32, READ, OWNER) == SHOJI_EPERM);
    CHECK(first_give(word(0), 32, READ, FIRST) == SHOJI_EINVAL);
    CHECK(first_give(word(0), 32, READ, 99) == SHOJI_ENOENT);
    CHECK(second_give(word(0), 32, READ, THIRD) == SHOJI_EPERM);
}

static void chains(void)
{
    CHECK(first_give(word(0), 32, WRITE | TRANSITIVE, SECOND) == SHOJI_OK);
    CHECK(second_store(word(1)) == SHOJI_OK && words[1] == 7);
    CHECK(second_give(word(0), 8, READ, THIRD) == SHOJI_OK && third_load(word(1)) == 7);
    /* Nobody takes from those above, nor changes what others gave. */
    CHECK(second_give(word(0), 8, NONE, FIRST) == SHOJI_EPERM &&
          second_give(word(0), 8, READ, FIRST) == SHOJI_EPERM);
    CHECK(second_give(word(0), 8, NONE, OWNER) == SHOJI_EPERM);
    CHECK(first_give(word(0), 8, NONE, THIRD) == SHOJI_EPERM);
    CHECK(mmp_set_perm(word(4), 4, WRITE, THIRD) == SHOJI_OK);
    CHECK(second_give(word(4), 4, READ, THIRD) == SHOJI_EPERM && third_store(word(4)) == SHOJI_OK);
    /* Whoever gave may take. */
    CHECK(second_give(word(0), 8, NONE, THIRD) == SHOJI_OK && third_load(word(1)) == SHOJI_EFAULT);
    CHECK(second_give(word(0), 8, NONE, THIRD) == SHOJI_EPERM);
    /* It lasts whatever merges and splits. */
    CHECK(second_give(word(0), 8, READ, THIRD) == SHOJI_OK);
    CHECK(pd_merge(SECOND, THIRD) == SHOJI_OK && third_store(word(0)) == SHOJI_OK &&
          pd_split(THIRD) == SHOJI_OK);
    CHECK(third_load(word(1)) == 7 && third_store(word(0)) == SHOJI_EFAULT);
}

static void the_end_of_it(void)
{
    /* The owner has the last word, for each. */
    CHECK(mmp_set_perm(word(0), 64, NONE, SECOND) == SHOJI_OK);
    CHECK(second_load(word(0)) == SHOJI_EFAULT && second_give(word(0), 8, READ, THIRD) == SHOJI_EPERM);
    CHECK(third_load(word(1)) == 7);
    CHECK(mmp_set_perm(word(0), 64, NONE, THIRD) == SHOJI_OK && third_load(word(1)) == SHOJI_EFAULT);
    CHECK(first_give(word(0), 4, READ, SECOND) == SHOJI_OK && second_load(word(0)) == 7);
    CHECK(mmp_set_perm(word(0), 64, READ, FIRST) == SHOJI_OK &&
          first_give(word(0), 4, READ, THIRD) == SHOJI_EPERM);
    /* There are only so many, and each is free again. */
    for (int round = 0; round < 3; round++) {
        unsigned n = 0;

        while (mmp_set_perm(word(64 + n), 4, READ | TRANSITIVE, FIRST) == SHOJI_OK)
            n++;
        CHECK(n >= 32 && mmp_set_perm(word(64 + n), 4, READ | TRANSITIVE, FIRST) == SHOJI_EMEMORY);
        CHECK(first_load(word(64 + n)) == SHOJI_EFAULT);
        CHECK(mmp_set_perm(word(64), 4096, NONE, FIRST) == SHOJI_OK);
    }
}

SHOJI_EXPORT long component_init(component_t self)
{
    CHECK(self == OWNER);
    passing_on();
    chains();
    the_end_of_it();
    sup_console_write(6, 0x0a6572616873ul, 0, 0, 0); /* "share\n" */
    sup_exit(0);
    return SHOJI_EINVAL;
}
