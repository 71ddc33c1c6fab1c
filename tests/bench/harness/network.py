# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace of the bench's own, with a tap device for each guest. The kernel removes it, devices included,
when the last process in it ends, so nothing is left behind however the bench ends."""

import os
import subprocess
import sys

from harness.child import run

MARK = "SHOJI_BENCH_NAMESPACE"
_made = set()


def available():
    """None, or why not."""
    probe = "ip tuntap add probe0 mode tap"
    done = subprocess.run([*_unshare(), "sh", "-c", probe], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return f"needs a tap device in a network namespace; run as root ({why})"


def enter():
    """Starts this program again inside a new namespace; returns only if it is there already."""
    if MARK in os.environ:
        run(["ip", "link", "set", "lo", "up"], 5)
        return
    os.environ[MARK] = "1"
    command = [*_unshare(), sys.executable, *sys.argv]
    os.execvp(command[0], command)


def _unshare():
    return ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]


def tap(name, host, guest, mac):
    """A tap device `name` with address `host`, unless it is there already. The guest's address is entered by hand, because a query that a booting guest
    does not hear is repeated only after a second."""
    if name in _made:
        return
    _made.add(name)
    run(["ip", "tuntap", "add", name, "mode", "tap"], 5)
    run(["ip", "addr", "add", f"{host}/24", "dev", name], 5)
    run(["ip", "link", "set", name, "up"], 5)
    run(["ip", "neigh", "replace", guest, "lladdr", mac, "dev", name, "nud", "permanent"], 5)
