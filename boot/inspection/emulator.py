# SPDX-License-Identifier: BSD-2-Clause
"""The memory and the MMP unit of a running QEMU, by its monitor (QMP). Reading does not disturb the guest; to see all of it at one
moment, read within `with emulator.stopped():`."""
import contextlib
import json
import os
import pathlib
import socket
import tempfile

from . import arch


class Unreachable(Exception):
    """No emulator answers; the message is for the user."""


class Emulator:
    """Memory for tables.Walker: read(address, bytes)."""

    def __init__(self, run='build/run'):
        self.folder = pathlib.Path(run)
        folder = self.folder if self.folder.is_absolute() else arch.REPOSITORY / self.folder
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            # A path relative to the folder: a socket's name may be short only.
            self.connect(folder / 'qmp.sock')
        except OSError as reason:
            raise Unreachable(f'no system runs in {run} ({reason.strerror}): make start boots one') from None
        self.lines = self.socket.makefile('rb')
        self.lines.readline()
        self.execute('qmp_capabilities')
        self.shared = tempfile.NamedTemporaryFile(prefix='shoji-memory-')

    def connect(self, path):
        here = os.open('.', os.O_RDONLY)
        try:
            os.chdir(path.parent)
            self.socket.connect(path.name)
        finally:
            os.fchdir(here)
            os.close(here)

    def execute(self, command, **arguments):
        self.socket.sendall(json.dumps({'execute': command, 'arguments': arguments}).encode() + b'\n')
        while True:
            line = self.lines.readline()
            if not line:
                raise Unreachable('the emulator has ended')
            told = json.loads(line)
            if 'error' in told:
                raise Unreachable(f'{command}: {told["error"]["desc"]}')
            if 'return' in told:
                return told['return']

    def mmp(self):
        """Registers, counters and call stack of the MMP unit (query-mmp)."""
        return self.execute('query-mmp')

    def read(self, address, bytes_):
        """Of physical memory, which is the linear one here."""
        self.execute('pmemsave', val=address, size=bytes_, filename=self.shared.name)
        return pathlib.Path(self.shared.name).read_bytes()

    @contextlib.contextmanager
    def stopped(self):
        running = self.execute('query-status')['running']
        if running:
            self.execute('stop')
        try:
            yield self
        finally:
            if running:
                self.execute('cont')

    def close(self):
        self.shared.close()
        self.lines.close()
        self.socket.close()
