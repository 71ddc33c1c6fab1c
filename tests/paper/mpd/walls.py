# SPDX-License-Identifier: BSD-2-Clause
"""Fig. 5a of TSE11: throughput as the costliest walls fall one after the other. Counted, not timed: cycles and crossings a request, from which the
throughput at a cost of a crossing follows."""

from figures import Table, plot
from harness import shoji
from harness.guest import REPOSITORY

from mpd import site

REQUESTS = 1500
WALLS = 24
PAPER = {site.STATIC.name: 6, site.CGI.name: 8}  # walls after which throughput exceeds 90 % of its maximum


def measure(run):
    if not run.network:
        return
    made_from = [REPOSITORY / "build/kernel/shoji.elf", *sorted((REPOSITORY / "build/components").glob("*.elf")), REQUESTS]
    series = run.steps.get("walls fall", made_from, fall)
    table = Table("fig-5a", "Throughput as the costliest walls fall (TSE11, Fig. 5a)",
                  "guest instructions and invocations between components a request; throughput at a cost of a crossing follows from both",
                  ["walls down", "workload", "merged last", "instructions a request", "crossings a request", "throughput of the most, at 1 cycle", "at 1,680 cycles"])
    reached = {}
    for name, steps in series.items():
        most = {cost: max(site.rate(s["cycles"], s["crossings"], cost) for s in steps) for cost in (1, site.COMPOSITE)}
        for down, step in enumerate(steps):
            share = {cost: site.rate(step["cycles"], step["crossings"], cost) / most[cost] for cost in most}
            if share[site.COMPOSITE] >= 0.9:
                reached.setdefault(name, down)
            table.add(down, name, step["merged"], step["cycles"], step["crossings"], share[1], share[site.COMPOSITE])
    for name, paper in PAPER.items():
        table.remarks.append(
            f"{name}: 90 % of the most at Composite's cost after {reached.get(name, 'no')} walls (TSE11: {paper}). A request takes some ten thousand instructions "
            "here and some 230,000 cycles there, so at an equal cost crossings weigh far more: with few left they still decide, and 90 % comes later.")
    run.write(table)
    plot(run.folder, "fig-5a", lambda axes: draw(axes, series))


def fall():
    shoji.tap()
    series = {}
    for workload in (site.STATIC, site.CGI):
        guest = site.Site()
        try:
            guest.set(mode="isolated")
            series[workload.name] = steps(guest, workload)
        finally:
            guest.stop()
    return series


def steps(guest, workload):
    found, merged = [], ""
    for _ in range(WALLS + 1):
        step = guest.measured(workload, REQUESTS)
        found.append({"merged": merged, "cycles": step["cycles"], "crossings": step["crossings"]})
        wall = costliest(guest.snapshot().domains, step["edges"])
        if wall is None:
            break
        merged = " and ".join(wall)
        guest.merge(*wall)
    return found


def costliest(domains, edges):
    """Two components of the pair of domains between which most was invoked, or None if nothing was."""
    between = {}
    for edge, count in edges.items():
        client, server = edge.split()
        if domains[client] != domains[server]:
            pair = frozenset((domains[client], domains[server]))
            total, most, names = between.get(pair, (0, -1, None))
            between[pair] = (total + count, *((count, (client, server)) if count > most else (most, names)))
    total, _, names = max(between.values(), default=(0, 0, None), key=lambda found: found[0])
    return names if total > REQUESTS // 50 else None


def draw(axes, series):
    for name, found in series.items():
        for cost, style in ((1, "--"), (site.COMPOSITE, "-")):
            rates = [site.rate(s["cycles"], s["crossings"], cost) for s in found]
            axes.plot(range(len(rates)), [rate / max(rates) for rate in rates], style, marker=".", label=f"{name}, {cost:,} cycles a crossing")
    axes.axhline(0.9, color="0.7", linewidth=1)
    axes.set_xlabel("walls down, the costliest first")
    axes.set_ylabel("throughput, of the most")
    axes.set_ylim(0, 1.05)
    axes.legend(fontsize=8)
