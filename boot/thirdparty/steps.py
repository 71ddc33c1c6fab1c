# SPDX-License-Identifier: BSD-2-Clause
"""Long steps as the user sees them: one line each with what it is and about how long it takes, a percentage where the
tool gives one, and the end of the log when it fails. The whole output goes to a log in the cache.
"""
import os
import re
import signal
import subprocess
import sys

import cache

JOBS = os.environ.get('JOBS') or str(os.cpu_count() or 1)


class Failed(Exception):
    """A step went wrong; the message is for the user."""


def say(text):
    print(f'  {text}', flush=True)


def run(title, command, log, cwd=None, env=None):
    """Runs one command as a step. `log` names the file below the cache's log folder."""
    logs = cache.root() / 'logs'
    logs.mkdir(exist_ok=True)
    path = logs / f'{log}.log'
    say(title)
    progress = Progress()
    # A session of its own, so that one signal reaches all that the command started.
    child = subprocess.Popen([str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, text=True,
                             errors='replace', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True)
    try:
        with open(path, 'w') as out:
            for line in child.stdout:
                out.write(line)
                progress.show(line)
        status = child.wait()
    except BaseException:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
        raise
    finally:
        progress.end()
    if status != 0:
        tail = path.read_text(errors='replace').splitlines()[-25:]
        raise Failed('\n'.join([*tail, f'failed: {title}', f'the whole log: {path}']))


class Progress:
    """Turns ninja's [n/m] into a percentage: rewritten in place on a terminal, else a line for every tenth. Short builds
    need none."""

    def __init__(self):
        self.shown = -1
        self.terminal = sys.stdout.isatty()

    def show(self, line):
        found = re.match(r'\[(\d+)/(\d+)\]', line)
        if not found or int(found[2]) < 200:
            return
        percent = 100 * int(found[1]) // int(found[2])
        step = 1 if self.terminal else 10
        if percent // step == self.shown:
            return
        self.shown = percent // step
        if self.terminal:
            print(f'\r    {percent:3d} %', end='', flush=True)
        elif percent:
            print(f'    {percent} %', flush=True)

    def end(self):
        if self.terminal and self.shown >= 0:
            print('\r         \r', end='', flush=True)
