#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reproduces the figures of the papers on Mondriaan memory protection and writes them beside the papers' own numbers.

Parts: space, reach, writing, web. Usually started by `make paper-mmp`, which builds what it needs. What is done is
remembered: a run that was stopped goes on. docs/paper-mmp.md explains the figures.
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(1, str(REPOSITORY / "tests/bench"))
from harness import child, network  # noqa: E402
from parts import reach, space, web, writing  # noqa: E402
from steps import Steps, progress  # noqa: E402

PARTS = {"space": space, "reach": reach, "writing": writing, "web": web}


class Run:
    """One run: where its files go, what is known already, and why there is no network, if there is none."""

    def __init__(self, folder, again, why_no_network):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.steps = Steps(self.folder / "steps.json", again)
        self.why_no_network = why_no_network
        self.tables = []

    def write(self, table):
        table.write(self.folder)
        self.tables.append(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts, with commas between them; all of them without")
    parser.add_argument("--again", action="store_true", help="measure everything anew")
    parser.add_argument("--out", default=str(REPOSITORY / "build/paper/mmp"))
    options = parser.parse_args()
    parts = child.parts_asked(parser, options.only, PARTS)
    why_no_network = None if network.MARK in network.os.environ else network.available()
    if why_no_network is None:
        network.enter()
    run = Run(options.out, options.again, why_no_network)
    failed = False
    for part in parts:
        progress(f"part {part}")
        try:
            PARTS[part].measure(run)
        except (child.BenchError, RuntimeError) as error:
            failed = True
            print(f"paper-mmp: {part}: {error}", file=sys.stderr)
        finally:
            child.stop_all()
    text = "\n\n".join(table.text() for table in run.tables)
    (run.folder / "tables.txt").write_text(text)
    print(text)
    print(f"written: {options.out}")
    return 1 if failed else 0


if __name__ == "__main__":
    child.program("paper-mmp", main)
