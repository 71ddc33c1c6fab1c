# SPDX-License-Identifier: BSD-2-Clause
"""Part `reach`: how often the protection lookaside buffer has to be refilled, by programs that guard each allocation."""

import measuring
from figures import Table, band, plot

PAPER_BITMAP = (10.0, 20.0)  # WDDD 4.2, per cent of memory references
PAPER_RUNS = 7.5
PROGRAMS = {"place": "vpr", "cells": "twolf"}
SIZE = 4
ENTRIES = (16, 32, 64, 128, 256)
DEFAULT_ENTRIES = 64
LEAST = (4, 16, 32, 64, 128)
DEFAULT_LEAST = 4


def share(counts):
    """References to permission tables as a share of all memory references."""
    return 100 * counts["table_references"] / (counts["references"] + counts["table_references"])


def refills(counts):
    """Lookups that found no entry as a share of the program's references."""
    return 100 * counts["plb_misses"] / counts["references"]


def reach(run, program, form, entries, least):
    return run.steps.get(f"reach, {program}, {form}, {entries} entries, allocations of {least} bytes or more", [measuring.TOOL, SIZE],
                         lambda: measuring.numbers("reach", program, SIZE, form, entries, least))


def measure(run):
    by_entries = {(p, f, e): reach(run, p, f, e, DEFAULT_LEAST) for p in PROGRAMS for f in measuring.FORMS for e in ENTRIES}
    by_least = {(p, f, n): reach(run, p, f, DEFAULT_ENTRIES, n) for p in PROGRAMS for f in measuring.FORMS for n in LEAST}

    table = Table("plb-reach", f"Memory references that the permission tables take; PLB of {DEFAULT_ENTRIES} entries",
                  "memory references", ["program", "in the manner of", "form", "references", "lookups that miss, %",
                                        "table references, % of all", "paper, %"])
    for program, like in PROGRAMS.items():
        for form in measuring.FORMS:
            counts = by_entries[program, form, DEFAULT_ENTRIES]
            table.add(program, like, measuring.FORM_NAMES[form], counts["references"], refills(counts), share(counts),
                      "10 to 20" if form == "bitmap" else "7.5")
    table.remarks += [
        "The references are those to heap and static data. Local variables are not counted, as if they stayed in registers; on the "
        "papers' machines a good part of all references went to the stack and to globals, which hit always: "
        "so these shares are above what the same programs would have shown there.",
        explained(by_entries, by_least),
    ]
    run.write(table)
    sweep(run, "plb-entries", "PLB entries", ENTRIES, by_entries)
    sweep(run, "plb-least", "least bytes of an allocation", LEAST, by_least)


def explained(by_entries, by_least):
    """Why run-length entries gain less, or as much, as in the paper; with the numbers of this run."""
    saved = {p: 1 - share(by_entries[p, "narrow", DEFAULT_ENTRIES]) / share(by_entries[p, "bitmap", DEFAULT_ENTRIES])
             for p in PROGRAMS}
    large = {p: 1 - share(by_least[p, "narrow", LEAST[-1]]) / share(by_least[p, "bitmap", LEAST[-1]]) for p in PROGRAMS}
    told = "; ".join(f"{p}: {100 * saved[p]:.0f} %, and {100 * large[p]:.0f} % if no allocation is below {LEAST[-1]} bytes"
                     for p in PROGRAMS)
    return ("Against bitmaps, overlapping run-length entries save this much of the tables' share: " + told + ". A run-length entry "
            "has four regions, and a guarded allocation is two: where more than two allocations meet in 16 words the entry "
            "becomes a pointer to a bitmap, which is read as well, four references instead of three. These programs' "
            "allocations are mostly of 8 to 40 bytes, with 32-bit references; the papers do not say how large those of vpr and "
            "twolf were. plb-least shows the same programs with a larger least allocation. And an entry of this PLB covers a "
            "naturally aligned range of a power of two of bytes (WDDD 4.2): of what a run-length entry tells of its neighbours it keeps "
            "only what completes such a range, 128 or 256 bytes, where the paper counts with up to five bitmap entries in one. "
            "cells follows lists through the whole heap and misses more than the paper's twolf in either form.")


def sweep(run, name, label, values, found):
    table = Table(name, f"Memory references that the permission tables take, by {label}", "memory references",
                  ["program", "form", *(str(v) for v in values)])
    for program in PROGRAMS:
        for form in measuring.FORMS:
            table.add(program, measuring.FORM_NAMES[form], *(share(found[program, form, v]) for v in values))
    run.write(table)

    def draw(axes):
        for program, style in zip(PROGRAMS, ("-", ":")):
            for form, color in zip(measuring.FORMS, ("C0", "C1", "C2")):
                axes.plot(values, [share(found[program, form, v]) for v in values], style, color=color, marker="o",
                          label=f"{program}, {measuring.FORM_NAMES[form]}")
        band(axes, *PAPER_BITMAP, "paper: bitmap", "0.3")
        band(axes, PAPER_RUNS, PAPER_RUNS, "paper: run-length", "0.6")
        axes.set_xscale("log", base=2)
        axes.set_xticks(values, [str(v) for v in values])
        axes.set_xlabel(label)
        axes.set_ylabel("table references, % of memory references")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))

    plot(run.folder, name, draw, width=8.5)
