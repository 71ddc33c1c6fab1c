# SPDX-License-Identifier: BSD-2-Clause
"""Boot tests of the webserver and its control interface, through the forwarded ports of one running system: good and bad
requests, walls that move under load, exact counts, and a component that stores where it must not.

The emulator is $QEMU or build/qemu/bin/qemu-system-x86_64; `make image image-wild` builds what is booted.
"""

import collections
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest
from loads import load, load_result

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "boot"))

import machine  # noqa: E402
import running  # noqa: E402
from ports import free_port  # noqa: E402

HELLO = b"hello world"
COMPONENTS = {
    *("scheduler", "mpd_manager", "lock", "memory_mapper", "terminal_printer", "timed_block", "tcp", "event_manager"),
    *("fd_api", "connection_manager", "http_parser", "content_manager", "static_content", "vnic", "ip", "port_manager"),
    *("stack_trace", "statistics_gatherer", "async_invocation_a", "async_invocation_b", "fd_null"),
    *("cgi_fd_api_a", "cgi_fd_api_b", "cgi_service_a", "cgi_service_b"),
}
TIMEOUT = 15  # seconds after which the system closes a slow client's connection, by its own clock
PATIENCE = 60  # seconds that anything may take on the busiest machine


class Reply:
    """One HTTP reply, read from the start of `data`; `rest` is what follows it."""

    def __init__(self, data, bodiless=False):
        head, separator, rest = data.partition(b"\r\n\r\n")
        if not separator:
            raise EOFError(f"no whole reply: {data[:200]!r}")
        lines = head.decode("ascii").split("\r\n")
        self.version, status, self.reason = lines[0].split(" ", 2)
        self.status = int(status)
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = 0 if bodiless else int(self.headers["content-length"])
        if len(rest) < length:
            raise EOFError(f"{len(rest)} of {length} bytes of a body")
        self.body, self.rest = rest[:length], rest[length:]

    def sentence(self):
        """The refusal's sentence, of either port."""
        text = self.body.decode()
        if self.headers["content-type"] == "application/json":
            text = json.loads(text)["error"]
        assert re.fullmatch(r"[A-Z].*\.\n?", text), text
        return text.strip()


class Client:
    """A TCP connection to one of the ports."""

    def __init__(self, port, timeout=PATIENCE):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.data = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def end(self):
        """No more requests come; replies are still read."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def reply(self, bodiless=False):
        while True:
            with contextlib.suppress(EOFError):
                reply = Reply(self.data, bodiless)
                self.data = reply.rest
                return reply
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(f"closed after {self.data[:200]!r}")
            self.data += more

    def closed(self):
        """Whether the system closes the connection without another byte."""
        try:
            return self.data == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class System:
    def __init__(self, run, modules, **options):
        self.web, self.control = free_port(), free_port()
        description = machine.Machine(
            modules=modules, port=self.web, control_port=self.control, qemu=os.environ.get("QEMU") or machine.QEMU, **options
        )
        self.running = running.Running(description, run)
        self.running.start()
        try:
            self.running.wait_for(self.running.ready, PATIENCE, "answer")
        except BaseException:
            self.running.stop()     # a system that stands still is a process yet
            raise

    def console(self):
        return self.running.console()

    def faults(self):
        return [line for line in self.console().splitlines() if re.match("fault|panic", line)]

    def get(self, path="/hw"):
        with Client(self.web) as client:
            return client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).reply()

    def ask(self, method, path, body=None, token=None, headers=()):
        """A request of the control interface. `token` None: the right one, '' none, else this one."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: a", f"Content-Length: {len(data)}", *headers]
        if token != "":
            lines.append(f"Authorization: Bearer {token or self.running.token()}")
        with Client(self.control) as client:
            return client.send("\r\n".join(lines).encode() + b"\r\n\r\n" + data).reply(method == "HEAD")

    def mode(self, mode):
        reply = self.ask("PUT", "/v1/policy", {"mode": mode})
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    def graph(self):
        reply = self.ask("GET", "/v1/graph", token="")
        assert reply.status == 200
        return json.loads(reply.body)

    def uptime(self):
        """Milliseconds by the system's own clock, as of its last whole second. A clock that stands still while nobody runs the emulator."""
        reply = self.ask("GET", "/v1/history", token="")
        assert reply.status == 200
        told = json.loads(reply.body)
        return dict(zip(told["columns"], told["windows"][-1]))["uptime_ms"] if told["windows"] else 0


