#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures Shoji and prints a table: figure, value, goal, met or missed by how much.

Parts: micro (primitives), policy (its periods), web (a request), watching (one while somebody looks), peer (beside Linux and nginx), loops (the emulator). Usually started by
`make bench`, which builds what it needs. Writes results.json and results.txt. docs/benchmarks.md explains the figures.
"""

import argparse
import platform
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from harness import against, child, loops, micro, network, policy, watching, web  # noqa: E402
from harness.figure import Report  # noqa: E402
from harness.guest import REPOSITORY  # noqa: E402

PARTS = {"micro": micro, "policy": policy, "loops": loops, "web": web, "watching": watching, "peer": against}
NEED_NETWORK = ("web", "watching", "peer")
WANT_NETWORK = (*NEED_NETWORK, "loops")  # without, loops leaves out what it would ask a running system


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts, with commas between them; all of them without")
    parser.add_argument("--rounds", type=int, default=0, help="repetitions, instead of each part's own number")
    parser.add_argument("--out", default="build/bench", help="folder of results.json and results.txt")
    parser.add_argument("--qemu", default="build/qemu/bin/qemu-system-x86_64")
    parser.add_argument("--qemu-plain", default="build/qemu-plain/bin/qemu-system-x86_64")
    parser.add_argument("--plugin", default="build/bench/insncount.so")
    parser.add_argument("--loops", default="build/bench/loops/loops")
    parser.add_argument("--micro", default="build/bench/micro/modules.list")
    parser.add_argument("--peer", default="build/bench/peer")
    options = parser.parse_args()
    options.parts = child.parts_asked(parser, options.only, PARTS)
    for name in ("qemu", "qemu_plain", "plugin", "loops", "peer"):
        setattr(options, name, str(REPOSITORY / getattr(options, name)))
    return options


def environment(options):
    def first_line(*command):
        try:
            done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        except FileNotFoundError:
            return "not built"  # no part asked for it
        return done.stdout.splitlines()[0] if done.stdout else ""

    with open("/proc/cpuinfo") as file:
        cpu = re.search(r"^model name\s*: (.*)", file.read(), re.M)
    return {
        "commit": first_line("git", "describe", "--always", "--dirty"),
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "processor": cpu[1] if cpu else platform.machine(),
        "qemu": first_line(options.qemu, "--version"),
        "parts": options.parts,
    }


def main():
    options = arguments()
    why_no_network = None
    if network.MARK not in network.os.environ and set(WANT_NETWORK) & set(options.parts):
        why_no_network = network.available()
        if why_no_network is None:
            network.enter()
    elif network.MARK in network.os.environ:
        network.enter()
    report = Report(REPOSITORY / options.out, environment(options))
    failed = False
    for part in options.parts:
        if part in NEED_NETWORK and why_no_network:
            report.skip(part, why_no_network)
            continue
        try:
            PARTS[part].measure(report, options)
        except child.BenchError as error:
            failed = True
            report.skip(part, f"failed: {error}")
            print(f"bench: {part}: {error}", file=sys.stderr)
        finally:
            child.stop_all()
    report.write()
    print(report.table())
    print(f"written: {options.out}/results.json, {options.out}/results.txt")
    return 1 if failed else 0


if __name__ == "__main__":
    child.program("bench", main)
