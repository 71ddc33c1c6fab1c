# SPDX-License-Identifier: BSD-2-Clause
"""Run it as X: the five workloads are recorded once, everything isolated, window by window; policy/replay then charges their crossings at each published
cost (policy/costs.txt), and says what the policy would have decided. A second trace gives each request the work that it was for Composite."""

import json
import subprocess
import time

from figures import Table, plot
from harness import shoji
from harness.guest import REPOSITORY

from mpd import site

SECONDS = 4
CHUNK = 200
PERIOD = 0.25
PAPER_WORK = {False: 2.4e9 / 10402.72, True: 2.4e9 / 10194.28}  # cycles of a request, merged: static, CGI (TSE11, 5.2)
BUDGETS = (2, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80)
REPLAY = REPOSITORY / "build/policy/replay"


def measure(run):
    if not run.network:
        return
    made_from = [REPOSITORY / "build/kernel/shoji.elf", *sorted((REPOSITORY / "build/components").glob("*.elf")), SECONDS]
    recorded = run.steps.get("recording of five workloads, isolated", made_from, record)
    traces = {"as recorded": run.folder / "recorded.trace", "each request with Composite's work": run.folder / "composite-work.trace"}
    traces["as recorded"].write_text(trace(recorded, False))
    traces["each request with Composite's work"].write_text(trace(recorded, True))
    table = Table("charged", "Run it as X: one recorded run at each published cost of a crossing",
                  "cycles: instructions of the recorded run, or Composite's cycles for its requests, and crossings at the cost",
                  ["system", "cycles a crossing", "work", "merged over isolated", "adaptive over isolated", "domains, mean", "domains at the end of each workload"])
    curves = {}
    for work, path in traces.items():
        for system, cost in costs():
            adaptive, merged = (replay(path, "--mode", mode, "--cost", cost) for mode in ("adaptive", "merged"))
            table.add(system, cost, work, merged["total"]["over_isolated"], adaptive["total"]["over_isolated"], adaptive["total"]["domains"],
                      " ".join(str(len(phase["layout"])) for phase in adaptive["phases"]))
            curves.setdefault(work, []).append((cost, merged["total"]["over_isolated"], adaptive["total"]["over_isolated"], adaptive["total"]["domains"]))
    run.write(table)
    dial = Table("dial", "Budget against isolation, at Composite's cost", "as above; TSE11: 35 % and 18.2 domains at a budget of 10 %, 28 % and 19.4 at 15 %",
                 ["work", "budget, %", "adaptive over isolated", "of merged", "domains, mean", "crossings, % of cycles"])
    dials = {}
    for work, path in traces.items():
        most = replay(path, "--mode", "merged", "--cost", site.COMPOSITE)["total"]["over_isolated"]
        for budget in BUDGETS:
            total = replay(path, "--cost", site.COMPOSITE, "--budget", budget)["total"]
            dial.add(work, budget, total["over_isolated"], total["over_isolated"] / most, total["domains"], total["crossing_percent"])
            dials.setdefault(work, []).append((budget, total["over_isolated"], total["domains"]))
    run.write(dial)
    for work, points in dials.items():
        kept = [point for point in points if point[2] >= 18]
        best = max(kept, key=lambda point: point[1])    # the fastest that keeps 18
        run.goal(f"replayed at Composite's cost, {work}, budget {best[0]} %: gain over isolated", 100 * (best[1] - 1), "%", at_least=35)
        run.goal(f"replayed at Composite's cost, {work}, budget {best[0]} %: domains on average", best[2], "", at_least=18)
    plot(run.folder, "charged", lambda axes: draw_costs(axes, curves), width=8)
    plot(run.folder, "dial", lambda axes: draw_dial(axes, dials), width=8)


def costs():
    for line in (REPOSITORY / "policy/costs.txt").read_text().splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            yield words[0], int(words[1])