def until(condition, what, seconds=PATIENCE):
    """Asks again and again; returns the first answer that is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def running_system():
    system = System("build/run-test-web", "build/webserver/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """The system, isolated; afterwards it must still answer and have reported nothing."""
    running_system.mode("isolated")
    yield running_system
    assert running_system.running.alive()
    assert running_system.get().body == HELLO
    assert running_system.faults() == []


def assert_all_served(process, requests):
    """Every request answered, each with the same bytes: ab counts another length or status as a failure."""
    found, output = load_result(process)
    assert found["Complete requests"] == str(requests), output
    assert found["Failed requests"] == "0", output
    assert found["HTML transferred"] == str(requests * len(HELLO)), output
    assert "Non-2xx" not in output


# ---- The site ----


def test_hello(system):
    reply = system.get()
    assert (reply.status, reply.body) == (200, HELLO)
    assert reply.headers["content-type"] == "text/plain"
    assert reply.headers["server"] == "Shoji"
    output = subprocess.run(["curl", "-sS", f"http://127.0.0.1:{system.web}/hw"], capture_output=True, check=True)
    assert output.stdout == HELLO and not output.stderr


def test_start_page(system):
    reply = system.get("/")
    assert reply.status == 200 and b"<h1>Shoji</h1>" in reply.body
    assert reply.headers["content-type"].startswith("text/html")


def test_nothing_there(system):
    for path in ("/none", "/hw/", "/HW", "/../hw", "//hw", "/h%77", "/" + "x" * 2000):
        reply = system.get(path)
        assert reply.status == 404
        assert reply.sentence()


def test_head(system):
    with Client(system.web) as client:
        for _ in range(3):
            reply = client.send(b"HEAD /hw HTTP/1.1\r\n\r\n").reply(bodiless=True)
            assert reply.status == 200 and reply.headers["content-length"] == "11"


def test_keep_alive(system):
    with Client(system.web) as client:
        for _ in range(100):
            assert client.send(b"GET /hw HTTP/1.1\r\n\r\n").reply().body == HELLO
        client.send(b"GET /hw HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert client.reply().headers["connection"] == "close"
        assert client.closed()
    with Client(system.web) as client:
        client.send(b"GET /hw HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert client.reply().headers["connection"] == "keep-alive"
        assert client.send(b"GET /hw HTTP/1.0\r\n\r\n").reply().headers["connection"] == "close"
        assert client.closed()


def test_pipelined(system):
    paths = [b"/hw", b"/none", b"/"] * 100
    with Client(system.web) as client:
        client.send(b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n" for path in paths))
        for path in paths:
            assert client.reply().status == (404 if path == b"/none" else 200)


def test_pipelined_and_not_read(system):
    """A client that only sends is not read from for ever, and gets everything once it reads."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    count = 20000
    with Client(system.web, timeout=30) as client:
        sender = threading.Thread(target=client.send, args=(request * count,))
        sender.start()
        time.sleep(1)
        assert system.get().body == HELLO
        for _ in range(count):
            assert client.reply().status == 200
        sender.join()


def test_request_byte_by_byte(system):
    with Client(system.web) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /hw HTTP/1.1\r\nHost: a\r\n\r\n":
            client.send(bytes([byte]))
            time.sleep(0.002)
        assert client.reply().body == HELLO


# ---- Files ----


