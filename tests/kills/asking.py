# SPDX-License-Identifier: BSD-2-Clause
"""Clients that ask one request after the other, and note what became of each."""

import dataclasses
import re
import socket
import threading
import time

HELLO = b"hello world"
LIMIT = 8  # seconds for one reply
PAUSE = 0.001


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    path: str
    kept: bool
    body: bytes = HELLO
    burst: int = 1        # requests sent at once
    control: bool = False  # of the control interface


KINDS = (
    Kind("/hw, new", "/hw", False),
    Kind("/hw, kept", "/hw", True),
    Kind("/hw, pipelined", "/hw", True, burst=5),
    Kind("CGI a, new", "/cgi/hw", False),
    Kind("CGI a, kept", "/cgi/hw", True),
    Kind("CGI b, kept", "/cgi/HW", True, HELLO.upper()),
    Kind("control", "/v1/policy", True, b"", control=True),
)
HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) .*?\r\n\r\n", re.S)
CLOSE = re.compile(rb"\r\nConnection: close\r\n", re.I)
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.I)


@dataclasses.dataclass(frozen=True)
class Outcome:
    kind: Kind
    since: float   # when the connection's last request that was answered well was sent, or when it was begun: it was whole then
    end: float
    what: object   # 200: answered, rightly; another status; or the name of what happened


GAP_LEAST = 5  # ticks, of 10 ms: less than that is no gap


@dataclasses.dataclass(frozen=True)
class Gap:
    """Between two right answers that follow each other. In ticks of the system, so that a slow host makes none."""

    kind: Kind
    begin: int
    end: int


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.ended = False  # the other side has said that this was its last reply

    def reply(self):
        """(status, body)"""
        while True:
            head = HEAD.match(self.data)
            length = LENGTH.search(head[0]) if head else None
            if head and length is None:
                raise EOFError
            length = int(length[1]) if length else 0
            if head and len(self.data) >= head.end() + length:
                body = self.data[head.end():head.end() + length]
                self.ended = CLOSE.search(head[0]) is not None
                self.data = self.data[head.end() + length:]
                return int(head[1]), body
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.data += more

    def close(self):
        self.socket.close()


class Heart(threading.Thread):
    """Finds out when the host let none of us run."""

    BEAT = 0.02  # seconds
    LATE = 6     # ticks between two beats

    def __init__(self, target):
        super().__init__(daemon=True)
        self.ticks = target.ticks
        self.stopped = False
        self.starved = []  # (tick, tick)

    def run(self):
        before = self.ticks()
        while not self.stopped:
            time.sleep(self.BEAT)
            now = self.ticks()
            if now - before >= self.LATE:
                self.starved.append((before, now))
            before = now


class Client(threading.Thread):
    """1. Each request that was sent is in `answered` or in `failed`, once.
    2. A connection is used until it fails or its other side says that it ends.
    """

    def __init__(self, kind, target):
        super().__init__(daemon=True)
        self.kind = kind
        self.port = target.control if kind.control else target.web
        self.ticks = target.ticks
        self.answered, self.failed, self.gaps = 0, [], []
        self.last = None  # tick of the last right answer
        self.stopped = False
        self.connection, self.since = None, 0.0

    def run(self):
        keep = b"" if self.kind.kept else b"Connection: close\r\n"
        request = b"GET " + self.kind.path.encode() + b" HTTP/1.1\r\nHost: a\r\n" + keep + b"\r\n"
        while not self.stopped:
            begun = time.monotonic()
            due, failed = self.kind.burst, len(self.failed)
            try:
                if self.connection is None:
                    self.since = begun
                    self.connection = Connection(self.port)
                self.connection.socket.sendall(request * due)
                while due > 0:
                    status, body = self.connection.reply()
                    due -= 1
                    self.note(status if status != 200 or body == self.kind.body or self.kind.control else "other bytes")
            except (OSError, EOFError) as error:
                # The requests behind the first one fail with it.
                for _ in range(due):
                    self.note(type(error).__name__)
                self.close()
            else:
                if len(self.failed) == failed:
                    self.since = begun
                if not self.kind.kept or self.connection.ended:
                    self.close()
            time.sleep(PAUSE)
        self.gap_end()
        self.close()

    def note(self, what):
        if what == 200:
            self.answered += 1
            self.gap_end()
        else:
            self.failed.append(Outcome(self.kind, self.since, time.monotonic(), what))

    def gap_end(self):
        now = self.ticks()
        if self.last is not None and now - self.last >= GAP_LEAST:
            self.gaps.append(Gap(self.kind, self.last, now))
        self.last = now

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None
