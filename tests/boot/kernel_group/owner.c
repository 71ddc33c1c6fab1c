/* SPDX-License-Identifier: BSD-2-Clause
 * Passes memory on, exports it to everybody and to groups, and tries what it may not. */
#include "group.h"
#include "kernel_check.h"

#define PAGE 4096ul

static uint32_t image_word[1024] __attribute__((aligned(4096)));

static uint32_t used(component_t component)
{
    return (uint32_t)sup_memory_used(component);
}

static uint64_t budget(component_t component)
{
    return (uint64_t)sup_memory_used(component) >> 32;
}

static volatile uint32_t *word(uint64_t address)
{
    return (volatile uint32_t *)address;
}

static void ownership(void)
{
    uint64_t heap = (uint64_t)mmp_alloc(OWNER, 4 * PAGE), mine = budget(OWNER), its = budget(FIRST);

    CHECK((long)heap > 0 && used(OWNER) == 4 * PAGE && used(FIRST) == 0);
    *word(heap) = 5;
    CHECK(mmp_set_perm(heap, 64, READ | TRANSITIVE, SECOND) == SHOJI_OK);
    CHECK(second_give(heap, 4, READ, THIRD) == SHOJI_OK && third_load(heap) == 5);
    /* Whole pages that it owns, to somebody that there is. */
    CHECK(mmp_mem_chown(heap + 4, PAGE, FIRST) == SHOJI_EINVAL &&
          mmp_mem_chown(heap, 0, FIRST) == SHOJI_EINVAL);
    CHECK(mmp_mem_chown(heap, PAGE, 99) == SHOJI_ENOENT && mmp_mem_chown(heap, PAGE, OWNER) == SHOJI_EINVAL);
    CHECK(mmp_mem_chown(heap, 5 * PAGE, FIRST) == SHOJI_EPERM);
    CHECK(mmp_mem_chown((uint64_t)image_word, PAGE, FIRST) == SHOJI_EPERM);
    CHECK(mmp_mem_chown(0x100000, PAGE, FIRST) == SHOJI_EINVAL);
    CHECK(first_pass(heap, PAGE, FIRST) == SHOJI_EINVAL && first_pass(heap, PAGE, SECOND) == SHOJI_EPERM);
    /* It passes: nobody's rights change, the budget goes along, and only the new owner decides. */
    CHECK(mmp_mem_chown(heap, 2 * PAGE, FIRST) == SHOJI_OK);
    CHECK(used(OWNER) == 2 * PAGE && used(FIRST) == 2 * PAGE);
    CHECK(budget(OWNER) == mine - 2 * PAGE && budget(FIRST) == its + 2 * PAGE);
    *word(heap + 4) = 6;
    CHECK(second_load(heap) == 5 && third_load(heap) == 5 && first_load(heap) == SHOJI_EFAULT);
    CHECK(mmp_set_perm(heap, 4, READ, THIRD) == SHOJI_EPERM &&
          mmp_set_perm(heap, 4, NONE, SECOND) == SHOJI_EPERM);
    CHECK(sup_take_back(heap, 4) == SHOJI_EPERM && sup_take_back(heap + 2 * PAGE, 4) == SHOJI_OK);
    CHECK(second_give(heap, 4, READ, FIRST) == SHOJI_EPERM); /* the right to pass on has ended */
    CHECK(mmp_free(OWNER, heap, PAGE) == SHOJI_EPERM);
    CHECK(first_give(heap, 8, READ, SECOND) == SHOJI_EPERM); /* it has not got it itself */
    CHECK(first_give(heap, PAGE, WRITE, FIRST) == SHOJI_OK && first_store(heap) == SHOJI_OK &&
          *word(heap) == 7);
    CHECK(first_give(heap, PAGE, NONE, THIRD) == SHOJI_OK && third_load(heap) == SHOJI_EFAULT);
    CHECK(first_give(heap, PAGE, READ, OWNER) == SHOJI_OK && second_load(heap) == 7);
    CHECK(first_give(heap, PAGE, EXECUTE, FIRST) == SHOJI_EPERM &&
          first_give(heap, PAGE, EXECUTE, OWNER) == SHOJI_EPERM);
    /* Whatever merges and splits. */
    CHECK(pd_merge(OWNER, FIRST) == SHOJI_OK);
    *word(heap + 8) = 9; /* with first's right */
    CHECK(pd_merge(SECOND, THIRD) == SHOJI_OK && third_load(heap) == 7 && pd_split(THIRD) == SHOJI_OK);
    CHECK(pd_split(FIRST) == SHOJI_OK && first_load(heap + 8) == 9 && third_load(heap) == SHOJI_EFAULT);
    /* Back to where it came from, and gone from everybody. */
    CHECK(first_pass(heap, PAGE, OWNER) == SHOJI_OK && mmp_free(OWNER, heap, PAGE) == SHOJI_OK);
    CHECK(first_load(heap) == SHOJI_EFAULT && second_load(heap) == SHOJI_EFAULT);
    CHECK(mmp_free(FIRST, heap + PAGE, PAGE) == SHOJI_OK && used(FIRST) == 0);
    CHECK(budget(OWNER) + budget(FIRST) == mine + its);
    CHECK(mmp_free(OWNER, heap + 2 * PAGE, 2 * PAGE) == SHOJI_OK && used(OWNER) == 0);
    CHECK(mmp_alloc_at(OWNER, heap, PAGE) == (long)heap && mmp_free(OWNER, heap, PAGE) == SHOJI_OK);
}

