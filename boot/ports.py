# SPDX-License-Identifier: BSD-2-Clause
"""Ports of this machine for systems that somebody starts beside others: tests, measurements, audits. Nobody takes one between its choice and its use.

Invariants:
 1. A port is never one of those that Linux gives to clients and to whoever binds port 0 (ip_local_port_range), while there are others.
 2. Two programs that ask here, of whatever users, are never given the same one while both run: each has a block of its own, kept by a socket that
    has the block's number for its name (unix(7), abstract) and ends with the program.
 3. A program is given its ports in turn: one that it was given last comes again after all others of its block.
"""
import pathlib
import random
import socket

BLOCK = 128         # ports of one program
LEAST, MOST = 10000, 65536
RANGE = pathlib.Path('/proc/sys/net/ipv4/ip_local_port_range')


def blocks(text):
    """First ports of all blocks outside the range that is written in the text; of all blocks if nothing is outside."""
    low, high = map(int, text.split())
    every = range(LEAST, MOST - BLOCK + 1, BLOCK)
    return [first for first in every if first + BLOCK <= low or first > high] or list(every)


def keep(first):
    """The socket that stands for the block, or None if another program has it."""
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f'\0shoji-ports-{first}')
    except OSError:
        mark.close()
        return None
    return mark


class Ports:
    def __init__(self):
        choice = blocks(RANGE.read_text())
        random.SystemRandom().shuffle(choice)
        self.first, self.mark = next(((first, mark) for first in choice if (mark := keep(first))), (None, None))
        if self.first is None:
            raise OSError(f'all {len(choice)} blocks of {BLOCK} ports are taken by programs that run')
        self.given = 0

    def next(self):
        for _ in range(BLOCK):
            port = self.first + self.given % BLOCK
            self.given += 1
            if usable(port):
                return port
        raise OSError(f'none of the ports {self.first} to {self.first + BLOCK - 1} of 127.0.0.1 can be used')


def usable(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)     # as the emulator has it
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


mine = None


def free_port():
    global mine
    mine = mine or Ports()
    return mine.next()
