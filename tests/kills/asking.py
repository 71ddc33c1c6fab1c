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
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.I)


@dataclasses.dataclass(frozen=True)
class Outcome:
    kind: Kind
    since: float   # when the connection's last request that was answered well was sent, or when it was begun: it was whole then
    end: float
    what: object   # 200: answered, rightly; another status; or the name of what happened


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

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
                self.data = self.data[head.end() + length:]
                return int(head[1]), body
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.data += more

    def close(self):
        self.socket.close()


class Client(threading.Thread):
    """Invariant: each request that was sent is in `answered` or in `failed`, once."""

    def __init__(self, kind, target):
        super().__init__(daemon=True)
        self.kind = kind
        self.port = target.control if kind.control else target.web
        self.answered, self.failed = 0, []
        self.stopped = False
        self.connection, self.since = None, 0.0

    def run(self):
        keep = b"" if self.kind.kept else b"Connection: close\r\n"
        request = b"GET " + self.kind.path.encode() + b" HTTP/1.1\r\nHost: a\r\n" + keep + b"\r\n"
        while not self.stopped:
            begun = time.monotonic()
            due = self.kind.burst
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
                self.since = begun
            if not self.kind.kept:
                self.close()
            time.sleep(PAUSE)
        self.close()

    def note(self, what):
        if what == 200:
            self.answered += 1
        else:
            self.failed.append(Outcome(self.kind, self.since, time.monotonic(), what))

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None
