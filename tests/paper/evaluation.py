#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does the evaluation of the paper on mutable protection domains again, on this system, and writes its figures and tables beside the paper's own numbers.

Parts: primitives, throughput, walls, edges, adaptive, charged. Usually started by `make paper-mpd`, which builds what it needs. What is done is
remembered: a run that was stopped goes on. docs/paper-mpd.md explains the figures.
"""

import argparse
import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(REPOSITORY / "tests/bench"), str(REPOSITORY / "boot")]
import steps  # noqa: E402
from figures import Table  # noqa: E402
from harness import child, figure, network  # noqa: E402
from mpd import adaptive, charged, edges, primitives, throughput, walls  # noqa: E402

PARTS = {"primitives": primitives, "throughput": throughput, "walls": walls, "edges": edges, "adaptive": adaptive, "charged": charged}


class Run:
    """One run: where its files go, what is known already, what it was compared with."""

    def __init__(self, options, why_no_network):
        self.folder = pathlib.Path(options.out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.steps = steps.Steps(self.folder / "steps.json", options.again)
        self.why_no_network = why_no_network
        self.network = why_no_network is None
        peer = pathlib.Path(options.peer)
        self.peer = peer / "initrd.gz" if (peer / "initrd.gz").exists() else None
        self.tables, self.goals = [], []

    def write(self, table):
        table.write(self.folder)
        self.tables.append(table)

    def goal(self, name, value, unit, at_least=None, at_most=None, note=""):
        limit = figure.at_least(at_least) if at_least is not None else figure.at_most(at_most) if at_most is not None else None
        self.goals.append(figure.Figure("paper-mpd", name, value, unit, limit, note))

    def goals_table(self):
        table = Table("goals", "Goals", "as each table says", ["goal", "value", "goal's limit", "", "note"])
        for one in self.goals:
            table.add(one.name, f"{figure.number(one.value)} {one.unit}".strip(), one.goal.text() if one.goal else "", one.verdict(), one.note)
        return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts, with commas between them; all of them without")
    parser.add_argument("--again", action="store_true", help="measure everything anew")
    parser.add_argument("--out", default=str(REPOSITORY / "build/paper/mpd"))
    parser.add_argument("--peer", default=str(REPOSITORY / "build/bench/peer"))
    options = parser.parse_args()
    parts = child.parts_asked(parser, options.only, PARTS)
    why_no_network = None if network.MARK in network.os.environ else network.available()
    if why_no_network is None:
        network.enter()
    else:
        print(f"paper-mpd: most parts are left out: {why_no_network}", file=sys.stderr)
    run, failed, began = Run(options, why_no_network), False, time.monotonic()
    for number, part in enumerate(parts):
        steps.progress(f"part {part}, {number + 1} of {len(parts)}, after {time.monotonic() - began:.0f} s")
        try:
            PARTS[part].measure(run)
        except (child.BenchError, RuntimeError) as error:
            failed = True
            print(f"paper-mpd: {part}: {error}", file=sys.stderr)
        finally:
            child.stop_all()
    run.write(run.goals_table())
    text = "\n\n".join(table.text() for table in run.tables)
    (run.folder / "tables.txt").write_text(text)
    (run.folder / "goals.json").write_text(json.dumps([{"name": g.name, "value": g.value, "unit": g.unit, "met": g.goal.met(g.value) if g.goal else None}
                                                       for g in run.goals], indent=1) + "\n")
    print(text)
    print(f"written: {options.out}, in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    child.program("paper-mpd", main)