def replay(path, *words):
    done = subprocess.run([str(REPLAY), str(path), "--format", "json", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"policy/replay: {done.stderr.strip()}")
    return json.loads(done.stdout)


# ---- Recording ----

def record():
    """{"edges": [[client, server]...], "components": {...}, "speed", "phases": [{"name", "requests", "windows": [[cycles, microseconds, counts...]...]}]}"""
    shoji.tap()
    guest = site.Site()
    try:
        guest.set(mode="isolated")
        site.STATIC.ask(CHUNK)
        last = guest.snapshot()
        edges = sorted(last.edges)
        phases = []
        for workload in site.FIVE:
            windows, requests, began = [], 0, time.monotonic()
            last = guest.snapshot()
            while time.monotonic() - began < SECONDS:
                opened = time.monotonic()
                asked = 0
                while time.monotonic() - opened < PERIOD:
                    workload.ask(CHUNK)
                    asked += CHUNK
                now = guest.snapshot()
                since = now.since(last)
                windows.append({"cycles": now.cycles - last.cycles, "seconds": now.at - last.at, "requests": asked,
                                "counts": [since[edge][0] for edge in edges]})
                requests += asked
                last = now
            phases.append({"name": workload.name, "pipelined": workload.pipelined, "static": workload.path == "/hw", "windows": windows})
        return {"edges": edges, "phases": phases, "speed": guest.policy()["cycles_per_second"]}
    finally:
        guest.stop()


def trace(recorded, composite_work):
    """The recording in the form of policy/replay. Load came as fast as it was answered: no window has idle cycles."""
    lines = ["shoji-trace 1", "# Five workloads (TSE11, 5.4), everything isolated."]
    lines += [f"component {name} {number}" for name, number in site.ids().items()]
    lines += ["edge {} {}".format(*edge) for edge in recorded["edges"]]
    lines.append(f"cost {0 if composite_work else 1}")
    for phase in recorded["phases"]:
        lines.append("phase " + phase["name"].split(":")[0] + "-" + phase["name"].split(": ")[1].replace(", ", "-").replace(" ", "-").replace(".", "_"))
        for window in phase["windows"]:
            cycles = round(window["requests"] * PAPER_WORK[not phase["static"]]) if composite_work else window["cycles"]
            lines.append(" ".join(map(str, ["window", cycles, 0, window["requests"], *window["counts"]])))
    return "\n".join(lines) + "\n"


def draw_costs(axes, curves):
    for work, color in zip(curves, ("tab:blue", "tab:red")):
        points = sorted(curves[work])
        for column, style, name in ((1, "--", "merged"), (2, "-", "adaptive, 10 %")):
            axes.plot([p[0] for p in points], [p[column] for p in points], style, color=color, marker=".", label=f"{name}, work {work}")
    for system, cost in costs():
        axes.axvline(cost, color="0.9", linewidth=1, zorder=0)
        axes.text(cost, 1.01, system, rotation=90, fontsize=6, color="0.4", transform=axes.get_xaxis_transform(), ha="center", va="bottom")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("cycles of a crossing")
    axes.set_ylabel("throughput over isolated")
    axes.legend(fontsize=8)


def draw_dial(axes, dials):
    other = axes.twinx()
    for (work, points), color in zip(dials.items(), ("tab:blue", "tab:red")):
        axes.plot([p[0] for p in points], [p[1] for p in points], "-", color=color, marker=".", label=f"throughput, {work}")
        other.plot([p[0] for p in points], [p[2] for p in points], "--", color=color, marker=".", label=f"domains, {work}")
    axes.set_xlabel("budget for crossings at Composite's cost, % of processor time")
    axes.set_ylabel("throughput over isolated")
    other.set_ylabel("domains, mean")
    other.set_ylim(0, site.COMPONENTS + 1)
    lines = [*axes.get_lines(), *other.get_lines()]
    axes.legend(lines, [line.get_label() for line in lines], fontsize=8)
