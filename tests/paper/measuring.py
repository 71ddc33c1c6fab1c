# SPDX-License-Identifier: BSD-2-Clause
"""The measuring tool, tests/paper/tool: running it, and what it says."""

import pathlib
import re
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TOOL = REPOSITORY / "build/paper/tool"
FORMS = ("bitmap", "narrow", "wide")
FORM_NAMES = {"bitmap": "bitmap", "narrow": "run-length, overlapping", "wide": "run-length, aligned"}
HEAP = 0x4100000  # first address of the traced programs' heap: HEAP_BASE + STATIC_BYTES


def run(*words, tool=TOOL):
    done = subprocess.run([str(tool), *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def numbers(*words, tool=TOOL):
    return {name: int(value) for name, value in (line.split() for line in run(*words, tool=tool).splitlines())}


def calls_of(program, size, tool=TOOL):
    """The permission calls of a traced program, as text, and the same of its heap until all is allocated."""
    said = run("calls", program, size, tool=tool)
    heap = [line for line in said.split("# all is allocated")[0].splitlines()
            if line.startswith("set 0 ") and int(line.split()[2], 0) >= HEAP]
    return said, "\n".join(heap) + "\n"


def span(calls):
    """Bytes from the lowest to the highest address that some call names."""
    ranges = [(int(words[2], 0), int(words[3], 0)) for words in map(str.split, calls.splitlines()) if words[0] == "set"]
    return max(at + size for at, size in ranges) - min(at for at, _ in ranges)


def instructions(calls, form, folder, tool=TOOL):
    """Instructions of mmp_tables_set and all that it calls, for each call of a file."""
    out = pathlib.Path(folder) / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", "--toggle-collect=mmp_tables_set", f"--callgrind-out-file={out}",
               str(tool), "write", str(calls), form]
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f"callgrind: {done.stderr.strip()[-400:]}")
    out.unlink(missing_ok=True)
    count = int(re.search(r"^calls (\d+)", done.stdout, re.M)[1])
    return {"calls": count, "instructions": int(found[1])}
