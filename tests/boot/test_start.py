# SPDX-License-Identifier: BSD-2-Clause
"""What a user does to start and stop the system: boot/run in the foreground and in the background, the CD image, and what
is said when something is in the way."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "boot"))

from ports import free_port  # noqa: E402

PATIENCE = 60  # seconds that anything may take on the busiest machine


class User:
    """Somebody with two free ports and a run folder of their own."""

    def __init__(self, folder):
        self.run_folder = folder / "run"
        self.port, self.control_port = free_port(), free_port()
        self.environment = {
            **os.environ,
            "PORT": str(self.port),
            "CONTROL_PORT": str(self.control_port),
            "RUN_DIR": str(self.run_folder),
        }

    def does(self, *arguments):
        return subprocess.run(
            ["boot/run", *arguments], cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, timeout=300
        )

    def begins(self, *arguments):
        return subprocess.Popen(
            ["boot/run", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def gets(self, path, port=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=PATIENCE) as answer:
            return answer.read()

    def waits_for_answer(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.gets("/hw")
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.05)

    def console(self):
        return (self.run_folder / "console.log").read_text()

    def processes(self):
        """Whatever still runs with this run folder in its command line."""
        found = subprocess.run(["pgrep", "-f", str(self.run_folder)], capture_output=True, text=True)
        return found.stdout.split()


@pytest.fixture
def user(tmp_path):
    somebody = User(tmp_path)
    yield somebody
    somebody.does("stop")


def test_start_and_stop(user):
    started = user.does("start")
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{user.port}/hw" in started.stdout
    assert user.gets("/hw") == b"hello world"
    assert user.gets("/v1/policy", user.control_port).startswith(b"{")
    token = (user.run_folder / "token").read_text().strip()
    assert re.fullmatch("[0-9a-f]{32,}", token) and f"control token: {token}\n" in user.console()
    assert f"http://127.0.0.1:{user.control_port}/#token={token}\n" in started.stdout  # the dashboard
    stopped = user.does("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert user.processes() == []
    assert user.does("stop").returncode == 0  # a second time: nothing to do, no error


def test_tokens_differ_from_boot_to_boot(user):
    tokens = set()
    for _ in range(3):
        assert user.does("start").returncode == 0
        tokens.add((user.run_folder / "token").read_text())
        user.does("stop")
    assert len(tokens) == 3


def test_interrupt_ends_it(user):
    system = user.begins()
    user.waits_for_answer()
    os.killpg(system.pid, signal.SIGINT)
    output, _ = system.communicate(timeout=PATIENCE)
    assert system.returncode == 0, output
    assert "Traceback" not in output
    assert user.processes() == []


def test_busy_port(user):
    with socket.socket() as other:
        other.bind(("127.0.0.1", user.port))
        other.listen()
        refused = user.does("start")
    assert refused.returncode != 0
    assert "PORT" in refused.stderr and str(user.port) in refused.stderr
    assert "Traceback" not in refused.stderr


def test_bad_port(user):
    user.environment["CONTROL_PORT"] = "http"
    refused = user.does("start")
    assert refused.returncode != 0
    assert "CONTROL_PORT=http is no port number" in refused.stderr


def test_cd_image(user):
    """The CD that GRUB boots holds the same system; `make iso` has built it."""
    started = user.does("start", "--iso", "build/boot/shoji.iso")
    assert started.returncode == 0, started.stderr
    assert user.gets("/hw") == b"hello world"


def monitored(user, command):
    """What QEMU's monitor answers."""
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.settimeout(PATIENCE)
        monitor.connect(str(user.run_folder / "monitor.sock"))
        for line in (b"", command.encode() + b"\n"):
            monitor.sendall(line)
            said = b""
            while not said.endswith(b"\n(qemu) "):
                said += monitor.recv(65536)
        return said.decode(errors="replace").replace("\r", "")


def test_properties_of_the_processor(user):
    """CPU_OPTIONS reaches the processor: cycles are counted, and a crossing costs what was asked."""
    user.environment["CPU_OPTIONS"] = "model=on,crossing-cycles=1000"
    assert user.does("start").returncode == 0
    assert user.gets("/hw") == b"hello world"
    said = monitored(user, "info mmp")
    gated = int(re.search(r"gated (\d+)", said)[1])
    assert gated > 300 and int(re.search(r"gates (\d+)", said)[1]) > 500 * gated
    lines = re.findall(r"^[0-9a-f]{8}: into domain \w{4} at \w+, badge \w+: (\d+) invocations", monitored(user, "info mmp-gates"), re.M)
    assert len(lines) > 50 and sum(map(int, lines)) >= gated
    assert user.does("stop").returncode == 0


def test_properties_that_cannot_be(user):
    user.environment["CPU_OPTIONS"] = "plb-entries=16"
    done = user.does("start")
    assert done.returncode != 0 and "give model=on too" in done.stdout + done.stderr
    assert user.processes() == []
