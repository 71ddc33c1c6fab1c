# SPDX-License-Identifier: BSD-2-Clause
"""`make kills`: whose failure a failed request is, and what counts as left behind."""

import itertools
import pathlib
import re
import socket
import sys
import time
import types

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/kills"), str(REPOSITORY / "tests/bench")]

import asking  # noqa: E402
import leaks  # noqa: E402
import target  # noqa: E402
from asking import KINDS, Gap, Outcome  # noqa: E402
from verdict import GRACE, Verdict, blamed, wait  # noqa: E402

HW = KINDS[0]
KILL = target.Kill("static_content", frozenset({"static_content"}), 10.0, 10.02)
PATHS = {kind.name: frozenset({"tcp", "static_content"} if kind is HW else {"tcp", "cgi_service_a"}) for kind in KINDS}


def outcome(since, end, kind=HW):
    return Outcome(kind, since, end, "EOFError")


@pytest.mark.parametrize("since, end, own", [
    (9.9, 10.01, True),                # while it was down
    (9.0, 10.5, True),                 # in flight before, failed after
    (10.02 + GRACE, 11.0, True),
    (10.03 + GRACE, 11.0, False),      # the connection served in between
    (9.0, 9.99, False),                # before
    (10.01, 10.01, True),
])
def test_whose_failure(since, end, own):
    assert (blamed(outcome(since, end), [KILL], PATHS) is KILL) == own


def test_who_does_not_need_it_fails_outside():
    assert blamed(outcome(9.9, 10.01, KINDS[3]), [KILL], PATHS) is None
    both = target.Kill("x", frozenset({"x", "cgi_service_a"}), 10.0, 10.02)
    assert blamed(outcome(9.9, 10.01, KINDS[3]), [both], PATHS) is both


def test_verdict():
    failed = [outcome(9.9, 10.01), outcome(20, 21)]
    verdict = Verdict({HW.name: 998}, failed, [KILL], PATHS)
    assert verdict.own == {"static_content": 1} and verdict.outside == [failed[1]]
    assert verdict.requests() == 1000 and verdict.share() == 0.998 and not verdict.met()
    assert "OUTSIDE: /hw, new: EOFError, 1.000 s after the connection was whole, 11.000 s after static_content was killed" in verdict.text()
    assert Verdict({HW.name: 99}, failed[:1], [KILL], PATHS).met()
    assert not Verdict({HW.name: 98}, failed[:1], [KILL], PATHS).met()
    assert not Verdict({}, [], [], PATHS).met()


def killed(component, begin, end):
    return target.Kill(component, frozenset({component}), begin / 100, end / 100, (begin, end))


def test_a_wait_is_without_what_explains_it():
    kills = [killed("tcp", 100, 103), killed("ip", 110, 115), killed("lock", 400, 401)]
    for begin, end, starved, ticks, component in (
            (90, 99, (), 9, None),               # nobody had been killed
            (99, 109, (), 7, "tcp"),
            (101, 140, (), 32, "tcp"),           # 37 and 5 are gone for kills
            (105, 140, (), 30, "ip"),
            (200, 300, (), 100, "ip"),           # long after
            (200, 300, ((210, 250), (240, 260), (0, 205)), 45, "ip"),
            (399, 402, ((390, 410),), 0, "lock")):
        assert (begin, end, wait(Gap(HW, begin, end), kills, starved)[0]) == (begin, end, ticks)
        blamed_for_it = wait(Gap(HW, begin, end), kills, starved)[1]
        assert (blamed_for_it.component if blamed_for_it else None) == component
    verdict = Verdict({HW.name: 99}, [], kills, PATHS, [Gap(HW, 99, 109), Gap(KINDS[3], 105, 140), Gap(HW, 1, 2)])
    assert verdict.waits() == [(30, "CGI a, new", "ip"), (7, HW.name, "tcp")]
    assert re.search(r"^ip +1 +0  300 ms, CGI a, new$", verdict.text(), re.M) and re.search(r"^/hw, new +99 +0 +70 ms$", verdict.text(), re.M)
    assert re.search(r"^lock +1 +0$", verdict.text(), re.M)


def reply(status, body=asking.HELLO, close=False):
    return b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s" % (status, b"Connection: close\r\n" if close else b"", len(body), body)


def asked(kind, *connections):
    """A client's end of it: each connection is answered by those replies, then closed; the last one is not looked at any more."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    ticks = itertools.count(0, 10)
    client = asking.Client(kind, types.SimpleNamespace(web=port, control=port, ticks=lambda: next(ticks)))
    client.start()
    begun = []
    for replies in connections:
        connection, _ = listener.accept()
        begun.append(time.monotonic())
        for answer in replies:
            assert connection.recv(65536)
            connection.sendall(answer)
            time.sleep(0.02)
        connection.close()
    client.stopped = True
    listener.close()
    client.join(10)
    return client, begun


def test_a_connection_is_whole_by_its_last_right_answer():
    """Not by one that was no right answer; and not used once its other side has said that it ends."""
    kept = KINDS[1]
    client, begun = asked(kept, [reply(200), reply(200), reply(503), reply(200, b"x"), b""], [reply(200), reply(502, close=True)], [reply(200)])
    assert client.answered == 4
    assert [o.what for o in client.failed[:4]] == [503, "other bytes", "EOFError", 502]
    since = [o.since - begun[0] for o in client.failed[:3]]
    assert since[0] == since[1] == since[2] and 0 < since[0] < 0.15  # of the second request, not of the third or fourth
    assert client.failed[3].since - begun[1] < 0.15
    assert client.gaps[0].kind is kept and all(gap.end - gap.begin == 10 for gap in client.gaps)


def test_leaks():
    before = {"tcp: connections": 0, "domains": 26, "x: bytes of heap": 4096}
    assert leaks.leaked(before, dict(before)) == []
    assert leaks.leaked(before, before | {"x: bytes of heap": 0}) == []
    assert leaks.leaked(before, before | {"x: bytes of heap": 8192}) == ["x: bytes of heap: 4096 before, 8192 now"]
    assert len(leaks.leaked(before, before | {"domains": 25, "tcp: connections": 1})) == 2


def test_the_killer_joins_any_manifest():
    text = "system s\ncomponent a 1 a.elf memory 64K\nedge a supervisor:test\npool p 512K rw a\ndevice a virtio-net\nthread a a f priority 1\n"
    joined, at = target.with_killer(text)
    lines = joined.splitlines()
    assert lines.index("component killer 200 killer.elf memory 64K") == lines.index("edge a supervisor:test") - 1
    assert [line.split()[0] for line in lines] == ["system", *["component"] * 2, *["edge"] * 2, *["pool"] * 2, "device", *["thread"] * 2]
    assert at == 0x8000000 + 3 * 0x400000  # behind two components and a pool
