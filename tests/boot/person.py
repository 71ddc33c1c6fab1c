# SPDX-License-Identifier: BSD-2-Clause
"""Somebody at a terminal: a program in a pseudo-terminal (pexpect), and what its screen shows (pyte), 80 columns wide and long enough that nothing
scrolls away. Keys go in as a terminal sends them.
"""

import os
import time

import pexpect
import pyte

ROWS = 4000
PROMPT = "shoji> "
UP, DOWN, RIGHT, LEFT, HOME, END, DELETE = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~"
CTRL_C, TAB, ENTER, LEAVE = "\x03", "\t", "\r", "\x1d"
PATIENCE = 60


class Person:
    def __init__(self, command, cwd, **environment):
        self.screen = pyte.Screen(80, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.rings = 0
        self.program = pexpect.spawn(command[0], [str(word) for word in command[1:]], cwd=str(cwd), env={**os.environ, **environment},
                                     dimensions=(ROWS, 80), echo=False, timeout=PATIENCE)

    def looks(self, seconds=0.05):
        """Reads what has come, for so long at least if nothing does."""
        try:
            said = self.program.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return False
        self.rings += said.count(b"\a")
        self.stream.feed(said)
        return True

    def rows(self):
        """All that is on the screen down to the cursor, without blanks behind it."""
        return [self.row(y).rstrip() for y in range(self.screen.cursor.y + 1)]

    def row(self, y):
        """What Screen.display has, but only of the rows that are wanted: all of them take long."""
        cells = self.screen.buffer[y]
        return "".join(cells[x].data for x in range(80))

    def line(self):
        """The cursor's row, as far as the cursor, and what is behind it."""
        row = self.row(self.screen.cursor.y)
        return row[:self.screen.cursor.x], row[self.screen.cursor.x:].rstrip()

    def waits(self, until, what):
        end = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < end, f"no {what} on the screen:\n" + "\n".join(self.rows()[-30:])
            self.looks()

    def types(self, keys):
        self.program.send(keys)

    def sees(self, text, since=0):
        """Waits until a row has this text; the row's number."""
        self.waits(lambda: self.where(text, since) is not None, repr(text))
        return self.where(text, since)

    def where(self, text, since):
        return next((y for y in range(since, self.screen.cursor.y + 1) if text in self.row(y)), None)

    def sees_line(self, before, behind=""):
        self.waits(lambda: self.line() == (before, behind), f"line {before!r}, cursor, {behind!r}")

    def prompted(self):
        self.sees_line(PROMPT)

    def says(self, line):
        """Types a command at a prompt; returns what it brings, row by row."""
        self.prompted()
        begin = self.screen.cursor.y
        self.types(line)
        if len(PROMPT + line) < 80:
            self.sees_line(PROMPT + line)
        self.types(ENTER)
        self.waits(lambda: self.line() == (PROMPT, "") and self.screen.cursor.y > begin, f"prompt after {line!r}")
        rows = self.rows()[begin:-1]
        assert "".join(rows[:-(-len(PROMPT + line) // 80) or 1]) == (PROMPT + line).rstrip(), rows
        return rows[-(-len(PROMPT + line) // 80) or 1:]

    def ended(self):
        """Waits for the program's end; its status."""
        self.program.expect(pexpect.EOF)
        self.stream.feed(self.program.before)
        self.program.close()
        return self.program.exitstatus
