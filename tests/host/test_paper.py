# SPDX-License-Identifier: BSD-2-Clause
"""The papers' figures (tests/paper) on small inputs: space, reach and the cost of writing obey what must hold of them."""

import pathlib
import shutil
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/paper"), str(ROOT / "tests/bench")]
import figures  # noqa: E402
import measuring  # noqa: E402
import steps  # noqa: E402
from parts import levels, live, reach, space, web  # noqa: E402

FOLDERS = ("tests/paper/tool", "mmp_hw/model", "mmp_hw/tables")
TABLES = ("root", "mid", "leaf", "bitmap")


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    program = tmp_path_factory.mktemp("paper") / "tool"
    sources = [str(file) for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.c"))]
    includes = [f"-I{ROOT / folder}" for folder in (*FOLDERS, "mmp_hw/include")]
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-g", *includes, *sources, "-o", str(program)],
                   check=True)
    return program


def use(tool, folder, calls):
    file = folder / "calls"
    file.write_text(calls)
    return {form: measuring.numbers("space", file, form, tool=tool) for form in measuring.FORMS}


# ---- Space ----

@pytest.mark.parametrize("size, aligned", [(256, 1.5625), (1024, 1.5625), (8, 1.5625 + 6.25)])
def test_leaf_tables_of_a_heap_of_equal_allocations(tool, tmp_path, size, aligned):
    heap = 64 * 1024
    found = use(tool, tmp_path, space.even_heap(size, heap))
    share = {form: 100 * space.leaves(found[form]) / heap for form in measuring.FORMS}
    assert share["bitmap"] == 6.25
    assert share["wide"] == pytest.approx(aligned, abs=0.1)
    assert 6.25 <= share["narrow"] <= 12.5
    for form in measuring.FORMS:
        assert (found[form]["end_root"], found[form]["end_mid"]) == (4096, 4096)


@pytest.mark.parametrize("program", ["place", "cells", "packets"])
def test_freeing_gives_run_length_tables_back(tool, tmp_path, program):
    calls, _ = measuring.calls_of(program, 1, tool=tool)
    found = use(tool, tmp_path, calls)
    for form in ("narrow", "wide"):
        assert found[form]["end_leaf"] + found[form]["end_bitmap"] == 0
    for form in measuring.FORMS:
        assert space.tables(found[form], "peak") >= space.tables(found[form])


def test_sections_of_a_program_are_regions_in_order():
    found = space.sections(sys.executable)
    assert len(found) > 5
    assert all(at % 4 == 0 and size % 4 == 0 and size > 0 for at, size, _ in found)
    lines = [line.split() for line in space.section_calls(sys.executable).splitlines()]
    ends = [int(line[2], 0) + int(line[3]) for line in lines]
    assert all(end <= int(line[2], 0) for end, line in zip(ends, lines[1:]))


def test_tables_in_memory_are_counted_once():
    memory = bytearray(0x8000)
    root, other, mid, leaf = 0x2000, 0x3000, 0x4000, 0x5000
    for index, at in enumerate((root, other, root)):
        struct.pack_into("<IHHQ", memory, 0x1000 + 16 * index, at, 0x8001, 1, 0)
    struct.pack_into("<I", memory, 0x1000 + 48, 1)  # no root: the table's end
    for at in (root, other):
        struct.pack_into("<2I", memory, at, mid, 2 << 16 | 1)
    struct.pack_into("<2I", memory, mid, leaf, 2 << 16 | 1)
    struct.pack_into("<I", memory, leaf, 0b0110)  # two words
    found = live.tables_use(memory, 0x1000, 0x8000)
    assert found == {"domains": 2, "root": 8192, "mid": 4096, "leaf": 256, "granted": 8 + 512 + 0x80000, "heap_leaves": 1}


# ---- Reach ----

@pytest.mark.parametrize("program", ["place", "cells"])
def test_reach(tool, program):
    found = {form: measuring.numbers("reach", program, 1, form, 64, 4, tool=tool) for form in measuring.FORMS}
    for counts in found.values():
        assert counts["stale"] == 0  # each shrinking call was followed by an invalidation
        assert counts["plb_hits"] + counts["plb_misses"] >= counts["references"]
        assert counts["table_references"] >= counts["plb_misses"]
        assert 0 < reach.share(counts) < 100
    assert len({counts["references"] for counts in found.values()}) == 1  # the program does not depend on the form
    assert found["narrow"]["plb_misses"] <= found["bitmap"]["plb_misses"]
    again = measuring.numbers("reach", program, 1, "narrow", 64, 4, tool=tool)
    assert again == found["narrow"]


