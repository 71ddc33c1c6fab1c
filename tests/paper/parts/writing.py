# SPDX-License-Identifier: BSD-2-Clause
"""Part `writing`: what software pays to write permission tables, in bitmap and in run-length form."""

import measuring
from figures import Table, plot
from parts import live

PAPER_RATIO = 3.0  # WDDD 4.3
SIZES = {"place": 3, "cells": 3, "packets": 1}
WHAT = {"place": "guarded allocations, then all freed", "cells": "guarded allocations, then all freed",
        "packets": "packets lent to a driver and taken back"}


def costs(run, name, calls):
    def count():
        file = run.folder / "calls.txt"
        file.write_text(calls)
        try:
            return {form: measuring.instructions(file, form, run.folder) for form in measuring.FORMS}
        finally:
            file.unlink()

    return run.steps.get(f"writing, {name}", [measuring.TOOL, calls], count)


def measure(run):
    table = Table("writing", "Writing permission tables: instructions for each call", "instructions, by callgrind, on the host",
                  ["trace", "calls", *(measuring.FORM_NAMES[f] for f in measuring.FORMS), "run-length / bitmap", "paper"])
    traces = {}
    for system, name in ((live.SHIPPED, "this system's own calls"), (live.GUARDED, "the same with every heap guarded")):
        found = live.measured(run, system)
        if found is None:
            table.add(name, *([None] * 5), run.why_no_network)
        else:
            traces[name] = found["calls"]
            traces[f"{name}, about words"] = within_pages(found["calls"])
    for program, size in SIZES.items():
        traces[f"{program}: {WHAT[program]}"] = measuring.calls_of(program, size)[0]
    ratios = {}
    for name, calls in traces.items():
        if "set" not in calls:
            table.add(name, 0, *([None] * 4), "no such call was made")
            continue
        cost = costs(run, name, calls)
        each = {form: cost[form]["instructions"] / cost[form]["calls"] for form in measuring.FORMS}
        ratios[name] = {form: each[form] / each["bitmap"] for form in measuring.FORMS}
        table.add(name, cost["bitmap"]["calls"], *each.values(), ratios[name]["narrow"], PAPER_RATIO)
    table.remarks += [
        "The column run-length / bitmap is of the overlapping form, WDDD's own. All forms are written by mmp_hw/tables, with "
        "the same allocator of tables; what taking and giving them costs is included in each.",
        "This system's own calls, recorded from the running kernel while it boots, serves requests, and is merged and split, "
        "grant whole segments of components, whole pages of heaps, and words to the network card, all at boot. What costs most is that the first call "
        "for a slot makes its mid table of 1,024 entries. With every heap guarded (manifest, `heap guard`) allocations, first stores and frees "
        "are calls too. Mondrix's trace, of which the paper says threefold, was "
        "of allocations, packets and arguments; the last rows are of that kind. There an entry that changes is decoded, its "
        "regions broken and coalesced, and its neighbours' overlap written again: almost half of the instructions are encoding up to "
        "five entries for one change. The factor is above the paper's because the bitmap writer here does a call of one chunk in a few "
        "hundred instructions, because more than four regions in 16 words, frequent in these heaps, mean a bitmap that is made or "
        "given back, and because a page is looked at as a whole after each change: three regions need no table.",
    ]
    run.write(table)

    def draw(axes):
        names = [name for name in ratios]
        for k, form in enumerate(measuring.FORMS[1:]):
            axes.barh([i + (k - 0.5) * 0.35 for i in range(len(names))], [ratios[n][form] for n in names], 0.35,
                      label=measuring.FORM_NAMES[form])
        axes.axvline(PAPER_RATIO, color="0.3", linestyle="--", linewidth=1, label="paper")
        axes.axvline(1, color="0.7", linewidth=1)
        axes.set_yticks(range(len(names)), [n.split(":")[0] for n in names])
        axes.invert_yaxis()
        axes.set_xlabel("instructions, run-length / bitmap")
        axes.legend(fontsize=8)

    plot(run.folder, "writing", draw, width=7.5)


def within_pages(calls):
    def partial(line):
        words = line.split()
        return words[0] == "set" and (int(words[2], 0) | int(words[3], 0)) % 4096 != 0

    return "".join(line + "\n" for line in calls.splitlines() if line and partial(line))
