# SPDX-License-Identifier: BSD-2-Clause
"""One running system: starts QEMU, waits for what it says or answers, stops it. Leaves in its run folder

    pid, token, console.log, monitor.sock, qmp.sock, qemu.log

Invariants:
 1. `pid` exists only between start and stop, and stop ends only a process that still is the one started.
 2. Whatever ends this program also ends a QEMU that it started in the foreground.
"""
import ctypes
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

from machine import REPOSITORY, Unusable

DEATH_SIGNAL = 1    # PR_SET_PDEATHSIG of prctl(2)
TOKEN = re.compile(r'^control token: ([0-9a-fA-F]+)\s*$', re.M)


class Running:
    def __init__(self, machine, run='build/run', prefix=()):
        """`prefix` is put before QEMU's command line: `ip netns exec NAME` and the like."""
        self.machine = machine
        self.run = pathlib.Path(run)
        self.folder = REPOSITORY / run
        self.prefix = list(prefix)
        self.process = None

    # starting

    def start(self, foreground=False):
        """Starts QEMU. In the foreground its console is this terminal, else only console.log."""
        running = self.pid()
        if running:
            raise Unusable(f'it is running already (process {running}); make stop ends it')
        self.folder.mkdir(parents=True, exist_ok=True)
        self.forget()
        for name in ('console.log', 'qemu.log'):
            (self.folder / name).write_text('')
        if not self.machine.tap:
            check_port(self.machine.port, 'PORT')
            check_port(self.machine.control_port, 'CONTROL_PORT')
        log = f'{self.run}/console.log'
        console = f'stdio,signal=on,logfile={log}' if foreground else f'file,path={log}'
        command = [*self.prefix, *self.machine.command(console, self.run)]
        with open(self.folder / 'qemu.log', 'w') as errors:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, stdin=None if foreground else subprocess.DEVNULL,
                stdout=None if foreground else errors, stderr=None if foreground else errors,
                start_new_session=not foreground, preexec_fn=die_with_parent if foreground else None)
        (self.folder / 'pid').write_text(f'{self.process.pid}\n')
        threading.Thread(target=self.note_token, daemon=True).start()

    def note_token(self):
        while self.alive():
            if self.token():
                return
            time.sleep(0.02)

    def token(self):
        """The control interface's token, once the console has told it; also written to the file `token`."""
        found = TOKEN.search(self.console())
        if not found:
            return None
        path = self.folder / 'token'
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
                file.write(found[1] + '\n')
        return found[1]

    # watching

    def console(self):
        path = self.folder / 'console.log'
        return path.read_text(errors='replace') if path.exists() else ''

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def wait_for(self, ready, timeout, what):
        """Waits until ready() is true; a system that has died or takes too long is an error that shows the console's end."""
        end = time.monotonic() + timeout
        while not ready():
            if not self.alive() or time.monotonic() > end:
                reason = f'no {what} within {timeout} s' if self.alive() else f'QEMU ended before {what}'
                messages = (self.folder / 'qemu.log').read_text(errors='replace').strip()
                tail = '\n'.join(self.console().splitlines()[-30:])
                raise Unusable(f'{reason}; {messages or "QEMU says nothing"}; the end of {self.run}/console.log:\n{tail}')
            time.sleep(0.01)

    def answers(self, path='/hw'):
        """Whether the site answers a request now."""
        connection = http.client.HTTPConnection('127.0.0.1', self.machine.port, timeout=2)
        try:
            connection.request('GET', path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def ready(self):
        return self.token() is not None and self.answers()

    # stopping

    def pid(self):
        """The process that the pid file names, if it still is an emulator of this run folder."""
        try:
            pid = int((self.folder / 'pid').read_text())
            words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')
        except (OSError, ValueError):
            return None
        return pid if f'unix:{self.run}/monitor.sock,server=on,wait=off'.encode() in words else None

    def stop(self, patience=5):
        """Ends the emulator, whoever started it. Nothing to end is no error."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + patience
            while self.pid() and time.monotonic() < end:
                if self.process:
                    self.process.poll()
                time.sleep(0.02)
            if self.pid():
                os.kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait()
        self.forget()
        return pid

    def forget(self):
        for name in ('pid', 'token', 'monitor.sock', 'qmp.sock'):
            (self.folder / name).unlink(missing_ok=True)


def check_port(port, variable):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError as reason:
            raise Unusable(f'port {port} of 127.0.0.1 cannot be used ({reason.strerror}); '
                           f'choose another with {variable}=...') from None


def die_with_parent():
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGTERM)