def fetch(client, path, method="GET", **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return client.send(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode())


def test_types(system):
    for path, kind in (("/style.css", "text/css"), ("/pictures/", "text/html"), ("/pictures/wall.svg", "image/svg+xml"), ("/hw", "text/plain")):
        reply = system.get(path)
        assert reply.status == 200 and reply.headers["content-type"].startswith(kind)
    assert system.get("/").body == system.get("/index.html").body
    assert system.get("/pictures").status == 404


def test_tags(system):
    with Client(system.web) as client:
        tag = fetch(client, "/style.css").reply().headers["etag"]
        for method in ("GET", "HEAD"):
            reply = fetch(client, "/style.css", method, If_None_Match=tag).reply(bodiless=True)
            assert reply.status == 304 and reply.headers["etag"] == tag
        assert fetch(client, "/style.css", If_None_Match='"0"').reply().status == 200
        assert fetch(client, "/", If_None_Match=tag).reply().status == 200
        assert fetch(client, "/none", If_None_Match="*").reply().status == 404


def test_ranges(system):
    with Client(system.web) as client:
        whole = fetch(client, "/").reply().body
        reply = fetch(client, "/", Range="bytes=10-19").reply()
        assert (reply.status, reply.body) == (206, whole[10:20])
        assert reply.headers["content-range"] == f"bytes 10-19/{len(whole)}"
        assert fetch(client, "/", Range="bytes=-7").reply().body == whole[-7:]
        assert fetch(client, "/", Range=f"bytes={len(whole)}-").reply().status == 416
        assert fetch(client, "/cgi/hw", Range="bytes=1-2").reply().body == HELLO


def test_pipelined_by_twenties(system):
    """As the paper's load: twenty requests a connection, sent at once."""
    command = ["httperf", "--server=127.0.0.1", f"--port={system.web}", "--uri=/hw", "--num-conns=100", "--num-calls=20", "--burst-length=20"]
    for path in ("/hw", "/cgi/hw"):
        command[3] = f"--uri={path}"
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
        assert re.search(r"requests 2000 replies 2000 ", output), output
        assert re.search(r"Reply status: 1xx=0 2xx=2000 3xx=0 4xx=0 5xx=0", output), output
        assert re.search(r"Errors: total 0 ", output), output


# ---- CGI ----


def exchange(client, method, path, body=b""):
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    client.send(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{length}\r\n".encode() + body)
    return client.reply(method == "HEAD")


def test_cgi_hello(system):
    assert system.get("/cgi/hw").body == HELLO
    assert system.get("/cgi/HW").body == HELLO.upper()


def test_cgi_answers_depend_on_the_request(system):
    with Client(system.web) as client:
        for service in ("a", "b"):
            path = f"/cgi/{service}/echo"
            reply = exchange(client, "GET", path + "?one=1&two")
            assert reply.body == f"method GET\npath {path}\nquery one=1&two\nbody \n".encode()
            reply = exchange(client, "POST", path, b"some body")
            assert reply.body == f"method POST\npath {path}\nquery \nbody some body\n".encode()
            assert exchange(client, "GET", f"/cgi/{service}/sum?20+20+2").body == b"42\n"
            text = random.Random(service).randbytes(4096)
            assert exchange(client, "POST", f"/cgi/{service}/upper", text).body == text.upper()
        assert exchange(client, "HEAD", "/cgi/hw").headers["content-length"] == "11"


def test_cgi_refusals(system):
    with Client(system.web) as client:
        for path in ("/cgi/", "/cgi/none", "/cgi/a/", "/cgi/a/none", "/cgi/hw/", "/cgi/c/echo", "/cgi/a/echo/"):
            assert exchange(client, "GET", path).status == 404
        assert exchange(client, "POST", "/cgi/hw").status == 405
        assert exchange(client, "PUT", "/cgi/a/echo").status == 405
        assert exchange(client, "GET", "/cgi/b/upper").status == 405
        assert exchange(client, "GET", "/cgi/hw").body == HELLO
        assert exchange(client, "POST", "/cgi/a/upper", b"x" * 4097).status == 413


def test_cgi_services_are_persistent_and_apart(system):
    before = [int(system.get(f"/cgi/{service}/count").body) for service in "ab"]
    for _ in range(5):
        system.get("/cgi/a/count")
    after = [int(system.get(f"/cgi/{service}/count").body) for service in "ab"]
    assert [after[i] - before[i] for i in range(2)] == [6, 1]


def test_cgi_pipelined_with_static_content(system):
    """Replies come in the order of the requests, whoever makes them."""
    paths = ["/cgi/hw", "/hw", "/cgi/HW", "/none", "/cgi/b/sum?1+2", "/cgi/a/none"] * 60
    bodies = {"/cgi/hw": HELLO, "/hw": HELLO, "/cgi/HW": HELLO.upper(), "/cgi/b/sum?1+2": b"3\n"}
    with Client(system.web) as client:
        client.send("".join(f"GET {path} HTTP/1.1\r\n\r\n" for path in paths).encode())
        for path in paths:
            reply = client.reply()
            assert reply.body == bodies[path] if path in bodies else reply.status == 404


def test_cgi_half_closed(system):
    with Client(system.web) as client:
        client.send(b"GET /cgi/hw HTTP/1.1\r\n\r\n" * 3).end()
        assert [client.reply().body for _ in range(3)] == [HELLO] * 3
        assert client.closed()


def test_cgi_clients_that_go_away(system):
    """Nobody waits for their answers, and the slots of their requests come free."""
    for _ in range(500):
        with Client(system.web) as client:
            client.send(b"GET /cgi/a/echo HTTP/1.1\r\n\r\n")
    assert system.get("/cgi/hw").body == HELLO


def test_cgi_under_load_while_walls_move(system):
    processes = [load(system, 4000, "-c", "8", *kept, path=path) for path in ("/cgi/hw", "/cgi/HW") for kept in ([], ["-k"])]
    while any(process.poll() is None for process in processes):
        system.mode("merged")
        system.mode("isolated")
    for process in processes:
        assert_all_served(process, 4000)


def test_cgi_runs_in_threads_of_its_own(system):
    """The paper's edges: each request crosses to its service and back, and only there."""
    before = {(edge["client"], edge["server"]): edge["invocations"] for edge in system.graph()["edges"]}
    assert_all_served(load(system, 500, "-c", "2", "-k", path="/cgi/HW"), 500)
    after = {(edge["client"], edge["server"]): edge["invocations"] for edge in system.graph()["edges"]}
    many = {edge for edge in after if after[edge] - before[edge] >= 500}
    assert {("content_manager", "async_invocation_b"), ("cgi_fd_api_b", "async_invocation_b"), ("cgi_service_b", "cgi_fd_api_b")} <= many
    assert not {edge for edge in many if edge[0].endswith("_a") or edge[1].endswith("_a")}


# ---- Bad input, on both ports ----

BAD = {
    "rubbish": (b"\x16\x03\x01\x00\xff\r\n\r\n", {400}),
    "no method": (b" /hw HTTP/1.1\r\n\r\n", {400}),
    "no version": (b"GET /hw HTTX\r\n\r\n", {400}),
    "future version": (b"GET /hw HTTP/2.0\r\n\r\n", {400, 505}),
    "header without colon": (b"GET /hw HTTP/1.1\r\nno colon\r\n\r\n", {400}),
    "two lengths": (b"GET /hw HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", {400}),
    "length and chunks": (b"GET /hw HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", {400}),
    "bad chunk": (b"GET /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", {400}),
    "long path": (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", {414}),
    "many headers": (b"GET /hw HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n", {431}),
    "long header": (b"GET /hw HTTP/1.1\r\nA: " + b"b" * 100000 + b"\r\n\r\n", {431}),
    "large body": (b"POST /v1/merge HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000, {413}),
    "huge body": (b"POST /v1/merge HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100000, {413}),
    "large body in chunks": (
        b"POST /v1/merge HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n" * 100,
        {400, 413},
    ),
    "ended early": (b"GET /hw HTTP/1.1\r\nHost: a\r\n", {400}),
    "ended in the body": (b"POST /v1/merge HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", {400}),
}


@pytest.mark.parametrize("port", ["web", "control"])
@pytest.mark.parametrize("name", BAD)
def test_bad_request(system, port, name):
    data, statuses = BAD[name]
    with Client(getattr(system, port)) as client:
        with contextlib.suppress(ConnectionError):
            client.send(data)
        with contextlib.suppress(OSError):
            client.end()
        reply = client.reply()
        assert reply.status in statuses
        assert reply.sentence()
        assert reply.headers["connection"] == "close"
        assert client.closed()


@pytest.mark.parametrize("port", ["web", "control"])
def test_half_closed(system, port):
    """The whole request has come, and then the client's end: it is answered."""
    path = "/hw" if port == "web" else "/v1/policy"
    with Client(getattr(system, port)) as client:
        client.send(f"GET {path} HTTP/1.1\r\n\r\n".encode() * 3).end()
        assert [client.reply().status for _ in range(3)] == [200] * 3
        assert client.closed()
    with Client(getattr(system, port)) as client:
        assert client.end().closed()


def test_methods(system):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        with Client(system.web) as client:
            reply = client.send(f"{method} /hw HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc".encode()).reply()
            assert reply.status == 405 and reply.headers["allow"] == "GET, HEAD"
            assert client.send(b"GET /hw HTTP/1.1\r\n\r\n").reply().body == HELLO


def test_slow_clients(system):
    """Who drips a request gets 408 on either port, who says nothing is closed; meanwhile others are served."""
    clients = {}
    for port in (system.web, system.control):
        clients[port] = Client(port, timeout=4 * TIMEOUT), Client(port, timeout=4 * TIMEOUT)
    began, uptime = time.monotonic(), system.uptime()
    while time.monotonic() < began + TIMEOUT - 3:
        for dripping, _ in clients.values():
            dripping.send(b"\r\n")
        assert system.get().body == HELLO
        time.sleep(1)
    for dripping, silent in clients.values():
        reply = dripping.reply()
        assert reply.status == 408
        assert reply.sentence()
        assert silent.closed()
    assert TIMEOUT - 2 < time.monotonic() - began
    assert system.uptime() - uptime < (TIMEOUT + 5) * 1000      # a busy machine may need longer for as much


def test_random_bytes(system):
    draw = random.Random(7)
    words = [b"GET ", b"/hw", b" HTTP/1.1", b"\r\n", b"\r\n\r\n", b"Content-Length: ", b"9", b": ", b"\0", b"\xff", b"PUT "]
    for _ in range(200):
        port = draw.choice((system.web, system.control))
        with Client(port) as client, contextlib.suppress(OSError, EOFError):
            data = b"".join(draw.choice(words + [draw.randbytes(3)]) for _ in range(10))
            client.send(data).end()
            while True:
                assert 200 <= client.reply().status < 600


# ---- Many clients ----


def test_many_connections_at_once(system):
    """256 of them, each answered three times; who comes then is told so, and is let in when one has gone."""
    request = b"GET /hw HTTP/1.1\r\n\r\n"
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(system.web, timeout=30)) for _ in range(256)]
        for _ in range(3):
            for client in clients:
                client.send(request)
            for client in clients:
                assert client.reply().body == HELLO
        for _ in range(20):
            with Client(system.web) as client:
                reply = client.reply()
                assert reply.status == 503 and reply.sentence()
                assert client.closed()
        for client in clients:
            assert client.send(request).reply().body == HELLO
        clients[0].socket.close()
        until(lambda: system.get().status != 503, "one who comes is let in")
        assert system.get().body == HELLO


def test_more_connections_than_there_are(system):
    """Most are served; the rest are refused with 503. Nobody is left hanging or cut off."""

    def status(client):
        try:
            return client.reply().status
        except (EOFError, ConnectionError):
            return 0

    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(system.web, timeout=30)) for _ in range(320)]
        for client in clients:
            client.send(b"GET /hw HTTP/1.1\r\nConnection: close\r\n\r\n")
        statuses = [status(client) for client in clients]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 200
    assert_all_served(load(system, 1000, "-c", "8"), 1000)


def test_silent_connections_keep_nobody_out(system):
    """More silent connections than there can be: others are let in within seconds, on both ports."""
    with contextlib.ExitStack() as stack:
        uptime = system.uptime()
        for _ in range(300):
            stack.enter_context(Client(system.web))
        with Client(system.control) as client:
            assert client.send(b"GET /v1/policy HTTP/1.1\r\n\r\n").reply().status == 200
        until(lambda: system.get().status != 503, "somebody is let in")
        assert system.uptime() - uptime < (TIMEOUT - 1) * 1000     # none of them has come to its end yet by being slow
        assert system.get().body == HELLO


def test_control_has_its_own_connections(system):
    """Connections that say nothing take no more than their share: the site goes on."""
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(Client(system.control)) for _ in range(32)]

        def one_more():
            """What somebody is told unasked; None if they were let in, before all of those were."""
            with Client(system.control, timeout=5) as client, contextlib.suppress(TimeoutError):
                return client.reply()

        reply = until(one_more, "somebody is refused")
        assert reply.status == 503
        assert reply.sentence()
        assert system.get().body == HELLO
        assert silent[0].send(b"GET /v1/policy HTTP/1.1\r\n\r\n").reply().status == 200
    until(lambda: system.ask("GET", "/v1/policy").status == 200, "there is room again")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark here")
