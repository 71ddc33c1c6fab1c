# SPDX-License-Identifier: BSD-2-Clause
"""`make kills`: whose failure a failed request is, and what counts as left behind."""

import pathlib
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/kills"), str(REPOSITORY / "tests/bench")]

import leaks  # noqa: E402
import target  # noqa: E402
from asking import KINDS, Outcome  # noqa: E402
from verdict import GRACE, Verdict, blamed  # noqa: E402

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
