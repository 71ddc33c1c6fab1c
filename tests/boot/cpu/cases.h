/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The cases of the processor's boot tests that have a file of their own.
 */
#ifndef CASES_H
#define CASES_H

void test_grants(void); /* grants.c: the stack permissions table */
void test_model(void);  /* model.c: what model mode charges */
void test_steps(void);  /* steps.c: the trap flag at crossings */

#endif
