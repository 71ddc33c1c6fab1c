# SPDX-License-Identifier: BSD-2-Clause
"""Part `space`: permission tables as a share of the memory that they protect."""

import pathlib
import struct

import measuring
from figures import Table, band, plot
from parts import live

PAPER_SECTIONS = 0.7  # HotOS 3.4, per cent: each program section in its own region
PAPER_BITMAP = 6.25  # HotOS 3.4
PAPER_RUNS = 1.6  # WDDD 3.2: leaf tables of aligned run-length entries

PROGRAMS = ("place", "cells")
SIZE = 5
ALLOCATIONS = (4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024)
HEAP_BYTES = 1 << 20
SECTION_FILES = ("/usr/bin/python3", "/usr/bin/gdb", "/usr/bin/bash", "build/qemu/bin/qemu-system-x86_64")


def even_heap(bytes_each, heap=HEAP_BYTES):
    """Calls that allocate as many blocks of one size as a heap holds, an inaccessible word before and after each."""
    step = bytes_each + 8
    return "".join(f"set 0 {measuring.HEAP + at + 4:#x} {bytes_each} 2\n" for at in range(0, heap - step + 1, step))


def sections(path):
    """(address, bytes, permission) of each section of an ELF file that is in memory, to whole words."""
    data = pathlib.Path(path).read_bytes()
    kind, = struct.unpack_from("<H", data, 16)
    table, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    found = []
    for i in range(count):
        _, what, flags, address, _, length = struct.unpack_from("<IIQQQQ", data, table + i * size)
        if flags & 2 and length and not flags & 0x400:  # in memory, and not a template of thread-local data
            start, end = address & ~3, (address + length + 3) & ~3
            found.append((start + (0x400000 if kind == 3 else 0), end - start, 3 if flags & 4 else 2 if flags & 1 else 1))
    return sorted(found)


def section_calls(path):
    calls, last = [], 0
    for start, length, permission in sections(path):
        start, end = max(start, last), start + length
        if end > start:
            calls.append(f"set 0 {start:#x} {end - start} {permission}\n")
            last = end
    return "".join(calls)


def granted(calls):
    return sum(int(line.split()[3]) for line in calls.splitlines() if line.startswith("set"))


def tables(use, when="end"):
    return sum(use[f"{when}_{what}"] for what in ("root", "mid", "leaf", "bitmap"))


def leaves(use, when="end"):
    return use[f"{when}_leaf"] + use[f"{when}_bitmap"]


def measure_calls(run, name, calls):
    """What tables take after these calls, in each form."""
    file = run.folder / "calls.txt"
    file.write_text(calls)
    try:
        return {form: measuring.numbers("space", file, form) for form in measuring.FORMS}
    finally:
        file.unlink()


def measure(run):
    coarse(run)
    heaps(run)
    even(run)
    own(run)


def coarse(run):
    table = Table("space-sections", "Tables as a share of memory: each section of a program is a region", "bytes",
                  ["program", "memory", "sections", *(f"{measuring.FORM_NAMES[f]}, %" for f in measuring.FORMS), "HotOS 3.4, %"])
    for name in SECTION_FILES:
        path = measuring.REPOSITORY / name
        if not path.exists():
            continue
        calls = section_calls(path)
        use = run.steps.get(f"space, sections of {path.name}", [measuring.TOOL, path], lambda: measure_calls(run, name, calls))
        memory = granted(calls)
        table.add(path.name, memory, calls.count("\n"), *(100 * tables(use[f]) / memory for f in measuring.FORMS),
                  f"< {PAPER_SECTIONS}")
    table.remarks.append(
        "Memory is what the file's sections take, without heap and stack, which HotOS counts too and which are regions that "
        "cost next to nothing: so a program of less than a megabyte or two is above the paper's bound for its root table and "
        "its mid tables alone, 4 KiB each. Borders of sections are rounded to words; a page with a border has a leaf table, "
        "or in run-length form none if it has three regions at most.")
    run.write(table)


def heaps(run):
    table = Table("space-heaps", "Tables as a share of memory: heaps whose allocations have an inaccessible word on either side",
                  "bytes", ["heap", "bytes", "form", "leaf tables, %", "all tables, %", "paper, %"])
    paper = {"bitmap": f"{PAPER_BITMAP} (HotOS 3.4)", "narrow": f"{PAPER_BITMAP} (WDDD 4.1)", "wide": f"{PAPER_RUNS} (WDDD 3.2)"}
    for program in PROGRAMS:
        _, calls = measuring.calls_of(program, SIZE)
        use = run.steps.get(f"space, heap of {program}", [measuring.TOOL, program, SIZE], lambda: measure_calls(run, program, calls))
        for form in measuring.FORMS:
            table.add(program, measuring.span(calls), measuring.FORM_NAMES[form], 100 * leaves(use[form]) / measuring.span(calls),
                      100 * tables(use[form]) / measuring.span(calls), paper[form])
    table.remarks.append(
        "Bitmaps take what the papers say, less where a page lies in one allocation or needs no leaf table. An aligned "
        "run-length entry takes a quarter, 1.6 %, if its 64 words have four regions or fewer; else it points to a "
        "bitmap and takes 1.6 % + 6.25 %. These heaps are of small allocations with two regions each, so most entries "
        "need the bitmap; space-even shows from which size on they do not. A heap this small pays for the whole root "
        "table and mid table too.")
    run.write(table)


