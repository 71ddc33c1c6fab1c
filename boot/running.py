# SPDX-License-Identifier: BSD-2-Clause
"""One running system: starts QEMU, waits for what it says or answers, stops it. Leaves in its run folder

    pid, token, console.log, console.sock, monitor.sock, qmp.sock, qemu.log

Invariants:
 1. `pid` exists only between start and stop, and stop ends only a process that still is the one started.
 2. Whatever ends this program also ends a QEMU that it started in the foreground.
 3. console.log has no carriage returns; the lines that QEMU had written when console() is called are in what it returns.
 4. In the background the serial line is at console.sock (relay.py), and console.log is the same whoever is there.
"""
import ctypes
import fcntl
import http.client
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

from machine import REPOSITORY, Unusable

DEATH_SIGNAL = 1    # PR_SET_PDEATHSIG of prctl(2)
ISO_MANIFEST = 'build/system/webserver.manifest'     # boot.mk makes the CD image of this system
TOKEN = re.compile(r'^control token: ([0-9a-fA-F]+)\n', re.M)     # the whole line: it may be half written
PANIC = re.compile(r'^panic: .*\n', re.M)


class Log:
    """Writes console.log from a pipe; in the background it is also who answers at console.sock. relay.py does it, a process of its
    own which ends with the last writer: a system in the background outlives this program."""

    def __init__(self, path, socket_path=None):
        self.lock = threading.Lock()
        self.source, self.sink = os.pipe()
        self.handed = [self.sink]       # to QEMU
        mine, keys = [self.source], []
        if socket_path:
            self.typed, feed = os.pipe()
            fcntl.fcntl(feed, fcntl.F_SETPIPE_SZ, 4096)     # what waits, waits with whoever typed it
            self.handed.append(self.typed)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(socket_path))
            listener.listen()
            keys = [feed, listener.fileno()]
        self.process = subprocess.Popen([sys.executable, '-SEB', str(REPOSITORY / 'boot/relay.py'), str(path), *map(str, mine + keys)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        pass_fds=mine + keys, start_new_session=True)
        if socket_path:
            os.close(feed)
            listener.close()

    def chardev(self):
        """Where QEMU's serial port leads in the background."""
        return f'file,path=/dev/fd/{self.sink},input-path=/dev/fd/{self.typed}'

    def handed_over(self):
        """QEMU holds its ends now, or has failed to start."""
        for end in self.handed:
            os.close(end)

    def settle(self):
        """Returns once all that has been written to the pipe is in the file: none is unread, and the process sleeps again."""
        with self.lock:
            while self.process.poll() is None and (self.unread() or self.state() != 'S'):
                time.sleep(0.001)

    def unread(self):
        return struct.unpack('i', fcntl.ioctl(self.source, termios.FIONREAD, bytes(4)))[0]

    def state(self):
        return pathlib.Path(f'/proc/{self.process.pid}/stat').read_text().rpartition(') ')[2][:1]

    def end(self):
        """To be called once QEMU has ended."""
        with self.lock:
            self.process.wait()
            os.close(self.source)


class Running:
    def __init__(self, machine, run='build/run', prefix=()):
        """`prefix` is put before QEMU's command line: `ip netns exec NAME` and the like."""
        self.machine = machine
        self.folder = REPOSITORY / run
        self.run = self.folder.relative_to(REPOSITORY) if self.folder.is_relative_to(REPOSITORY) else self.folder
        self.prefix = list(prefix)
        self.process = None
        self.log = None
        self.watcher = None
        self.token_lock = threading.Lock()

    # starting

    def start(self, foreground=False):
        """Starts QEMU. In the foreground its console is this terminal, else only console.log."""
        running = self.pid()
        if running:
            raise Unusable(f'it is running already (process {running}); make stop ends it')
        self.folder.mkdir(parents=True, exist_ok=True)
        self.forget()
        if not self.machine.tap:
            check_port(self.machine.port, 'PORT')
            check_port(self.machine.control_port, 'CONTROL_PORT')
        self.log = Log(self.folder / 'console.log', None if foreground else self.folder / 'console.sock')
        try:
            self.launch(foreground)
        finally:
            self.log.handed_over()
        (self.folder / 'pid').write_text(f'{self.process.pid}\n')
        self.watcher = threading.Thread(target=self.note_token, daemon=True)
        self.watcher.start()

    def launch(self, foreground):
        console = f'stdio,signal=on,logfile=/dev/fd/{self.log.sink}' if foreground else self.log.chardev()
        command = [*self.prefix, *self.machine.command(console, self.run)]
        with open(self.folder / 'qemu.log', 'w') as errors:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, stdin=None if foreground else subprocess.DEVNULL,
                stdout=None if foreground else errors, stderr=None if foreground else errors, pass_fds=self.log.handed,
                start_new_session=not foreground, preexec_fn=die_with_parent if foreground else None)

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
        with self.token_lock:
            if not path.exists():
                with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
                    file.write(found[1] + '\n')
        return found[1]

    # watching

    def console(self):
        path = self.folder / 'console.log'
        if self.log:
            self.log.settle()
        return path.read_text(errors='replace') if path.exists() else ''

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def wait_for(self, ready, timeout, what):
        """Waits until ready() is true; a system that has died, has stopped with a panic or takes too long is an error that shows the console's end."""
        end = time.monotonic() + timeout
        while not ready():
            panic = PANIC.search(self.console())
            if not self.alive() or panic or time.monotonic() > end:
                reason = f'a panic before {what}' if panic else f'no {what} within {timeout} s' if self.alive() else f'QEMU ended before {what}'
                messages = (self.folder / 'qemu.log').read_text(errors='replace').strip()
                tail = '\n'.join(self.console().splitlines()[-30:])
                raise Unusable(f'{reason}; {messages or "QEMU says nothing"}; the end of {self.run}/console.log:\n{tail}')
            time.sleep(0.01)

    def answers(self, path='/hw', port=None):
        """Whether the site, or who listens on another port, answers a request now."""
        connection = http.client.HTTPConnection('127.0.0.1', port or self.machine.port, timeout=2)
        try:
            connection.request('GET', path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def ready(self):
        """Whether both ports answer; the control interface listens a little later than the site."""
        return self.token() is not None and self.answers() and self.answers('/v1/graph', self.machine.control_port)

    # stopping

    def pid(self):
        """The process that the pid file names, if it still is an emulator of this run folder."""
        try:
            pid = int((self.folder / 'pid').read_text())
            words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')
        except (OSError, ValueError):
            return None
        return pid if f'unix:{self.run}/monitor.sock,server=on,wait=off'.encode() in words else None

    def manifest(self):
        """The manifest that the running emulator was given, relative to the repository; None: nothing runs."""
        pid = self.pid()
        if not pid:
            return None
        words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().decode(errors='replace').split('\0')
        path = words[words.index('-initrd') + 1].split(' ')[0] if '-initrd' in words else ISO_MANIFEST
        file = REPOSITORY / path
        if not file.exists() or file.stat().st_mtime > (self.folder / 'pid').stat().st_mtime:
            raise Unusable(f'{path} is another one than when this system was started, so nobody can tell who is where in it: '
                           'make stop, make start')
        return path

    def stop(self, patience=30):
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
        if self.watcher:
            self.watcher.join()
        if self.log:
            self.log.end()
            self.log = None
        self.forget()
        return pid

    def forget(self):
        for name in ('pid', 'token', 'console.sock', 'monitor.sock', 'qmp.sock', 'gdb.sock'):
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