static void everybody(void)
{
    uint64_t heap = (uint64_t)mmp_alloc(OWNER, 2 * PAGE);
    long pd;

    *word(heap) = 5;
    CHECK(first_load(heap) == SHOJI_EFAULT);
    CHECK(mmp_set_perm(heap, 64, READ, PD_ALL) == SHOJI_OK);
    CHECK(first_load(heap) == 5 && second_load(heap) == 5 && third_load(heap + 60) == 0);
    CHECK(first_load(heap + 64) == SHOJI_EFAULT && first_store(heap) == SHOJI_EFAULT);
    CHECK(mmp_set_perm(heap, 64, WRITE, PD_ALL) == SHOJI_EPERM &&
          mmp_set_perm(heap, 64, EXECUTE, PD_ALL) == SHOJI_EPERM);
    CHECK(mmp_set_perm(heap, 64, READ | TRANSITIVE, PD_ALL) == SHOJI_EINVAL);
    CHECK(first_give(heap, 64, READ, PD_ALL) == SHOJI_EPERM &&
          first_give(heap, 4, NONE, PD_ALL) == SHOJI_EPERM);
    CHECK(mmp_set_perm((uint64_t)image_word, 64, READ, PD_ALL) == SHOJI_OK &&
          third_load((uint64_t)image_word) == 0);
    /* Beside what somebody was lent for itself; in whatever domain. */
    CHECK(mmp_set_perm(heap + 128, 4, WRITE, FIRST) == SHOJI_OK && first_store(heap + 128) == SHOJI_OK);
    CHECK(first_load(heap) == 5 && second_load(heap + 128) == SHOJI_EFAULT);
    CHECK(pd_merge(FIRST, SECOND) == SHOJI_OK && second_load(heap) == 5 && second_load(heap + 128) == 7);
    CHECK(pd_split(SECOND) == SHOJI_OK && second_load(heap) == 5 && second_load(heap + 128) == SHOJI_EFAULT);
    /* In one that comes later too: third is in its domain, and not the other way round. */
    pd = mmp_alloc_PD(SUP_PD_USER, 0, "late");
    CHECK(pd > 0 && pd_merge((component_t)pd, THIRD) == SHOJI_OK && third_load(heap) == 5);
    CHECK(pd_split((component_t)pd) == SHOJI_OK && mmp_free_PD((component_t)pd, 0) == SHOJI_OK);
    /* Taken back, also by being freed. */
    CHECK(mmp_set_perm(heap, 4, NONE, PD_ALL) == SHOJI_OK);
    CHECK(first_load(heap) == SHOJI_EFAULT && first_load(heap + 4) == 0 && third_load(heap) == SHOJI_EFAULT);
    CHECK(mmp_free(OWNER, heap, 2 * PAGE) == SHOJI_OK && third_load(heap + 4) == SHOJI_EFAULT);
    CHECK(mmp_set_perm((uint64_t)image_word, 64, NONE, PD_ALL) == SHOJI_OK);
    CHECK(third_load((uint64_t)image_word) == SHOJI_EFAULT);
}

