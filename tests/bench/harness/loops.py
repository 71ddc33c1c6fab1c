# SPDX-License-Identifier: BSD-2-Clause
"""Part `loops`: how fast the emulator runs code that never leaves its domain, with MMP and without. The same guest
(tests/bench/loops) runs in turn on each emulator, and only ratios of one round are used."""

import statistics

from harness.child import BenchError, progress, run
from harness.figure import at_least
from harness.shoji import machine

PART = "loops"
ROUNDS = 7
GOAL = at_least(0.85)
WITH_GOAL = ("compute", "memory", "call")


def measure(report, options):
    ways = {
        "plain": (options.qemu_plain, "qemu64", ""),
        "same": (options.qemu, "qemu64", ""),
        "mmp": (options.qemu, "mmp", "mmp"),
    }
    rounds = []
    for i in range(options.rounds or ROUNDS):
        progress(f"loops, round {i + 1} of {options.rounds or ROUNDS}")
        names = list(ways)
        # Each round begins with another, so that a slow drift of the machine's speed favours nobody.
        order = names[i % len(names):] + names[:i % len(names)]
        rounds.append({way: once(options.loops, *ways[way]) for way in order})
    for name in rounds[0]["plain"]:
        ratios = [r["same"][name] / r["mmp"][name] for r in rounds]
        goal = GOAL if name in WITH_GOAL else None
        report.add(PART, f"{name} loop: speed with MMP against without", statistics.median(ratios), "", goal,
                   spread(ratios), ratios)
    for name in WITH_GOAL:
        ratios = [r["plain"][name] / r["same"][name] for r in rounds]
        report.add(PART, f"{name} loop: this QEMU without MMP against plain QEMU", statistics.median(ratios), "", None,
                   spread(ratios), ratios)
    for key, name in (("gate", "gate crossing and back"), ("pass", "gate that stays in the domain")):
        extra = [(r["mmp"][key] - r["mmp"]["direct"]) / r["mmp"]["direct"] for r in rounds]
        report.add(PART, f"{name}: emulation time in direct calls", statistics.median(extra), "calls", None,
                   spread(extra), extra)


def once(guest, qemu, cpu, words):
    """{loop: least ticks per iteration} of one start of the guest."""
    firmware = [word for folder in machine.FIRMWARE for word in ("-L", folder)]
    said = run([qemu, *firmware, "-machine", "pc", "-accel", "tcg", "-cpu", cpu, "-m", "64", "-display", "none",
                "-nodefaults", "-no-user-config", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                "-chardev", "stdio,id=out", "-device", "isa-debugcon,chardev=out,iobase=0xe9",
                "-kernel", str(guest), "-append", words], 120, check=False)
    least = {}
    for line in said.splitlines():
        match line.split():
            case ["loop", name, ticks, iterations]:
                per = int(ticks) / int(iterations)
                least[name] = min(per, least.get(name, per))
    if "compute" not in least or "exception" in said:
        raise BenchError(f"{qemu} -cpu {cpu}: the loops guest says:\n{said}")
    return least


def spread(values):
    return f"{min(values):.2f} to {max(values):.2f} in {len(values)} rounds"
