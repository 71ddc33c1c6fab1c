/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The closed list of statuses. Every supervisor call and every interface function returns a long: zero or a
 * positive result, or one of these. Nobody ignores a status.
 */
#ifndef SHOJI_STATUS_H
#define SHOJI_STATUS_H

enum shoji_status {
    SHOJI_OK = 0,
    SHOJI_EINVAL = -1,    /* an argument is out of its range or of the wrong shape */
    SHOJI_EPERM = -2,     /* the caller may not do this: no edge, not the owner, a rule forbids it */
    SHOJI_ENOENT = -3,    /* no such component, descriptor, event, path, ... */
    SHOJI_EMEMORY = -4,   /* the caller's budget or the system's memory is used up */
    SHOJI_EAGAIN = -5,    /* nothing there now; an event will tell */
    SHOJI_ETIMEDOUT = -6, /* the time given has passed */
    SHOJI_EBUSY = -7,     /* taken by someone else */
    SHOJI_ECLOSED = -8,   /* the other side has gone */
    SHOJI_EFAULT = -9,    /* the callee faulted; the supervisor ended the invocation */
    SHOJI_ETOOBIG = -10,  /* larger than the buffer or the limit */
    SHOJI_ESAME = -11,    /* merge, move: both are in one domain; split: the component is alone; partition: it is so already */
};

#endif
