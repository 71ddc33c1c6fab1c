/* SPDX-License-Identifier: BSD-2-Clause
 * Defines no policy_decide. */
__attribute__((visibility("default"))) long policy_undecided(void);

long policy_undecided(void)
{
    return 0;
}
