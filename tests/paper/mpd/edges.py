# SPDX-License-Identifier: BSD-2-Clause
"""Figs. 5b and 5c and Table 3 of TSE11: invocations by edge, everything isolated, for the paper's two workloads."""

from figures import Table, plot
from harness import shoji
from harness.guest import REPOSITORY

from mpd import site

REQUESTS = 4000
SIX = 6
PAPER = {  # edges above 1 %, hottest first; and the share of the six hottest
    site.STATIC.name: ("10-9 17-16 7-17 9-7 3-1 9-11 9-8 14-15 11-14 7-8 7-24 8-1 7-3 15-8", 72),
    site.CGI_PIPELINED.name: ("21-20 20-18 14-18 11-14 18-8 10-9 17-16 7-17 9-7 8-1 3-1 9-11 9-8 7-8", 78),
}


def measure(run):
    if not run.network:
        return
    made_from = [REPOSITORY / "build/kernel/shoji.elf", *sorted((REPOSITORY / "build/components").glob("*.elf")), REQUESTS]
    counts = run.steps.get("edges", made_from, count)
    number = site.ids()
    table = Table("fig-5bc", "Invocations by edge (TSE11, Figs. 5b and 5c)", "invocations a request, all components isolated; those of the supervisor left out",
                  ["edge", "workload", "components", "invocations a request", "% of all", "% up to here"])
    hot = Table("table-3", "Edges with more than 1 % of invocations, hottest first (TSE11, Table 3)", "invocations", ["workload", "", "edges", "% in the six hottest"])
    six = {}
    for name, edges in counts.items():
        ranked = sorted(edges.items(), key=lambda edge: -edge[1])
        total, sum_ = sum(edges.values()), 0
        shown = []
        for edge, n in ranked:
            if n == 0:
                continue
            sum_ += n
            client, server = edge.split()
            short = f"{number[client]}-{number[server]}"
            table.add(short, name, f"{client} {server}", n / REQUESTS, 100 * n / total, 100 * sum_ / total)
            if n > total / 100:
                shown.append(short)
        share = 100 * sum(n for _, n in ranked[:SIX]) / total
        six[name] = {edge for edge, _ in ranked[:SIX]}
        paper_edges, paper_share = PAPER[name]
        hot.add(name, "here", " ".join(shown), share)
        hot.add("", "TSE11", paper_edges, float(paper_share))
        run.goal(f"{name}: share of the six hottest edges", share, "%", at_least=70)
        run.goal(f"{name}: edges of the manifest", len(edges), "", note="97 in TSE11")
    both = len(set.intersection(*six.values()))
    run.goal("edges among the six hottest of both workloads", both, "", at_most=2)
    run.write(table)
    run.write(hot)
    for letter, (name, edges) in zip("bc", counts.items()):
        plot(run.folder, f"fig-5{letter}", lambda axes, name=name, edges=edges: draw(axes, name, edges, number))


def count():
    shoji.tap()
    guest = site.Site()
    try:
        guest.set(mode="isolated")
        return {workload.name: guest.measured(workload, REQUESTS)["edges"] for workload in (site.STATIC, site.CGI_PIPELINED)}
    finally:
        guest.stop()


def draw(axes, name, edges, number):
    ranked = [(edge, n) for edge, n in sorted(edges.items(), key=lambda edge: -edge[1]) if n > 0][:25]
    total, sums, sum_ = sum(edges.values()), [], 0
    for _, n in ranked:
        sum_ += n
        sums.append(100 * sum_ / total)
    names = ["{}→{}".format(*(number[part] for part in edge.split())) for edge, _ in ranked]
    axes.bar(range(len(ranked)), [n / REQUESTS for _, n in ranked], color="tab:blue")
    axes.set_xticks(range(len(ranked)), names, rotation=90, fontsize=7)
    axes.set_ylabel("invocations a request")
    axes.set_title(name, fontsize=9)
    other = axes.twinx()
    other.plot(range(len(ranked)), sums, color="tab:red", marker=".")
    other.set_ylim(0, 105)
    other.set_ylabel("% of all, cumulative")