def test_new_connections_do_not_stall(tmp_path):
    """Each first packet of a connection is answered: one that is lost costs its client a second. Looked at on the wire, since seconds are also lost by a busy machine."""
    packets = tmp_path / "packets.pcap"

    def first_packets(those):
        """How many, by connection; these have numbers."""
        command = ["tshark", "-r", packets, "-Y", f"tcp.flags.syn == 1 && {those}", "-T", "fields", "-e", "tcp.stream"]
        return collections.Counter(map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()))

    system = System("build/run-test-web-packets", "build/webserver/modules.list", pcap=str(packets))
    try:
        before = len(first_packets("tcp.flags.ack == 0"))       # while it booted nobody listened
        assert_all_served(load(system, 3000, "-c", "24"), 3000)
    finally:
        system.running.stop()
    asked, answered = first_packets("tcp.flags.ack == 0"), first_packets("tcp.flags.ack == 1")
    assert len(asked) >= before + 3000 and [stream for stream in asked if stream >= before and answered[stream] < asked[stream]] == []


# ---- The control interface ----


def test_graph(system):
    graph = system.graph()
    assert {component["name"] for component in graph["components"]} == COMPONENTS
    assert len({component["domain"] for component in graph["components"]}) == len(COMPONENTS) == len(graph["domains"])
    assert graph["policy"]["mode"] == "isolated"
    edges = {(edge["client"], edge["server"]): edge for edge in graph["edges"]}
    edge = edges["connection_manager", "fd_api"]
    assert edge["crossing"] is True and 0 < edge["gated"] <= edge["invocations"]
    for client, server in edges:
        assert client in COMPONENTS and server in COMPONENTS | {"supervisor"}
    for component in graph["components"]:
        assert component["memory"]["used"] <= component["memory"]["budget"]


