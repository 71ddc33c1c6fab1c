#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random programs on the emulated processor, on the hardware model and on an oracle: all three must see the same.

    differential.py [--seed N] [--programs N] [--cpu mmp] [--out FOLDER]

A program is a number; program.h says what it consists of. After each of its exceptions registers and fault are noted, at
its end memory; the sum of that is compared. Where it differs, the program is shortened, and what is printed is
the seed, the program that is left, its first operation after which the views differ, and the views.
"""

import argparse
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
sys.path.insert(0, str(REPOSITORY / "tests/boot"))
import bare_kernel  # noqa: E402  the folder is not a package

SHARED = ["program.c", "emit.c", "supervisor.c"]
KERNEL = [FOLDER / name for name in ["guest.S", "guest.c", *SHARED]]
HOST = [FOLDER / name for name in ["host.c", "interpreter.c", "engine_model.c", "engine_oracle.c", *SHARED]]
BATCH = 20000  # programs a boot


class Differential:
    """The kernel and the program of the host, built into a folder."""

    def __init__(self, out, cpu="mmp"):
        self.cpu = cpu
        self.out = pathlib.Path(out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.kernel = bare_kernel.build(self.out, KERNEL, wrap="trapped", flags=[f"-I{FOLDER}"])
        self.host = self.out / "differential"
        model = REPOSITORY / "mmp_hw/model"
        hosts = REPOSITORY / "tests/host"
        sources = [*HOST, *sorted(model.glob("*.c")), hosts / "mmp_tables.c", hosts / "seeded.c"]
        folders = [FOLDER, REPOSITORY / "mmp_hw/include", model, hosts]
        flags = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fno-strict-aliasing"]
        subprocess.run(["gcc", *flags, *(f"-I{path}" for path in folders), *sources, "-o", self.host], check=True)

    def boot(self, *words):
        """What the kernel prints, and the numbers that it writes to the debug console."""
        console = self.out / "results"
        options = ("-m", "64", "-debugcon", f"file:{console}", "-append", " ".join(str(word) for word in words))
        console.write_bytes(b"")
        text = bare_kernel.boot(self.kernel, *options, cpu=self.cpu, timeout=600)
        data = console.read_bytes()
        return text, [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data) - 7, 8)]

    def on_host(self, *words):
        command = [self.host, *(str(word) for word in words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def mismatches(self, seed, first, count):
        """Numbers of the programs that differ. The host interprets them while the processor runs them."""
        command = [self.host, str(seed), str(first), str(count)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
            text, emulator = self.boot(seed, first, count, 0)
            rows = [line.split() for line in host.communicate()[0].splitlines()]
        if len(rows) < count:
            return [first + len(rows)]  # the interpreter has given up there
        if len(emulator) < count or not text.endswith("done\n"):
            return [first + len(emulator)]
        return [
            int(number)
            for (number, model, oracle), found in zip(rows, emulator)
            if not int(model, 16) == int(oracle, 16) == found
        ]

    def views(self, seed, number, without=0):
        """What each saw: a list of lines by name."""
        lines = {"emulator": self.boot(seed, number, 1, without, "v")[0].splitlines()}
        for engine in ("model", "oracle"):
            lines[engine] = self.on_host(seed, number, engine, without).splitlines()
        return {name: [line for line in seen if line != "done"] for name, seen in lines.items()}

    def shortened(self, seed, number):
        """A mask of operations without which the views still differ."""
        without = 0
        for op in reversed(range(30)):
            tried = without | 1 << op
            seen = self.views(seed, number, tried)
            if not seen["emulator"] == seen["model"] == seen["oracle"]:
                without = tried
        return without

    def explain(self, seed, number):
        """The difference, for people."""
        seen = self.views(seed, number)
        if seen["emulator"] == seen["model"] == seen["oracle"]:
            return f"program {number} of seed {seed} differs only among others: run it with those before it"
        without = self.shortened(seed, number)
        seen = self.views(seed, number, without)
        lines = [f"program {number} of seed {seed}, without {without:#x}:"]
        lines += ["  " + line for line in self.on_host(seed, number, "program", without).splitlines()]
        at = 0
        while len({tuple(view[at : at + 1]) for view in seen.values()}) == 1:
            at += 1
        lines.append(f"first difference, event {at}:")
        words = {name: view[at].split() if at < len(view) else ["nothing"] for name, view in seen.items()}
        for name, view in words.items():
            lines.append(f"  {name}: {' '.join(view)}")
        pairs = [dict(zip(view[1::2], view[2::2])) for view in words.values()]
        differ = [key for key in pairs[0] if len({pair.get(key) for pair in pairs}) > 1]
        lines.append(f"  in: {', '.join(differ)}")
        return "\n".join(lines)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--programs", type=int, default=1000000)
    options.add_argument("--cpu", default="mmp")
    options.add_argument("--out", default=REPOSITORY / "build/tests/differential")
    given = options.parse_args()
    test = Differential(given.out, given.cpu)
    for first in range(0, given.programs, BATCH):
        count = min(BATCH, given.programs - first)
        bad = test.mismatches(given.seed, first, count)
        if bad:
            print(f"{len(bad)} programs differ, the first are {bad[:10]}")
            print(test.explain(given.seed, bad[0]))
            return 1
        print(f"seed {given.seed}: {first + count} programs alike", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
