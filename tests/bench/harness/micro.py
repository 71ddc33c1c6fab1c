# SPDX-License-Identifier: BSD-2-Clause
"""Part `micro`: the primitives, in guest instructions. The component tests/bench/micro/client.c measures; QEMU's
-icount shift=0 makes the time-stamp counter count instructions, which the figure `nops` proves at each run."""

import re

from harness.child import BenchError, last_lines, progress, run
from harness.figure import at_most
from harness.guest import REPOSITORY
from harness.shoji import machine

PART = "micro"
NOPS = 102  # timed.h: TIMED_NOPS and call, ret
RUN = "build/bench/micro-run"


def measure(report, options):
    progress("micro")
    least, most = results(options.micro)
    if (least["nops"], most["nops"]) != (NOPS, NOPS):
        raise BenchError(f"the time-stamp counter does not count instructions: {most['nops']} for {NOPS}")

    def add(name, key, goal=None, note=""):
        spread = f"{least[key]} to {most[key]}" if least[key] != most[key] else ""
        report.add(PART, name, most[key], "instructions", goal, "; ".join(filter(None, (spread, note))), [least[key], most[key]])

    add("null invocation: direct call", "direct")
    add("null invocation across a gate", "gated", at_most(40))
    add("null invocation, merged", "merged")
    report.add(PART, "merged less direct", most["merged"] - most["direct"], "instructions", at_most(3))
    check_counter(most)
    for count in (2, 8, 16):
        goal = at_most(2000) if count == 16 else None
        shapes(report, f"merge to a domain of {count} components", f"merge_{count}_into", most, at_most(400) if count == 2 else goal)
        shapes(report, f"split from a domain of {count} components", f"split_{count}_after", most, at_most(900) if count == 2 else goal)
    add("split from two components, a thread inside", "split_busy_2", at_most(1300), "the domain is not reused: stale, and two new ones")
    add("the same, from 16 components", "split_busy_16")
    add("move from one domain of two to another", "move")
    add("partition: 16 domains to one", "partition_join")
    add("partition: one domain to 16", "partition_part")
    add("partition: eight pairs to others", "partition_pairs")
    for count in (0, 4, 8, 12):
        add(f"merge of two, one with {count} lent tables", f"merge_tables_{count}", note="no memory taken" if count == 0 else "")
        add(f"split of them, one with {count} lent tables", f"split_tables_{count}")
    report.add(PART, "memory of a domain", most["domain_bytes"], "bytes", at_most(6144), "and the tables only it needs")
    add("permission change of 64 bytes", "permission", at_most(200))
    add("the same, first in its page", "permission_first")
    add("the same, across two pages", "permission_pages")


def shapes(report, name, prefix, most, goal):
    """The worst of the shapes that client.c tries: into one component, into half of them, into all but one."""
    each = {shape: most[f"{prefix}_{shape}"] for shape in ("one", "half", "rest")}
    report.add(PART, name, max(each.values()), "instructions", goal,
               ", ".join(f"into {shape} {value:,}" for shape, value in each.items()), list(each.values()))


def check_counter(most):
    """The processor's own counter and the time-stamp counter must agree on the gated invocation, and every one of the
    counted ones must have crossed."""
    by_counter = most["by_counter_more_than_direct_thousandths"] / 1000
    by_time = most["gated"] - most["direct"]
    if abs(by_counter - by_time) > 1 or most["crossings_of_1000"] < 1000:
        raise BenchError(f"gated less direct is {by_time} by the time-stamp counter, {by_counter} by the processor's; "
                         f"{most['crossings_of_1000']} of 1000 crossed")


def results(modules):
    """({name: least}, {name: most})"""
    (REPOSITORY / RUN).mkdir(parents=True, exist_ok=True)
    try:
        command = machine.Machine(modules=modules, tap="none", icount=True, extra=(
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4")).command("stdio,signal=off", RUN)
    except machine.Unusable as reason:
        raise BenchError(str(reason)) from None
    said = run(command, 120, check=False, cwd=REPOSITORY)
    (REPOSITORY / RUN / "console.log").write_text(said)
    lines = re.findall(r"bench: (\w+) (\d+) (\d+)\s*$", said, re.M)
    if not re.search(r"bench: done\s*$", said, re.M):
        raise BenchError("the micro system did not end its bench; its console's end:\n" + last_lines(said, 20))
    return {n: int(least) for n, least, _ in lines}, {n: int(most) for n, _, most in lines}
