# SPDX-License-Identifier: BSD-2-Clause
"""The serial line of a system in the background, here: `make console`. Keys go to the system as they are typed, Ctrl-C too; what it prints
comes here, and into console.log as ever. Leaving it stops nothing.

Invariants:
 1. The terminal is what it was before, whatever ends this.
 2. Nothing waits for this terminal: who does not read is cut off by the guest, which loses bytes and says so.
"""
import contextlib
import os
import select
import socket
import sys
import termios
import tty

from machine import Unusable

LEAVE = b'\x1d'     # Ctrl-]


@contextlib.contextmanager
def raw(terminal):
    """Every key as a byte, if it is a terminal."""
    if not os.isatty(terminal):
        yield
        return
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)     # what was typed by now is for the system, too
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def attach(path, keys=0, screen=1):
    """Until Ctrl-] is typed, the keys end, or the system does. Returns whether the system has ended."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except OSError as reason:
            raise Unusable(f'no system in the background answers at {path} ({reason.strerror}): make start begins one; '
                           'after make run the console is where that was typed') from None
        with raw(keys):
            try:
                return copy(line, keys, screen)
            except BrokenPipeError:     # of the screen, or the line's
                return False


def copy(line, keys, screen):
    sources = [line, keys]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if line in ready:
            said = line.recv(65536)
            if not said:
                return True
            os.write(screen, said)
        if keys in ready:
            typed = os.read(keys, 1024)
            before, leave, _ = typed.partition(LEAVE)
            line.sendall(before)
            if leave:
                return False
            if not typed:       # a file, or a pipe, at its end: what comes is still shown for a moment
                sources.remove(keys)
                return drained(line, screen)


def drained(line, screen, quiet=1.0):
    while select.select([line], [], [], quiet)[0]:
        said = line.recv(65536)
        if not said:
            return True
        os.write(screen, said)
    return False


def console(folder):
    if sys.stdin.isatty():
        print('  Enter shows the shell; Ctrl-] leaves, and the system goes on', flush=True)
    ended = attach(folder / 'console.sock')
    print('\r\nthe system has ended' if ended else '\r\nleft; make console comes back', flush=True)
    return 0
