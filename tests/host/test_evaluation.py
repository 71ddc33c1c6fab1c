# SPDX-License-Identifier: BSD-2-Clause
"""The evaluation (tests/paper/mpd) on small inputs: what is charged is what was counted, a recorded run is one that the replayer takes, and the costliest wall
is the one that falls."""

import pathlib
import random
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/paper"), str(ROOT / "tests/bench"), str(ROOT / "boot")]
from mpd import adaptive, charged, edges, site, walls  # noqa: E402


@pytest.fixture(scope="module")
def replay():
    done = subprocess.run([ROOT / "policy/replay", "--help"], capture_output=True, text=True, check=False)
    assert "--costs" in done.stdout, done.stderr
    return lambda path, *words: charged.replay(path, *words)


def recording(windows):
    """Two edges of the site, each invoked so often in each window: (cycles, requests, first, second)."""
    return {
        "edges": [["connection_manager", "fd_api"], ["ip", "vnic"]],
        "phases": [{"name": "1: CGI A, HTTP 1.0", "static": False, "pipelined": False,
                    "windows": [{"cycles": c, "requests": r, "counts": [a, b]} for c, r, a, b in windows]}],
        "speed": 10**9,
    }


@pytest.mark.parametrize("cost", [1, 109, 1680])
def test_crossings_are_charged(replay, tmp_path, cost):
    draw = random.Random(cost)
    windows = [(draw.randint(10**6, 10**7), draw.randint(10, 100), draw.randint(0, 5000), draw.randint(0, 5000)) for _ in range(20)]
    path = tmp_path / "trace"
    path.write_text(charged.trace(recording(windows), False))
    merged = replay(path, "--mode", "merged", "--cost", cost)["total"]
    isolated = replay(path, "--mode", "isolated", "--cost", cost)["total"]
    crossings = sum(a + b for _, _, a, b in windows)
    work = sum(c for c, *_ in windows) - crossings  # recorded at one cycle each
    assert isolated["cycles"] == pytest.approx(work + cost * crossings, rel=1e-9)
    # Everybody was isolated while it was recorded: the first window is played so too.
    first = windows[0][2] + windows[0][3]
    assert work <= merged["cycles"] <= work + cost * first
    assert merged["over_isolated"] == pytest.approx(isolated["cycles"] / merged["cycles"], rel=1e-9)
    assert (merged["requests"], isolated["domains"]) == (sum(r for _, r, *_ in windows), 25)


def test_composite_work_is_the_papers(replay, tmp_path):
    path = tmp_path / "trace"
    path.write_text(charged.trace(recording([(10**6, 100, 6000, 1000)] * 10), True))
    total = replay(path, "--mode", "isolated", "--cost", site.COMPOSITE)["total"]
    expected = 100 * charged.PAPER_WORK[True] + 7000 * site.COMPOSITE
    assert total["cycles"] / 10 == pytest.approx(expected, rel=1e-6)


def test_every_published_cost_has_a_name_and_a_number():
    found = dict(charged.costs())
    assert found["Composite"] == site.COMPOSITE and found["SecureCells"] == 8 and len(found) >= 9


def test_the_costliest_wall_is_between_domains():
    domains = {"a": 1, "b": 1, "c": 2, "d": 3}
    calls = {"a b": 10**6, "a c": 900, "c b": 900, "c d": 1000, "d c": 500}
    assert set(walls.costliest(domains, calls)) in ({"a", "c"}, {"b", "c"})  # 1,800 together, against 1,500
    assert walls.costliest({"a": 1, "b": 1}, {"a b": 10**6}) is None
    assert walls.costliest({"a": 1, "b": 2}, {"a b": 1}) is None  # noise


def test_gain_is_the_mean_over_workloads():
    def run(*phases):
        return {"phases": [{"cycles": c, "crossings": x, "requests": r} for c, x, r in phases]}

    isolated, merged = run((1000, 100, 10), (2000, 0, 10)), run((1000, 0, 10), (2000, 0, 10))
    assert adaptive.gain(isolated, isolated, 1680) == pytest.approx(1)
    assert adaptive.gain(merged, isolated, 11) == pytest.approx((2 + 1) / 2)
    assert adaptive.gain(merged, isolated, 1) == pytest.approx(1)  # a crossing here takes its one instruction anyway


def test_paper_numbers_name_components_of_the_site():
    numbers = set(site.ids().values())
    for hot, share in edges.PAPER.values():
        assert all({int(end) for end in edge.split("-")} <= numbers for edge in hot.split()) and 70 < share < 80
    assert len(site.FIVE) == 5 and len(numbers) == site.COMPONENTS


def test_a_bad_trace_is_a_sentence(replay, tmp_path):
    path = tmp_path / "trace"
    path.write_text(charged.trace(recording([(10**6, 1, 1, 1)]), False) + "window 5 0 1\n")
    with pytest.raises(RuntimeError, match=f"{path}:33: expected 2 counts"):
        replay(path)