def test_edges(system):
    lines = system.ask("GET", "/v1/edges?format=csv", token="").body.decode().splitlines()
    assert lines[0] == "client,server,invocations,gated"
    for line in lines[1:]:
        assert re.fullmatch(r"\w+,\w+,\d+,\d+", line)
    assert len(lines) - 1 == len(json.loads(system.ask("GET", "/v1/edges", token="").body))
    assert system.ask("GET", "/v1/edges?format=xml").status == 400


def threads(system):
    """By name: the thread, and its chain as component.function."""
    reply = system.ask("GET", "/v1/threads", token="")
    assert reply.status == 200, reply.body
    found = {thread["name"]: thread for thread in json.loads(reply.body)["threads"]}
    for thread in found.values():
        thread["names"] = [f"{frame['component']}.{frame['function']}" for frame in thread["chain"]]
        assert len(thread["names"]) == thread["frames"]
    return found


WAITS = ["scheduler.sched_block_until", "supervisor.sup_switch"]


def waits(thread):
    """Not merely interrupted: it has called for it."""
    return thread["state"] == "waits" and thread["names"][-1] == WAITS[-1]


def waiting(system, name):
    """The thread, if it waits; else None."""
    thread = threads(system)[name]
    return thread if waits(thread) else None


def test_threads(system):
    """Where each thread waits, by way of whom, from the hardware's call stacks."""
    for _ in range(2):  # so that everybody waits who waited in another layout
        for path in ("/hw", "/cgi/hw", "/cgi/HW"):
            system.get(path)

    def resting():
        """Once all wait but who answers us."""
        found = threads(system)
        return found if all(waits(thread) for name, thread in found.items() if name != "control") else None

    found = until(resting, "all threads wait")
    names = {name: thread["names"] for name, thread in found.items()}
    assert names["tcp_input"] == ["tcp.tcp_input_thread", "ip.ip_receive", "vnic.vnic_receive", "scheduler.sched_line_wait",
                                  "supervisor.sup_switch"]
    assert names["tcp_timer"] == ["tcp.tcp_timer_thread", "timed_block.timed_block", *WAITS]
    assert names["web"] in (["connection_manager.web_thread", "fd_api.fd_wait", "event_manager.evt_wait", *WAITS],
                            ["connection_manager.web_thread", "fd_api.fd_wait_until", "event_manager.evt_wait_until", *WAITS])
    for letter in "ab":
        assert names[f"cgi_{letter}"] == [f"cgi_service_{letter}.cgi_thread", f"cgi_fd_api_{letter}.fd_wait", "event_manager.evt_wait", *WAITS]
    assert names["control"] == ["mpd_manager.control_thread", "stack_trace.stack_trace_threads", "supervisor.sup_thread_trace"]
    assert {name: thread["state"] for name, thread in found.items()} == {name: "runs" if name == "control" else "waits" for name in found}
    assert [found[name]["priority"] for name in ("tcp_input", "tcp_timer", "web")] == [4, 3, 4]
    assert found["cgi_a"]["component"] == "cgi_service_a"
    for thread in found.values():  # each place is in the function that was entered, or in one that this one calls
        assert all(re.fullmatch(r"\w[\w.]*\+0x[0-9a-f]+", frame["at"]) for frame in thread["chain"][:-1]), thread


def test_threads_within_a_domain(system):
    """An invocation that met no wall has left no frame; the place tells whose code it is."""
    for component in ("ip", "vnic"):
        system.ask("POST", "/v1/merge", {"into": "tcp", "from": component})
    for _ in range(5):
        system.get()
    thread = until(lambda: waiting(system, "tcp_input"), "it waits")
    assert thread["names"] == ["tcp.tcp_input_thread", "scheduler.sched_line_wait", "supervisor.sup_switch"]
    assert thread["chain"][0]["in"] == "vnic" and thread["chain"][0]["at"].startswith("vnic_receive+")


def statistics(system):
    """The tables' rows: {(component, owner or name of the thread): row}."""
    reply = system.ask("GET", "/v1/statistics", token="")
    assert reply.status == 200, reply.body
    names = {thread["thread"]: name for name, thread in threads(system).items()}
    found = {}
    for table in json.loads(reply.body)["tables"]:
        for row in table["counters"]:
            found[table["component"], names[row["thread"]] if table["rows"] == "thread" else row["owner"]] = row
    return found


