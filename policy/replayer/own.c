/* SPDX-License-Identifier: BSD-2-Clause */
#include "own.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

#define SECONDS 10

static policy_decide_function *decide;

/* build/policy/NAME.so, where this program is. */
static void path_make(const char *name, char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length < 0)
        fail("/proc/self/exe: %s", strerror(errno));
    path[length] = 0;
    char *folder = strrchr(path, '/');
    size_t used = (size_t)(folder + 1 - path);
    if ((size_t)snprintf(folder + 1, PATH_MAX - used, "%s.so", name) >= PATH_MAX - used)
        fail("the path of %s.so is too long", name);
}

void own_load(const char *name)
{
    char path[PATH_MAX];
    if (!rule_name_valid(name))
        fail("--policy expects the name of a file policy/own/NAME.c; there is `%s`", name);
    path_make(name, path);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail("%s (make policy NAME=%s makes it of policy/own/%s.c)", dlerror(), name, name);
    *(void **)&decide = dlsym(object, "policy_decide");
    if (!decide)
        fail("%s defines no policy_decide", path);
}

static void too_long(int signal)
{
    static const char said[] = "policy/replay: the policy has not returned for ten seconds\n";
    (void)signal;
    (void)!write(STDERR_FILENO, said, sizeof said - 1);
    _exit(1);
}

long own_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    signal(SIGALRM, too_long);
    alarm(SECONDS);
    long status = decide(question, moves, state);
    alarm(0);
    return status;
}
