# SPDX-License-Identifier: BSD-2-Clause
"""Walls are not to be seen: a recorded set of conversations is answered byte for byte the same by a system that is isolated,
merged, laid out at random, laid out anew all the while by the control interface, and moved at random instructions: the component
tests/boot/kernel_mover, of the lowest priority, arms interrupts a random number of instructions ahead, at which the supervisor moves
walls (-icount shift=0), in whatever is working by then. Each layout gets a system fresh from boot, because the CGI services remember.
"""

import pathlib
import random
import re
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import rig  # noqa: E402
import test_web  # noqa: E402

RUN = "build/run-test-transparency"
LAYOUTS = ("isolated", "merged", "random 1", "random 2", "random 3", "changing")
MOVER_SECONDS = 120  # the most that it may take to see that nobody works


def conversations():
    """Each the bytes of one connection, to its end."""
    draw = random.Random(11)
    paths = ["/hw", "/", "/style.css", "/pictures/", "/pictures/wall.svg", "/none", "/large.bin", "/empty", "/cgi/hw", "/cgi/HW",
             "/cgi/a/count", "/cgi/b/count", "/cgi/a/echo?x=%20&y", "/cgi/b/sum?1+2+39", "/cgi/none", "/cgi/b/upper"]
    headers = ["", "Range: bytes=10-2000\r\n", "Range: bytes=-5\r\n", "Range: bytes=99999999-\r\n", "If-None-Match: *\r\n",
               'If-None-Match: "0"\r\n', "Accept: */*\r\nUser-Agent: recorded\r\n", "Transfer-Encoding: chunked\r\n"]
    for path in paths:
        yield f"GET {path} HTTP/1.0\r\n\r\n".encode()
        yield f"HEAD {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
    for count in range(60):
        parts = []
        for _ in range(draw.choice((1, 3, 20))):
            method, path, header = draw.choice(("GET", "GET", "GET", "HEAD", "POST", "PUT")), draw.choice(paths), draw.choice(headers)
            body = b""
            if header.startswith("Transfer"):
                body = b"5\r\nabcde\r\n1\r\nf\r\n0\r\n\r\n"
            elif method in ("POST", "PUT"):
                body = draw.randbytes(draw.choice((0, 10, 4096)))
                header += f"Content-Length: {len(body)}\r\n"
            parts.append(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{header}\r\n".encode() + body)
        yield b"".join(parts) + b"GET /hw HTTP/1.1\r\nConnection: close\r\n\r\n"
    for data, _ in test_web.BAD.values():
        yield data[:20000]


def answers(system):
    """What each conversation is answered, one after the other, all bytes up to the end of the connection."""
    found = []
    for data in conversations():
        with test_web.Client(system.web, timeout=30) as client:
            sender = threading.Thread(target=send, args=(client, data))
            sender.start()
            reply = bytearray()
            try:
                while piece := client.socket.recv(1 << 16):
                    reply += piece
            except ConnectionResetError:
                pass
            sender.join()
            found.append(bytes(reply))
    return found


def send(client, data):
    try:
        client.send(data).end()
    except OSError:
        pass    # refused before all was sent


def change(system, draw):
    names = sorted(test_web.COMPONENTS)
    one, other = draw.sample(names, 2)
    kind = draw.random()
    if kind < 0.4:
        system.ask("POST", "/v1/merge", {"into": one, "from": other})
    elif kind < 0.7:
        system.ask("POST", "/v1/split", {"component": one})
    elif kind < 0.9:
        system.ask("POST", "/v1/move", {"component": one, "into": other})
    else:
        rooms = [[] for _ in range(draw.randint(1, len(names)))]
        for name in names:
            draw.choice(rooms).append(name)
        system.ask("PUT", "/v1/partition", {"domains": [room for room in rooms if room]})


def recorded(layout):
    system = test_web.System(RUN, "build/webserver-wild/modules.list")
    done, changes, mover = threading.Event(), [], None
    try:
        name, _, seed = layout.partition(" ")
        draw = random.Random(seed)
        if name in ("isolated", "merged"):
            system.mode(name)
        elif name == "random":
            for _ in range(60):
                change(system, draw)
        else:
            def move():
                while not done.is_set():
                    change(system, draw)
                    changes.append(1)
            mover = threading.Thread(target=move)
            mover.start()
        found = answers(system)
        done.set()
        if mover:
            mover.join()
            assert len(changes) > 100
        assert system.faults() == []
        return found
    finally:
        done.set()
        if mover:
            mover.join()
        system.running.stop()


def mover_modules(folder):
    """The web server's boot modules, with the mover as one component more."""
    built = rig.REPOSITORY / "build/webserver-wild"
    lines = []
    for line in (built / "webserver.manifest").read_text().splitlines():
        if line.startswith("pool ") and "edge mover" not in "\n".join(lines):
            lines += ["edge mover timed_block scheduler supervisor:test supervisor:layout supervisor:console", ""]
        if line.startswith("edge ") and "component mover" not in "\n".join(lines):
            lines += ["component mover 201 mover.elf memory 64K", ""]
        lines.append(line)
    lines.append("thread mover mover mover_thread priority 7")
    manifest = folder / "webserver.manifest"
    manifest.write_text("\n".join(lines) + "\n")
    modules = (built / "modules.list").read_text().splitlines()
    path = folder / "modules.list"
    path.write_text("\n".join([f"{manifest} webserver.manifest", *modules[1:], "build/tests/kernel_mover/mover.elf mover.elf"]) + "\n")
    return str(path)


def mover_says(system):
    """{what: number}, once it has stopped because nobody works any more."""
    until = time.monotonic() + MOVER_SECONDS
    while "mover: refused" not in system.console() and time.monotonic() < until:
        time.sleep(0.1)
    return {what: int(number) for what, number in re.findall(r"^mover: (.*) (\d+)$", system.console().replace("\r", ""), re.M)}


@pytest.fixture(scope="module")
def reference():
    return recorded("isolated")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_answers_do_not_depend_on_the_layout(reference, layout):
    for data, expected, found in zip(conversations(), reference, recorded(layout), strict=True):
        assert found == expected, (layout, data[:300])


def mover_saw(system):
    """{thread: names of the components that the moves have met it in}"""
    lines = (rig.REPOSITORY / "webserver/webserver.manifest").read_text().splitlines()
    components = [line.split()[1] for line in lines if line.startswith("component ")]
    threads = [line.split()[1] for line in lines if line.startswith("thread ")]
    found = {name: set() for name in threads}
    for thread, place in re.findall(r"^mover: (\d+) in (\d+)$", system.console().replace("\r", ""), re.M):
        if int(thread) <= len(threads) and int(place) < len(components):
            found[threads[int(thread) - 1]].add(components[int(place)])
    return found


# Which kind of thread works in which component (TSE11 section 4.2): these meet only in what all invoke, and at the event manager and the
# async_invocations.
APART = {
    "tcp_input": {"connection_manager", "fd_api", "http_parser", "content_manager", "static_content", "cgi_service_a", "cgi_service_b"},
    "web": {"cgi_service_a", "cgi_service_b", "cgi_fd_api_a", "cgi_fd_api_b"},
    "cgi_a": {"connection_manager", "fd_api", "http_parser", "content_manager", "static_content", "tcp", "cgi_service_b"},
    "cgi_b": {"connection_manager", "fd_api", "http_parser", "content_manager", "static_content", "tcp", "cgi_service_a"},
}


def kinds_of_thread_look(saw):
    for thread, others in APART.items():
        assert saw[thread] & others == set(), (thread, saw)
    assert saw["tcp_input"] & {"tcp", "ip", "vnic"} and saw["web"] & {"http_parser", "fd_api", "connection_manager"}, saw
    assert (saw["cgi_a"] | saw["cgi_b"]) & {"cgi_service_a", "cgi_service_b", "cgi_fd_api_a", "cgi_fd_api_b"}, saw


def test_answers_do_not_depend_on_moves_at_any_instruction(reference, tmp_path, record_property):
    """And afterwards the threads leave the domains that the moves have made stale, and the three kinds of thread were each seen in
    components of their own only."""
    system = test_web.System(RUN, mover_modules(tmp_path), icount=True)
    try:
        for data, expected, found in zip(conversations(), reference, answers(system), strict=True):
            assert found == expected, data[:300]
        for path in ("/cgi/hw", "/cgi/HW") * 60:
            assert system.get(path).status == 200
        said = mover_says(system)
        assert {"lists", "made", "met others", "refused"} <= set(said), system.console()[-3000:]
        assert said["met others"] > 100 and said["refused"] == 0
        kinds_of_thread_look(mover_saw(system))
        record_property("moves", said["met others"])
        until = time.monotonic() + 30
        while test_web.stale_domains(system) != 0 and time.monotonic() < until:
            for path in ("/hw", "/cgi/hw", "/cgi/HW"):
                assert system.get(path).status == 200
        assert test_web.stale_domains(system) == 0
        assert system.faults() == []
    finally:
        system.running.stop()


def test_the_recording_says_something(reference):
    heads = [reply.split(b"\r\n", 1)[0] for reply in reference]
    statuses = {head.split(b" ")[1] for head in heads if head}
    assert {b"200", b"400", b"404", b"413", b"414", b"431"} <= statuses
    assert sum(map(len, reference)) > 10_000_000