def test_statistics(system):
    """One CGI request after the other: each is one event for the service's fd_api, and one wait of the service's thread."""
    count = 50

    def one_after_the_other():
        for _ in range(count):
            assert system.get("/cgi/hw").body == HELLO
            until(lambda: waiting(system, "cgi_a"), "the service waits for the next")

    def at_rest():
        """Counters are up to a tenth of a second old: once two readings are the same that are further apart, by any clock."""
        while True:
            seen = []
            for _ in range(2):
                found = statistics(system)
                seen.append([found["event_manager", 20], found["scheduler", "cgi_a"]])
                time.sleep(0.5)
            if seen[0] == seen[1]:
                return found

    one_after_the_other()
    before = at_rest()
    one_after_the_other()
    after = at_rest()

    def grown(component, row, column):
        return after[component, row][column] - before[component, row][column]

    for column in ("triggered", "taken", "waits"):
        assert grown("event_manager", 20, column) == count
    assert (22 not in [owner for _, owner in before]) or grown("event_manager", 22, "taken") == 0
    assert grown("scheduler", "cgi_a", "waits") == grown("scheduler", "cgi_a", "wakeups") == count
    assert grown("scheduler", "cgi_a", "turns") >= count
    assert grown("scheduler", "cgi_b", "turns") == 0
    assert grown("scheduler", "web", "waits") >= count
    assert grown("scheduler", "tcp_input", "wakeups") >= count
    assert system.ask("POST", "/v1/statistics", token="").status == 401
    assert system.ask("POST", "/v1/statistics").status == 200
    assert re.search(r"statistics_gatherer: component 1, thread \d: turns \d+, waits \d+, wakeups \d+, preempted \d+", system.console())
    assert re.search(r"statistics_gatherer: component 8, group \d+: triggered \d+, taken \d+, waits \d+, owner 20", system.console())


def test_dot(system):
    dot = system.ask("GET", "/v1/graph.dot", token="").body.decode()
    assert dot.startswith("digraph ") and dot.count("{") == dot.count("}")
    assert dot.count("subgraph cluster_") == len(COMPONENTS)
    assert '"connection_manager" -> "fd_api" [label="' in dot


def test_modes(system):
    assert system.mode("merged")["domains"] == 1
    graph = system.graph()
    assert graph["policy"]["mode"] == "merged" and len(graph["domains"]) == 1
    assert not any(edge["crossing"] for edge in graph["edges"] if edge["server"] != "supervisor")
    assert system.get().body == HELLO
    assert system.mode("isolated")["domains"] == len(COMPONENTS)
    assert system.mode("manual")["domains"] == len(COMPONENTS)


def test_merge_and_split(system):
    reply = system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"})
    assert reply.status == 200 and json.loads(reply.body)["mode"] == "manual"
    assert system.get().body == HELLO
    assert len(system.graph()["domains"]) == len(COMPONENTS) - 1
    assert system.ask("POST", "/v1/merge", {"into": "ip", "from": "tcp"}).status == 409
    assert system.ask("POST", "/v1/split", {"component": "ip"}).status == 200
    assert system.ask("POST", "/v1/split", {"component": "ip"}).status == 409
    assert len(system.graph()["domains"]) == len(COMPONENTS)


def test_move(system):
    assert system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"}).status == 200
    assert system.ask("POST", "/v1/move", {"component": "ip", "into": "vnic"}).status == 200
    domains = [set(domain["components"]) for domain in system.graph()["domains"]]
    assert {"ip", "vnic"} in domains and {"tcp"} in domains
    assert system.get().body == HELLO
    assert system.ask("POST", "/v1/move", {"component": "ip", "into": "vnic"}).status == 409
    assert system.mode("isolated")["domains"] == len(COMPONENTS)


def test_partition(system):
    """The whole at once: who is not named is alone, and what GET tells can be PUT again."""
    rooms = [["tcp", "ip", "vnic"], ["http_parser", "content_manager", "static_content"], ["fd_api", "event_manager"]]
    before = system.graph()["counters"]
    reply = json.loads(system.ask("PUT", "/v1/partition", {"domains": rooms}).body)
    assert (reply["mode"], reply["steps"], reply["domains"]) == ("manual", 5, len(COMPONENTS) - 5)
    told = json.loads(system.ask("GET", "/v1/partition", token="").body)
    assert {frozenset(room) for room in told["domains"] if len(room) > 1} == {frozenset(room) for room in rooms}
    assert json.loads(system.ask("PUT", "/v1/partition", told).body)["steps"] == 0
    assert system.get().body == HELLO
    crossed = [["ip", "http_parser"], ["vnic", "fd_api", "static_content"]]
    assert system.ask("PUT", "/v1/partition", {"domains": crossed}).status == 200
    assert system.get().body == HELLO
    after = system.graph()["counters"]
    assert (after["merges"] - before["merges"], after["splits"] - before["splits"]) == (5 + 3, 5)
    assert json.loads(system.ask("PUT", "/v1/partition", {"domains": []}).body)["domains"] == len(COMPONENTS)