static void groups(void)
{
    uint64_t heap = (uint64_t)mmp_alloc(OWNER, 2 * PAGE);
    component_t group = (component_t)mmp_alloc_group(), other;
    unsigned count = 0;
    long more;

    CHECK((long)heap > 0 && group >= SUP_GROUP_FIRST && group != PD_ALL);
    CHECK(mprot_export(heap, 64, WRITE, group) == SHOJI_OK && first_store(heap) == SHOJI_EFAULT);
    /* Nobody comes in whom the owner has not admitted. */
    CHECK(first_group(JOIN, group, 0) == SHOJI_EPERM && first_group(ADMIT, group, FIRST) == SHOJI_EPERM);
    CHECK(first_group(EXPEL, group, SECOND) == SHOJI_EPERM && first_group(FREE, group, 0) == SHOJI_EPERM);
    CHECK(mmp_group_admit(group, 99) == SHOJI_ENOENT &&
          mmp_group_admit(SUP_GROUP_FIRST + 999, FIRST) == SHOJI_ENOENT);
    CHECK(mmp_group_admit(group, FIRST) == SHOJI_OK && first_store(heap) == SHOJI_EFAULT);
    CHECK(first_group(LEAVE, group, 0) == SHOJI_ESAME && first_group(JOIN, group, 0) == SHOJI_OK);
    CHECK(first_group(JOIN, group, 0) == SHOJI_ESAME && first_store(heap) == SHOJI_OK && *word(heap) == 7);
    CHECK(second_load(heap) == SHOJI_EFAULT);
    /* What is exported later is there, by another owner too; members come later, and have all. */
    CHECK(mprot_export(heap + PAGE, 4, READ, group) == SHOJI_OK && first_load(heap + PAGE) == 0);
    CHECK(mmp_group_admit(group, SECOND) == SHOJI_OK && second_group(JOIN, group, 0) == SHOJI_OK);
    CHECK(second_load(heap) == 7 && second_store(heap + PAGE) == SHOJI_EFAULT &&
          second_load(heap + PAGE) == 0);
    CHECK(mmp_set_perm(heap, 64, READ | TRANSITIVE, group) == SHOJI_EINVAL);
    CHECK(second_give(heap, 4, READ, THIRD) == SHOJI_EPERM); /* a member passes nothing on */
    CHECK(mprot_export(heap, 4, 4, group) == SHOJI_EINVAL &&
          mprot_export(heap, 4, READ, SUP_GROUP_FIRST + 999) == SHOJI_ENOENT);
    /* Beside rights of one's own, and of whoever is in the same domain. */
    CHECK(mmp_set_perm(heap + 64, 4, WRITE, SECOND) == SHOJI_OK && second_store(heap + 64) == SHOJI_OK);
    CHECK(pd_merge(SECOND, THIRD) == SHOJI_OK && third_load(heap) == 7 && third_load(heap + 64) == 7);
    CHECK(pd_split(THIRD) == SHOJI_OK && third_load(heap) == SHOJI_EFAULT && second_load(heap) == 7);
    /* Who leaves has it no longer; who is expelled does not come back. */
    CHECK(first_group(LEAVE, group, 0) == SHOJI_OK && first_load(heap) == SHOJI_EFAULT);
    CHECK(first_group(JOIN, group, 0) == SHOJI_OK && first_load(heap) == 7);
    CHECK(mmp_group_expel(group, FIRST) == SHOJI_OK && first_load(heap) == SHOJI_EFAULT);
    CHECK(first_group(JOIN, group, 0) == SHOJI_EPERM && mmp_group_expel(group, FIRST) == SHOJI_ENOENT);
    CHECK(second_load(heap + 64) == 7);
    /* Less for all of them, and nothing. */
    CHECK(mprot_export(heap, 64, READ, group) == SHOJI_OK && second_store(heap) == SHOJI_EFAULT &&
          second_load(heap) == 7);
    CHECK(mmp_free_group(group) == SHOJI_OK && second_load(heap) == SHOJI_EFAULT &&
          second_load(heap + 64) == 7);
    CHECK(second_group(JOIN, group, 0) == SHOJI_ENOENT && mprot_export(heap, 4, READ, group) == SHOJI_ENOENT);
    /* There are so many, and each is free again, under another id. */
    other = (component_t)first_group(ALLOC, 0, 0);
    CHECK(other != group && mmp_free_group(other) == SHOJI_EPERM);
    while ((more = mmp_alloc_group()) > 0 && count < 100)
        count++;
    CHECK(count >= 8 && more == SHOJI_EMEMORY);
    CHECK(first_group(FREE, other, 0) == SHOJI_OK && mmp_alloc_group() > 0);
    CHECK(mmp_free(OWNER, heap, 2 * PAGE) == SHOJI_OK && second_load(heap + 64) == SHOJI_EFAULT);
}

SHOJI_EXPORT long component_init(component_t self)
{
    CHECK(self == OWNER);
    ownership();
    everybody();
    groups();
    sup_console_write(6, 0x0a70756f7267ul, 0, 0, 0); /* "group\n" */
    sup_exit(0);
    return SHOJI_EINVAL;
}
