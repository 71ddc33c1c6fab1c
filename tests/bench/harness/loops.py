# SPDX-License-Identifier: BSD-2-Clause
"""Part `loops`: how fast the emulator is, and what a crossing costs it. The same guest (tests/bench/loops) runs in turn on plain
QEMU and on this one, with MMP and without; only ratios of one round are used. Then model mode, and the share of accesses of a real
web request that take the slow way."""

import statistics

from harness import network, web
from harness.child import BenchError, progress, run
from harness.figure import at_least, at_most
from harness.shoji import machine

PART = "loops"
ROUNDS = 7
UNIFORM = {  # loops whose pages are uniform
    "compute": "compute", "tight": "tight loop", "branchy": "many branches", "memory": "memory", "call": "calls",
    "copy": "strings (rep movs)", "request": "a web request's computing",
}
UNIFORM_GOAL = at_least(0.95)
MIXED_GOAL = at_least(0.06)
GATES = {  # loop: name, goal
    "gate": ("gated round trip, 2 domains", at_most(1.5)),
    "rotate": ("gated round trip, 64 domains in rotation", at_most(3)),
}
MODEL_LOOPS = ("compute", "branchy", "memory", "call", "request")
MODEL_GOAL = at_least(3)


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
        rounds.append({way: once(options.loops, *ways[way])[0] for way in order})
    for name, title in UNIFORM.items():
        ratio(report, f"{title}: speed with MMP / plain QEMU", rounds, ("plain", name), ("mmp", name), UNIFORM_GOAL)
    ratio(report, "every access to a mixed page: speed with MMP / plain QEMU", rounds, ("plain", "mixed"), ("mmp", "mixed"),
          MIXED_GOAL)
    for name, (title, goal) in GATES.items():
        ratio(report, f"{title} / SYSCALL and SYSRET in plain QEMU: time", rounds, ("mmp", name), ("plain", "syscall"), goal)
    for name, title in UNIFORM.items():
        ratio(report, f"{title}: this QEMU without MMP / plain QEMU", rounds, ("plain", name), ("same", name))
    for key, name in (("gate", "gate crossing and back"), ("pass", "gate that stays in the domain")):
        extra = [(r["mmp"][key] - r["mmp"]["direct"]) / r["mmp"]["direct"] for r in rounds]
        report.add(PART, f"{name}: emulation time in direct calls", statistics.median(extra), "calls", None,
                   spread(extra), extra)
    model_mode(report, options)
    if network.MARK in network.os.environ:
        web.mixed_share(report, options, PART)
    else:
        report.skip(PART, f"a web request's share of accesses to mixed pages: {network.available()}")


def ratio(report, name, rounds, over, under, goal=None):
    """The median of over / under; each is a way and a loop."""
    ratios = [r[over[0]][over[1]] / r[under[0]][under[1]] for r in rounds]
    report.add(PART, name, statistics.median(ratios), "", goal, spread(ratios), ratios)


def model_mode(report, options):
    progress("loops, model mode")
    rates = [once(options.loops, options.qemu, "mmp,model=on", "mmp fewer")[1] for _ in range(3)]
    every = {name: statistics.median(rate[name] for rate in rates) / 1e6 for name in MODEL_LOOPS}
    slowest = min(every, key=every.get)
    report.add(PART, "model mode, slowest loop", every[slowest], "million instructions/s", MODEL_GOAL,
               ", ".join(f"{name} {rate:.1f}" for name, rate in every.items()), list(every.values()))


def once(guest, qemu, cpu, words):
    """{loop: least ticks per iteration}, {loop: most instructions a second} of one start of the guest."""
    firmware = [word for folder in machine.FIRMWARE for word in ("-L", folder)]
    said = run([qemu, *firmware, "-machine", "pc", "-accel", "tcg", "-cpu", cpu, "-m", "64", "-display", "none",
                "-nodefaults", "-no-user-config", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                "-chardev", "stdio,id=out", "-device", "isa-debugcon,chardev=out,iobase=0xe9",
                "-kernel", str(guest), "-append", words], 300, check=False)
    least, most, frequency = {}, {}, 0
    for line in said.splitlines():
        match line.split():
            case ["frequency", ticks]:
                frequency = int(ticks)
            case ["loop", name, ticks, iterations, instructions]:
                per = int(ticks) / int(iterations)
                least[name] = min(per, least.get(name, per))
                most[name] = max(int(instructions) * frequency / int(ticks), most.get(name, 0))
    if "compute" not in least or "exception" in said:
        raise BenchError(f"{qemu} -cpu {cpu}: the loops guest says:\n{said}")
    return least, most


def spread(values):
    return f"{min(values):.2f} to {max(values):.2f} in {len(values)} rounds"
