# SPDX-License-Identifier: BSD-2-Clause
"""gdb looks at a running Shoji: `help shoji` lists the commands. Sourced by boot/debug; `source boot/gdb/shoji.py` works as well, in a gdb
that has build/kernel/shoji.sym.elf as its file and is connected to the emulator.

    symbols.py   each component's symbols at the address it was loaded to
    stacks.py    cross-domain call stacks, and backtraces through gates
    commands.py  the commands
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]

import commands
import stacks
import symbols

symbols.start()
stacks.start()
commands.start()
