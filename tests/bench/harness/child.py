# SPDX-License-Identifier: BSD-2-Clause
"""Processes of the bench. Each dies with the bench, even if that is killed; nothing outlives a run."""

import ctypes
import re
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_running = []


class BenchError(Exception):
    """A part cannot go on; its text is for the user."""


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command, log=None, **keywords):
    """A process in the background; its output goes to the file `log`."""
    out = open(log, "wb") if log else subprocess.DEVNULL
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                 preexec_fn=_die_with_parent, **keywords)
    except OSError as error:
        raise BenchError(f"{command[0]}: {error.strerror}") from None
    finally:
        if log:
            out.close()
    _running.append(child)
    return child


def stop(child):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child in _running:
        _running.remove(child)


def stop_all():
    for child in list(_running):
        stop(child)


def run(command, seconds, check=True, **keywords):
    """A process in the foreground: its output. Raises BenchError on failure or after `seconds`."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              preexec_fn=_die_with_parent, timeout=seconds, text=True, errors="replace", **keywords)
    except OSError as error:
        raise BenchError(f"{command[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        said = said.decode(errors="replace") if isinstance(said, bytes) else said
        raise BenchError(f"{command[0]}: not done after {seconds} s; last output:\n{last_lines(said)}") from None
    if check and done.returncode != 0:
        raise BenchError(f"{command[0]}: status {done.returncode}; last output:\n{last_lines(done.stdout)}")
    return done.stdout


def last_lines(text, count=8):
    return "\n".join("    " + line for line in text.splitlines()[-count:])


def wait_until(condition, seconds, pause=0.01):
    """Polls; False when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def parts_asked(parser, only, parts):
    """The parts that an option names, with commas or blanks between them; all of them if it names none."""
    asked = [part for part in re.split(r"[ ,]+", only) if part] or list(parts)
    for part in asked:
        if part not in parts:
            parser.error(f"no part {part}; there are {', '.join(parts)}")
    return asked


def program(name, main):
    """main() as the whole program: however it ends, all that it started ends with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(f"\n{name}: stopped")
    finally:
        stop_all()