def even(run):
    def all_sizes():
        return {str(size): measure_calls(run, f"{size}", even_heap(size)) for size in ALLOCATIONS}

    found = run.steps.get("space, heaps of one size of allocation", [measuring.TOOL, *ALLOCATIONS, HEAP_BYTES], all_sizes)
    table = Table("space-even", "Leaf tables as a share of a heap of 1 MiB, all allocations of one size, guarded", "bytes",
                  ["allocation", *(f"{measuring.FORM_NAMES[f]}, %" for f in measuring.FORMS)])
    for size in ALLOCATIONS:
        table.add(size, *(100 * leaves(found[str(size)][form]) / HEAP_BYTES for form in measuring.FORMS))
    table.remarks.append("The paper's two numbers, 6.25 % and 1.6 %, are the ends of the last column: which one an aligned entry "
                         "comes to depends on whether two whole allocations, with their guards, fill its 64 words.")
    run.write(table)

    def draw(axes):
        for form in measuring.FORMS:
            axes.plot(ALLOCATIONS, [100 * leaves(found[str(size)][form]) / HEAP_BYTES for size in ALLOCATIONS], marker="o",
                      label=measuring.FORM_NAMES[form])
        band(axes, PAPER_BITMAP, PAPER_BITMAP, "paper: bitmap 6.25 %", "0.3")
        band(axes, PAPER_RUNS, PAPER_RUNS, "paper: aligned run-length 1.6 %", "0.6")
        axes.set_xscale("log", base=2)
        axes.set_xlabel("bytes of each allocation")
        axes.set_ylabel("leaf tables, % of heap (bytes)")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=8)

    plot(run.folder, "space-even", draw)


def own(run):
    table = Table("space-system", "This system's own tables, read from the running web server's memory", "bytes",
                  ["system", "domains", "memory granted", "root tables", "mid tables", "leaf tables", "share, %", "without roots, %"])
    watched = {system: live.measured(run, system) for system in (live.SHIPPED, live.GUARDED)}
    for system, found in watched.items():
        if found is None:
            table.add(f"{system}, isolated", *([None] * 6), run.why_no_network)
            continue
        for mode in ("isolated", "merged"):
            use = found["tables"][mode]
            rest = use["mid"] + use["leaf"]
            table.add(f"{system}, {mode}", use["domains"], use["granted"], use["root"], use["mid"], use["leaf"],
                      100 * (use["root"] + rest) / use["granted"], 100 * rest / use["granted"])
    table.remarks.append(
        "Memory granted is every word that some domain may use, once each, however many may. Each component has a slot of "
        "4 MiB to itself and so a mid table to itself, however little of the slot it uses; the papers' modules lie side by "
        "side and share mid tables. That is the price of merges that only change root entries. Merged, the components' mid tables stay, "
        "because a later split needs them again; only root tables become fewer. With every heap guarded "
        "each page of a heap has a leaf table; the supervisor keeps as much again to know fresh and freed words from guard words.")
    run.write(table)
    if watched[live.GUARDED] is not None:
        guarded(run, watched[live.GUARDED]["calls"])


def guarded(run, calls):
    """The guarded heaps of the running system, in each form: what the kernel, which writes bitmaps, would save."""
    lines = [line for line in calls.splitlines() if line.startswith("set") and is_within_page(line)]
    pages = {(line.split()[1], int(line.split()[2], 0) >> 12) for line in lines}
    heaps = "".join(line + "\n" for line in lines)
    use = run.steps.get("space, guarded heaps of the running system", [measuring.TOOL, heaps], lambda: measure_calls(run, "own heaps", heaps))
    table = Table("space-own-heaps", "This system's own guarded heaps, as they were when the requests were over", "bytes",
                  ["form", "pages", "leaf tables", "share of the pages, %", "paper, %"])
    paper = {"bitmap": PAPER_BITMAP, "narrow": PAPER_BITMAP, "wide": PAPER_RUNS}
    for form in measuring.FORMS:
        table.add(measuring.FORM_NAMES[form], len(pages), leaves(use[form]), 100 * leaves(use[form]) / (4096 * len(pages)), paper[form])
    table.remarks.append("The trace of the running kernel's calls about words, written by mmp_tables in each form. The kernel writes bitmaps: "
                         "the first row. It decides nothing but space: what each form costs to write is in `writing`.")
    run.write(table)


def is_within_page(line):
    words = line.split()
    return (int(words[2], 0) | int(words[3], 0)) % 4096 != 0
