/* SPDX-License-Identifier: BSD-2-Clause
 * Has the walls between client, server and third moved at each instruction of a conversation. Prints
 * `boundary RIP THREAD` for each of the references, `runs N, boundaries N, ...: KIND` for each kind of move,
 * and `done`; or `failed ...`. */
#include "driver.h"

static bool once;

SHOJI_EXPORT long main_thread(void)
{
    (void)sched_hold();
    (void)sched_give(THREAD_SLEEPER);
    if (once) {
        run_once(false);
        run_once(true);
        return sup_exit(0);
    }
    references_make();
    kinds_run();
    walls_look();
    random_runs();
    put_text("done");
    put_line();
    return sup_exit(0);
}

SHOJI_EXPORT long sleeper_thread(void)
{
    sleeper_run();
    return SHOJI_OK;
}

long component_init(component_t self)
{
    once = self == DRIVER_ONCE;
    return self == DRIVER || once ? SHOJI_OK : SHOJI_EINVAL;
}