# ---- Writing ----

@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_run_length_entries_cost_more_to_write(tool, tmp_path):
    file = tmp_path / "calls"
    file.write_text(space.even_heap(16, 4096) + "set 0 0x4100004 16 0\n")
    cost = {form: measuring.instructions(file, form, tmp_path, tool=tool) for form in measuring.FORMS}
    assert len({c["calls"] for c in cost.values()}) == 1
    assert cost["bitmap"]["instructions"] < min(cost["narrow"]["instructions"], cost["wide"]["instructions"])


def test_a_recorded_lend_counts_once():
    lines = ["view_set 4096 8192 64 2", "view_lend 4096 8256 64 1", "view_set 4096 8256 64 1", "layout_merge 0 1",
             "view_lend 8192 8320 64 1", "view_destroy 8192", "view_destroy 12288"]
    assert live.calls_text(lines).splitlines() == ["set 0 0x2000 64 2", "set 0 0x2040 64 1", "set 1 0x2080 64 1", "clear 1"]


def test_kept_pages_and_their_words_are_recorded():
    written = "2 4096 8192 4096 9 9\n1 4096 8256 24 2 9\n3 9 9 9 9 9\n1 4096 8256 24 0 9\n0 4096 8192 4096 2 9\n"
    lines = live.named(written)
    assert lines == ["view_keep 4096 8192 4096", "view_set_kept 4096 8256 24 2", "heap_first_store", "view_set_kept 4096 8256 24 0",
                     "view_set 4096 8192 4096 2"]
    assert live.calls_text(lines).splitlines() == ["set 0 0x2000 4096 0", "set 0 0x2040 24 2", "set 0 0x2040 24 0", "set 0 0x2000 4096 2"]
    assert live.phase_counts(lines)["view_set_kept"] == 2


# ---- The web server's columns, and what is written ----


def modelled(cycles, gated, faults=0.0):
    return {"cycles": cycles, "gated": gated, "faults": faults, "references": 90, "table-references": 10, "cycles of gates": cycles / 10,
            "cycles of PLB walks": cycles / 20, "least cycles": cycles, "most cycles": cycles}


def test_levels_are_compared_with_one_domain(tmp_path):
    class Run:
        folder, table = tmp_path, None

        def write(self, table):
            self.table = table

    classed = {name: {"instructions": 20} for name in levels.CLASSES}
    systems = {system: {"modelled": {mode: modelled(100.0 + 10 * i + (5 if mode == "isolated" else 0), 4.0, float(i)) for mode in ("merged", "isolated")},
                        "classed": {mode: classed for mode in ("merged", "isolated")}}
               for i, system in enumerate((*levels.SYSTEMS, live.SHIPPED))}
    run = Run()
    levels.columns(run, systems, {live.SHIPPED: None})
    rows = {row[0]: row for row in run.table.rows}
    assert rows[levels.LEVELS[0].name][1] == 0
    assert [round(rows[level.name][1]) for level in (*levels.LEVELS[1:], levels.SHIPPED)] == [5, 15, 25, 35, 45]
    assert rows[levels.LEVELS[3].name][11] == 2.0  # first stores, of that system
    assert (tmp_path / "web.svg").exists()


def test_code_is_classed_by_file():
    assert [web.class_of(f) for f in ("mmp/view.c", "layout/share.c", "supervisor/heap.c", "supervisor/console.c", "thread.c")] \
        == ["Mbot", "Mtop", "Mtop", "kernel", "kernel"]


def test_a_table_says_what_it_counts(tmp_path):
    table = figures.Table("t", "Title", "bytes", ["a", "b"])
    table.add("x", 1.5)
    table.add("y", None)
    table.write(tmp_path)
    assert "Counted: bytes." in (tmp_path / "t.txt").read_text()
    assert (tmp_path / "t.csv").read_text().splitlines() == ["a,b,counted", "x,1.5,bytes", "y,,bytes"]


def test_a_step_is_done_once_until_what_it_is_made_from_changes(tmp_path):
    done = []
    for made_from in ("a", "a", "b"):
        steps.Steps(tmp_path / "steps.json").get("step", [made_from], lambda: done.append(made_from))
    assert done == ["a", "b"]