REFUSED = [
    ("PUT", "/v1/policy", {"mode": "merged"}, "", 401),
    ("PUT", "/v1/policy", {"mode": "merged"}, "0" * 64, 401),
    ("POST", "/v1/merge", {"into": "tcp", "from": "ip"}, "x", 401),
    ("POST", "/v1/split", {"component": "tcp"}, "", 401),
    ("PUT", "/v1/policy", {"mode": "fast"}, None, 400),
    ("PUT", "/v1/policy", {}, None, 400),
    ("PUT", "/v1/policy", [], None, 400),
    ("PUT", "/v1/policy", b"", None, 400),
    ("PUT", "/v1/policy", b"{\"mode\":", None, 400),
    ("PUT", "/v1/policy", b"\xff\xfe\x00", None, 400),
    ("POST", "/v1/merge", b"[" * 4000, None, 400),
    ("POST", "/v1/merge", {"into": "tcp"}, None, 400),
    ("POST", "/v1/merge", {"into": 7, "from": 17}, None, 400),
    ("POST", "/v1/merge", {"into": "tcp", "from": "none"}, None, 404),
    ("POST", "/v1/merge", {"into": "tcp", "from": "supervisor"}, None, 404),
    ("POST", "/v1/merge", {"into": "tcp", "from": "x" * 3000}, None, 404),
    ("POST", "/v1/merge", {"into": "tcp", "from": "tcp"}, None, 409),
    ("POST", "/v1/split", {"component": "tcp"}, None, 409),
    ("POST", "/v1/split", {"component": ""}, None, 404),
    ("POST", "/v1/move", {"component": "tcp", "into": "ip"}, "x", 401),
    ("POST", "/v1/move", {"component": "tcp"}, None, 400),
    ("POST", "/v1/move", {"component": "tcp", "into": "none"}, None, 404),
    ("POST", "/v1/move", {"component": "tcp", "into": "tcp"}, None, 409),
    ("PUT", "/v1/partition", {"domains": [["tcp", "ip"]]}, "x", 401),
    ("PUT", "/v1/partition", {"domains": "tcp"}, None, 400),
    ("PUT", "/v1/partition", {"domains": ["tcp"]}, None, 400),
    ("PUT", "/v1/partition", {"domains": [[]]}, None, 400),
    ("PUT", "/v1/partition", {"domains": [["tcp", "none"]]}, None, 404),
    ("PUT", "/v1/partition", {"domains": [["tcp", "ip"], ["tcp"]]}, None, 400),
    ("GET", "/none", None, None, 404),
    ("GET", "/v1/nothing", None, None, 404),
    ("DELETE", "/v1/policy", None, None, 405),
    ("POST", "/v1/graph", {}, None, 405),
    ("GET", "/v1/merge", None, None, 405),
    ("PUT", "/v1/policy", b"x" * 5000, None, 413),
]


@pytest.mark.parametrize("method, path, body, token, status", REFUSED)
def test_refused(system, method, path, body, token, status):
    before = system.graph()["counters"]
    reply = system.ask(method, path, body, token)
    assert reply.status == status
    assert reply.sentence()
    assert (reply.status == 405) == ("allow" in reply.headers)
    assert (reply.status == 401) == ("www-authenticate" in reply.headers)
    after = system.graph()["counters"]
    assert [after[name] - before[name] for name in ("merges", "splits", "faults")] == [0, 0, 0]


def test_json_errors_say_where(system):
    assert "at byte 8" in system.ask("PUT", "/v1/policy", b'{"mode":').sentence()


def test_token_is_fresh(system):
    assert re.fullmatch(r"[0-9a-f]{64}", system.running.token())


# ---- Walls that move ----


def moves(system, count, move):
    """`count` moves, all of them while a load of 20,000 requests runs, or the next one after it."""
    process = load(system, 20000, "-c", "8", "-k")
    for i in range(count):
        if process.poll() is not None:
            assert_all_served(process, 20000)
            process = load(system, 20000, "-c", "8", "-k")
        move(i)
    assert_all_served(process, 20000)


def test_modes_under_load(system):
    moves(system, 200, lambda i: system.mode("merged" if i % 2 == 0 else "isolated"))


def test_random_moves_under_load(system):
    draw = random.Random(1)
    names = sorted(COMPONENTS)
    statuses = []

    def move(_):
        one, other = draw.sample(names, 2)
        kind = draw.random()
        if kind < 0.4:
            reply = system.ask("POST", "/v1/merge", {"into": one, "from": other})
        elif kind < 0.7:
            reply = system.ask("POST", "/v1/split", {"component": one})
        elif kind < 0.9:
            reply = system.ask("POST", "/v1/move", {"component": one, "into": other})
        else:
            rooms = [[] for _ in range(draw.randint(1, len(names)))]
            for name in names:
                draw.choice(rooms).append(name)
            reply = system.ask("PUT", "/v1/partition", {"domains": [room for room in rooms if room]})
        statuses.append(reply.status)

    moves(system, 400, move)
    assert set(statuses) == {200, 409}
    assert statuses.count(200) > 100


def test_new_connections_while_walls_move(system):
    process = load(system, 5000, "-c", "16")
    while process.poll() is None:
        system.mode("merged")
        system.mode("isolated")
    assert_all_served(process, 5000)


def stale_domains(system):
    return system.graph()["counters"]["stale_domains"]


def test_stale_domains_are_freed(system):
    """Threads that wait keep the domains in which they do; when each has been waked once, the counter is zero again."""
    for _ in range(50):
        system.mode("merged")
        system.mode("isolated")
        system.get()
    assert stale_domains(system) > 0    # nobody has waked the CGI services

    def freed():
        for path in ("/hw", "/cgi/hw", "/cgi/HW"):
            system.get(path)
        return stale_domains(system) == 0

    until(freed, "the counter is zero")


def assert_counts_agree(system):
    """The sum of the edges' gated counts is the CPU's own counter. Between the two readings lies one invocation, the one that reads the counters; a
    thread that comes in between adds its own: then they are read again."""
    seen = []

    def read():
        graph = system.graph()
        seen.append(graph["counters"]["gated"] - sum(edge["gated"] for edge in graph["edges"]))
        return len(seen) >= 5 and min(seen) <= 1

    until(read, "the counts agree")
    assert min(seen) == 1, seen


