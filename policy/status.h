/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The closed list of what a call of the policy library can end with. Whatever is not POLICY_OK has changed
 * nothing.
 */
#ifndef POLICY_STATUS_H
#define POLICY_STATUS_H

enum policy_status {
    POLICY_OK,
    POLICY_EMEMORY,        /* the memory that was given is too small, or the table in it is full */
    POLICY_EEXISTS,        /* there is one of this name or id already */
    POLICY_ENOENT,         /* there is no such component, label or rule */
    POLICY_EINVAL,         /* a value out of its range, or words that make no line */
    POLICY_ERULE,          /* a rule forbids it */
    POLICY_ECONTRADICTION, /* the rules would contradict each other */
    POLICY_ECHANGED,       /* components or edges are not those that were shaped: shape anew */
};

#endif
