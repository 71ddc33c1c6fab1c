# SPDX-License-Identifier: BSD-2-Clause
"""Stands between a system in the background and its serial line: writes console.log, and lets one person at a time talk to the
system at a unix socket. A process of its own, which ends when the emulator does.

    relay.py LOG SOURCE [KEYS LISTENER]     LOG: a path; the others: open file descriptors

Invariants:
 1. What the system prints is in the log at once, line by line, whoever listens besides. The log has no carriage returns, and of a line
    that was written in the place of another only that one (kernel/console.h, the foot).
 2. Who listens and does not read is let go; the system never waits for it.
 3. What somebody types waits with them until the system takes it: nothing is lost here. Who leaves takes along what still waits.
"""
import os
import select
import socket
import sys

ERASE = b'\r\x1b[K'
BEHIND = 1 << 20        # bytes that a listener may be behind
BUSY = b'somebody else is at this console\r\n'


class Log:
    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self.line = b''

    def add(self, said, end=False):
        *whole, self.line = (self.line + said).split(b'\n')
        text = b''.join(shown(line) + b'\n' for line in whole) + (shown(self.line) if end else b'')
        while text:
            text = text[os.write(self.file, text):]


def shown(line):
    return line.rpartition(ERASE)[2].replace(b'\r', b'')


class Relay:
    def __init__(self, log, source, keys, listener):
        self.log = Log(log)
        self.source = source
        self.keys = keys
        self.listener = listener
        self.person = None
        self.unseen = b''       # for the person
        self.untaken = b''      # for the system

    def run(self):
        while self.turn():
            pass
        self.log.add(b'', end=True)

    def turn(self):
        poll, person = select.poll(), self.person and self.person.fileno()
        poll.register(self.source, select.POLLIN)
        if self.listener:
            poll.register(self.listener, select.POLLIN)
        if self.person:
            poll.register(person, (0 if self.untaken else select.POLLIN) | (select.POLLOUT if self.unseen else 0))
        if self.untaken:
            poll.register(self.keys, select.POLLOUT)
        ready = dict(poll.poll())
        if self.keys in ready:
            self.type(b'')
        if self.source in ready and not self.hear():
            return False
        if self.person:
            self.attend(ready.get(person, 0))
        if self.listener and self.listener.fileno() in ready:
            self.welcome()
        return True

    def attend(self, ready):
        if ready & (select.POLLHUP | select.POLLERR):
            self.untaken = b''
            self.part()
            return
        if ready & select.POLLOUT:
            self.show(b'')
        if self.person and ready & select.POLLIN:
            self.listen()

    def hear(self):
        said = os.read(self.source, 1 << 16)
        self.log.add(said)
        if self.person:
            self.show(said)
        return said != b''

    def show(self, said):
        self.unseen += said
        try:
            self.unseen = self.unseen[self.person.send(self.unseen):] if self.unseen else b''
        except BlockingIOError:
            pass
        except OSError:
            self.part()
        if len(self.unseen) > BEHIND:
            self.part()

    def listen(self):
        try:
            typed = self.person.recv(4096)
        except OSError:
            typed = b''
        if typed:
            self.type(typed)
        else:
            self.part()

    def type(self, typed):
        self.untaken += typed
        try:
            self.untaken = self.untaken[os.write(self.keys, self.untaken):]
        except BlockingIOError:
            pass
        except OSError:     # the system has ended; SOURCE tells
            self.untaken = b''

    def welcome(self):
        other, _ = self.listener.accept()
        other.setblocking(False)
        if self.person is None:
            self.person = other
            return
        try:
            other.send(BUSY)
        except OSError:
            pass
        other.close()

    def part(self):
        self.person.close()
        self.person, self.unseen = None, b''


def main(log, source, keys=None, listener=None):
    if keys is not None:
        os.set_blocking(int(keys), False)
        listener = socket.socket(fileno=int(listener))
        listener.setblocking(False)
    Relay(log, int(source), keys and int(keys), listener).run()


if __name__ == '__main__':
    main(*sys.argv[1:])