def test_counts_are_exact(system):
    """Whatever was merged meanwhile."""
    draw = random.Random(2)
    for _ in range(20):
        system.ask("POST", "/v1/merge", {"into": draw.choice(sorted(COMPONENTS)), "from": "tcp"})
        assert_all_served(load(system, 200, "-c", "4", "-k"), 200)
    assert_counts_agree(system)


def test_each_request_is_counted(system):
    for mode in ("isolated", "merged"):
        system.mode(mode)
        before = {(edge["client"], edge["server"]): edge for edge in system.graph()["edges"]}
        assert_all_served(load(system, 500, "-c", "2", "-k"), 500)
        after = {(edge["client"], edge["server"]): edge for edge in system.graph()["edges"]}
        for edge in (("http_parser", "content_manager"), ("content_manager", "static_content")):
            assert after[edge]["invocations"] - before[edge]["invocations"] == 500
            assert after[edge]["gated"] - before[edge]["gated"] == (500 if mode == "isolated" else 0)


# ---- A wild store ----


@pytest.fixture(scope="module")
def wild():
    system = System("build/run-test-wild", "build/webserver-wild/modules.list")
    yield system
    system.running.stop()


LARGE = bytes((7 * i + i // 256) % 256 for i in range(3000000))


def test_large_file(wild):
    """Megabytes in pieces, to clients that read, that read late and that go away."""
    with Client(wild.web, timeout=30) as client, Client(wild.web, timeout=30) as late:
        fetch(late, "/large.bin")
        for _ in range(3):
            with Client(wild.web) as gone:
                fetch(gone, "/large.bin")
        reply = fetch(client, "/large.bin").reply()
        assert reply.status == 200 and reply.body == LARGE
        assert reply.headers["content-type"] == "application/octet-stream"
        for begin, end in ((0, 9000), (8127, 8129), (2999000, 2999999), (1234567, 2345678)):
            reply = fetch(client, "/large.bin", Range=f"bytes={begin}-{end}").reply()
            assert reply.status == 206 and reply.body == LARGE[begin:end + 1]
        assert fetch(client, "/large.bin", "HEAD").reply(bodiless=True).headers["content-length"] == "3000000"
        assert fetch(client, "/empty").reply().body == b""
        assert late.reply().body == LARGE


def test_large_file_while_walls_move(wild):
    done = threading.Event()

    def move():
        while not done.is_set():
            wild.mode("merged")
            wild.mode("isolated")

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for _ in range(3):
            with Client(wild.web, timeout=30) as client:
                assert fetch(client, "/large.bin").reply().body == LARGE
    finally:
        done.set()
        mover.join()


def test_wild_store(wild):
    """It is stopped before memory changes, reported in full, costs that one request, and the connection goes on."""
    wild.mode("isolated")
    with Client(wild.web) as client:
        assert client.send(b"GET /hw HTTP/1.1\r\n\r\n").reply().body == HELLO
        reply = client.send(b"GET /wild HTTP/1.1\r\n\r\n").reply()
        assert reply.status == 502
        assert reply.sentence()
        assert client.send(b"GET /hw HTTP/1.1\r\n\r\n").reply().body == HELLO
    (report,) = wild.faults()
    for word in ("static_content", "wild_store", "store of 4 bytes", "tcp", "content_manager", "thread web"):
        assert word in report, report
    assert re.search(r"0x0a40[0-9a-f]{4}", report), report
    assert re.search(r"\(static_content_wild\.elf\+0x[0-9a-f]+, wild\.c:\d+\)", report), report
    (component,) = [c for c in wild.graph()["components"] if c["name"] == "static_content"]
    assert component["faults"] == 1
    assert (component["state"], component["reboots"]) == ("runs", 1)
    assert component["reason"].startswith("store of 4 bytes to 0x")
    assert wild.graph()["counters"]["faults"] >= 1
    assert_all_served(load(wild, 1000, "-c", "8", "-k"), 1000)


def wild_request(system, statuses):
    """The status of a request that fails; None if its connection ends with it."""
    try:
        status = system.get("/wild").status
    except (EOFError, ConnectionResetError):
        status = None
    assert status in statuses


def test_wild_stores_among_good_requests(wild):
    """Others are served, but those that come while static_content begins anew; and it does so each time, since it serves in between."""
    wild.mode("isolated")
    before = len(wild.faults())
    process = load(wild, 3000, "-c", "8", "-k")
    for _ in range(50):
        wild_request(wild, {502})
        assert wild.get().body == HELLO
    found, output = load_result(process)
    assert found["Complete requests"] == "3000", output
    assert int(found["Failed requests"]) <= 30, output
    assert len(wild.faults()) == before + 50
    assert_all_served(load(wild, 1000, "-c", "8", "-k"), 1000)


def test_wild_store_within_a_merged_domain(wild):
    """The component merged with its clients takes them along, and with fd_api all connections; the next request is served."""
    wild.mode("isolated")
    for client in ("content_manager", "http_parser", "fd_api", "connection_manager"):
        assert wild.ask("POST", "/v1/merge", {"into": client, "from": "static_content"}).status == 200
        for _ in range(3):
            wild_request(wild, {502} if client in ("content_manager", "http_parser") else {502, None})
            assert wild.get().body == HELLO
    wild.mode("isolated")
    assert_all_served(load(wild, 1000, "-c", "8", "-k"), 1000)
