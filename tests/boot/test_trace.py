# SPDX-License-Identifier: BSD-2-Clause
"""Traces of the running system: what is recorded is what the hardware counted, it is well formed, walls that move and components that fail
are in it at their time, and nobody is served worse for it. trace_events.py reads them, from the format's description alone."""

import collections
import csv
import io
import json
import os
import socket
import subprocess
import time

import pytest
from control_port import told
import trace_events
from test_web import HELLO, PATIENCE, REPOSITORY, Client, System, assert_all_served, load, until

ROOM = 262144  # records that are kept


@pytest.fixture(scope="module")
def running_system():
    system = System("build/run-test-trace", "build/webserver-wild/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """Isolated, and nothing is being recorded."""
    running_system.mode("isolated")
    running_system.ask("POST", "/v1/trace", {"on": False})
    yield running_system
    assert running_system.get().body == HELLO


def post(system, **members):
    reply = system.ask("POST", "/v1/trace", members)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def state(system):
    return told(system, "/v1/trace/state")


def chunks(data):
    """What was sent in chunks, and what follows."""
    pieces, at = [], 0
    while True:
        line = data.index(b"\r\n", at)
        size = int(data[at:line], 16)
        at = line + 2 + size
        pieces.append(data[line + 2:at])
        assert data[at:at + 2] == b"\r\n"
        at += 2
        if size == 0:
            return b"".join(pieces), data[at:]


def fetch_text(system):
    with Client(system.control, timeout=60) as client:
        client.send(b"GET /v1/trace HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        pieces = []
        while piece := client.socket.recv(1 << 20):
            pieces.append(piece)
    head, _, rest = b"".join(pieces).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK") and b"Transfer-Encoding: chunked" in head, head
    body, rest = chunks(rest)
    assert rest == b""
    return body.decode("ascii")


def fetch(system):
    return trace_events.Trace(fetch_text(system))


def edges(system):
    rows = csv.reader(io.StringIO(system.ask("GET", "/v1/edges?format=csv").body.decode()))
    next(rows)
    return {(client, server): (int(count), int(gated)) for client, server, count, gated in rows}


def counted(trace):
    """Invocations by edge, and those that crossed, as the trace shows them. Those that had begun before are not told again."""
    found = collections.defaultdict(lambda: [0, 0])
    for s in trace.invocations():
        if s.args.get("began") is None:
            edge = found[s.args["client"], s.args["server"]]
            edge[0] += 1
            edge[1] += s.args["gated"]
            assert s.args["gated"] == (s.category == "gated")
    return {edge: tuple(counts) for edge, counts in found.items()}


def edges_told(trace):
    return {(e["client"], e["server"]): (e["invocations"], e["gated"]) for e in trace.summary["edges"]}


# Edges on which only requests of the site go.
SITE = [("http_parser", "content_manager"), ("content_manager", "static_content"), ("connection_manager", "fd_api"), ("fd_api", "http_parser")]


@pytest.mark.parametrize("mode", ["isolated", "merged"])
def test_counts_are_the_hardware_s(system, mode):
    """To the last invocation, gated and merged; and what the recording says of itself lies between what /v1/edges says around it."""
    system.mode(mode)
    before = edges(system)
    post(system, on=True)
    assert_all_served(load(system, 600, "-c", "4"), 600)
    ended = post(system, on=False)
    after = edges(system)
    trace = fetch(system)
    assert (ended["state"], ended["lost"], trace.summary["lost"], trace.summary["too_deep"]) == ("recorded", 0, 0, 0)
    assert counted(trace) == edges_told(trace)
    assert not [s for track in trace.threads().values() for s in track.slices if s.category == "entry" and s.parent]
    between = {edge: tuple(a - b for a, b in zip(after[edge], before[edge])) for edge in after}
    for edge, counts in counted(trace).items():
        assert all(n <= outer for n, outer in zip(counts, between[edge])), edge
    for edge in SITE:
        assert counted(trace)[edge] == between[edge]
    assert between[SITE[0]][0] == between[SITE[1]][0] == 600
    crossed = {edge for edge, (_, gated) in counted(trace).items() if gated and edge[1] != "supervisor"}
    assert bool(crossed) == (mode == "isolated")


def test_under_instruction_time():
    """With the emulator's time made of instructions: the clock is theirs, and the records are the same as ever."""
    system = System("build/run-test-trace-icount", "build/webserver/modules.list", icount=True)
    try:
        post(system, on=True)
        for _ in range(20):
            assert system.get().body == HELLO
        clock = post(system, on=False)["clock_hz"]
        trace = fetch(system)
        assert abs(clock - 10**9) < 10**6   # a nanosecond each
        assert counted(trace) == edges_told(trace)
        alone = [s for s in trace.invocations() if s.category == "gated" and s.args["server"] not in ("scheduler", "supervisor")]
        for s in alone:     # its thread's instructions are no more than passed in all
            assert s.args["instructions"] <= (s.end - s.begin) * 1000 + 20
        assert any(s.args["instructions"] >= (s.end - s.begin) * 1000 - 20 for s in alone)
    finally:
        system.running.stop()


def test_in_model_mode():
    """The machine of model mode records what the fast one does."""
    system = System("build/run-test-trace-model", "build/webserver/modules.list", cpu_options="model=on")
    try:
        post(system, on=True)
        for _ in range(20):
            assert system.get().body == HELLO
        post(system, on=False)
        trace = fetch(system)
        assert counted(trace) == edges_told(trace)
        assert counted(trace)["content_manager", "static_content"] == (20, 20)
    finally:
        system.running.stop()


# ---- What is in it ----


def test_a_request(system):
    """One request is the invocations that docs/architecture.md draws, nested so, on the threads that make them."""
    post(system, on=True)
    assert system.get().body == HELLO
    post(system, on=False)
    trace = fetch(system)
    (found,) = [s for s in trace.threads()["web"].slices if s.name == "static_content.static_get"]
    names = []
    while found.parent:
        found = found.parent
        names.append(found.name)
    assert names == ["content_manager.content_get", "http_parser.http_read", "fd_api.fd_read", "entry"]
    assert {"tcp_input", "tcp_timer", "web", "control", "policy", "scheduler"} <= set(trace.threads())
    assert any(s.name == "ip.ip_receive" for s in trace.threads()["tcp_input"].slices)


def test_domains_show_who_runs_there(system):
    """Each gated invocation is in its server's domain for as long as it makes none itself: that track has its thread there then, and no other."""
    post(system, on=True)
    for _ in range(30):
        assert system.get().body == HELLO
    post(system, on=False)
    trace = fetch(system)
    domains = trace.domains()
    assert all(a.end <= b.begin for a, b in pairs(sorted((s for track in domains.values() for s in track.slices if s.category == "thread"),
                                                         key=lambda s: (s.begin, s.end))))
    where = {s.name: track for track in domains.values() for s in track.slices if s.category == "components"}
    assert "supervisor" in where and len(where) == 26
    for name, track in trace.threads().items():
        for s in track.slices:
            if s.category != "gated" or s.children or s.begin == s.end or "began" in s.args:
                continue
            component = s.args["server"]
            running = [r for r in where[component].slices if r.category == "thread" and r.begin < s.end and s.begin < r.end]
            assert any(r.name == name for r in running), (name, s)


def pairs(items):
    return zip(items, items[1:])


def test_walls_that_move_under_load(system):
    """At the merge's time the two are one domain's components, and from then on their invocations stay in it; at the split's they part. Who was
    inside then keeps the united domain until it is back (docs/architecture.md), and nobody else."""
    def some_requests(then):
        """Does it while they are made, and some have been answered; their records are fewer than there is room for, however long that takes."""
        begun = edges(system)[SITE[0]][0]
        process = load(system, 300, "-c", "4")
        until(lambda: edges(system)[SITE[0]][0] >= begun + 30, "requests are made")
        then()
        assert_all_served(process, 300)

    post(system, on=True)
    some_requests(lambda: system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"}))
    some_requests(lambda: system.ask("POST", "/v1/split", {"component": "ip"}))
    some_requests(lambda: post(system, on=False))
    trace = fetch(system)
    assert trace.summary["lost"] == 0 and counted(trace) == edges_told(trace)
    moves = {i.name: i.time for i in trace.threads()["control"].instants if i.category == "move"}
    assert list(moves) == ["merge ip into tcp", "split ip"]
    merge, split = moves.values()
    of = [s for s in trace.invocations() if (s.args["client"], s.args["server"]) == ("tcp", "ip") and "began" not in s.args]
    before = [s for s in of if s.begin < merge]
    between = [s for s in of if merge < s.begin < split]
    after = [s for s in of if split < s.begin]
    assert len(before) > 10 and len(between) > 10 and len(after) > 10
    assert all(s.args["gated"] for s in before) and not any(s.args["gated"] for s in between)
    assert all(s.args["gated"] or outermost_domain(s).begin < split for s in after)
    assert sum(s.args["gated"] for s in after) > len(after) / 2
    members = sorted((s.begin, s.end, s.name) for track in trace.domains().values() for s in track.slices if s.category == "components")
    ((begin, end, _),) = [m for m in members if m[2] in ("ip + tcp", "tcp + ip")]
    assert merge <= begin < between[0].begin and split <= end <= after[-1].begin
    for i in (i for track in trace.domains().values() for i in track.instants):
        assert i.category != "move" or i.time == moves[i.name]


def outermost_domain(s):
    """The gated invocation, or the entry, with which its thread came into the domain that it made this one from."""
    while s.parent and s.category != "gated":
        s = s.parent
    return s if s.category != "merged" else s


def test_a_fault(system):
    """It is on its thread's and its domain's track, with the console's words, and the component's end and new beginning behind it."""
    post(system, on=True)
    again = "reboot: static_content runs again"
    before = system.console().count(again)
    assert system.get("/wild").status == 502
    system.running.wait_for(lambda: system.console().count(again) > before, PATIENCE, again)
    assert system.get().body == HELLO
    post(system, on=False)
    trace = fetch(system)
    report = system.faults()[-1]
    seen = [(track.name, i) for track in trace.tracks.values() for i in track.instants if i.category == "fault"]
    assert len(seen) == 2 and seen[0][0].startswith(("domain", "web")) and {"web"} < {name for name, _ in seen}
    for _, i in seen:
        assert i.name == "fault of static_content" and i.args["component"] == "static_content"
        assert len(i.args["explanation"]) > 100 and report.startswith(i.args["explanation"])
        assert "wild_store" in i.args["explanation"]
    fault = seen[0][1].time
    told_of = [i for track in trace.domains().values() for i in track.instants if i.category == "component"]
    assert [i.name for i in told_of] == ["static_content is down", "static_content runs again"]
    assert fault <= told_of[0].time < told_of[1].time
    (lost,) = [s for s in trace.invocations() if s.name == "static_content.static_get" and s.begin <= fault <= s.end]
    assert counted(trace) == edges_told(trace)


def test_decisions_of_the_policy(system):
    """A decision is on the track of the thread that made it, before its moves."""
    def recorded():
        """How many were made while the site was loaded."""
        made = json.loads(system.ask("GET", "/v1/policy").body)["decisions"]
        post(system, on=True)
        system.ask("PUT", "/v1/policy", {"mode": "adaptive", "budget_percent": 1, "crossing_cost": 100000, "period_ms": 100})
        assert_all_served(load(system, 3000, "-c", "4", "-k"), 3000)
        post(system, on=False)
        return json.loads(system.ask("GET", "/v1/policy").body)["decisions"] - made

    until(recorded, "decisions are made")
    trace = fetch(system)
    decisions = [i for track in trace.threads().values() for i in track.instants if i.category == "decision"]
    moves = [i for i in trace.threads()["policy"].instants if i.category == "move"]
    assert decisions and moves and all(i.name.startswith("decision ") and i.args == {"component": "mpd_manager"} for i in decisions)
    assert counted(trace) == edges_told(trace)
    system.ask("PUT", "/v1/policy", {"mode": "isolated", "crossing_cost": "measured", "budget_percent": 10})


# ---- make trace ----


def make_trace(port, *arguments, run="build/run-test-trace"):
    environment = {**os.environ, "CONTROL_PORT": str(port), "RUN_DIR": run}
    return subprocess.run(["boot/trace", *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_in_one_step(system, tmp_path):
    """`make trace`: the file is the trace, and what is printed is what is in it."""
    file = tmp_path / "trace.json"
    process = load(system, 3000, "-c", "4", "-k")
    done = make_trace(system.control, "100", str(file))
    assert_all_served(process, 3000)
    assert done.returncode == 0, done.stderr
    trace = trace_events.Trace(file.read_text())
    assert counted(trace) == edges_told(trace) or trace.summary["lost"]
    total = sum(n for n, _ in edges_told(trace).values())
    assert f"{total} invocations, {sum(n for _, n in edges_told(trace).values())} of them between domains" in done.stdout
    assert "connection_manager -> fd_api" in done.stdout and "ui.perfetto.dev" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"]


def test_what_it_refuses(system, tmp_path):
    for arguments, port, run, word in (
        (["half"], system.control, "build/run-test-trace", "a whole number of milliseconds"),
        (["70000"], system.control, "build/run-test-trace", "from 1 to 60000"),
        (["10"], system.control, str(tmp_path), "`make start` starts a system"),
        (["10"], 1, "build/run-test-trace", "nothing answers at port 1"),
        (["10"], 0, "build/run-test-trace", "no port number"),
    ):
        done = make_trace(port, *arguments, run=run)
        assert done.returncode == 1 and done.stderr.startswith("trace: ") and word in done.stderr and "Traceback" not in done.stderr
    (tmp_path / "token").write_text("0" * 64)
    assert "not that of the running system" in make_trace(system.control, "10", run=str(tmp_path)).stderr


# ---- Too much, too long, at the wrong time ----


def test_overflow(system):
    """The last records are kept, what is lost is counted and said, and what is left is still nested."""
    post(system, on=True)
    while state(system)["records"] <= ROOM + 10000:
        assert_all_served(load(system, 2000, "-c", "8", "-k"), 2000)
    ended = post(system, on=False)
    assert ended["lost"] == ended["records"] - ROOM > 0
    trace = fetch(system)
    assert (trace.summary["records"], trace.summary["lost"]) == (ended["records"], ended["lost"])
    found, whole = counted(trace), edges_told(trace)
    assert 0 < sum(n for n, _ in found.values()) < ROOM
    assert all(found[edge][0] <= whole[edge][0] and found[edge][1] <= whole[edge][1] for edge in found)
    first = min(s.begin for s in trace.invocations())
    assert first > 0
    assert {s.name for track in trace.domains().values() for s in track.slices if s.category == "components"} >= {"tcp", "ip", "supervisor"}


def test_it_ends_by_itself(system):
    begun = post(system, duration_ms=200)
    assert begun["state"] == "recording" and "200 ms" in begun["done"]
    until(lambda: state(system)["state"] != "recording", "it ends")
    assert state(system)["duration_us"] >= 200000
    fetch(system)


def test_nobody_is_served_worse(system):
    """Recordings and fetches, again and again, under load: each request is answered, and each trace is whole."""
    process = load(system, 12000, "-c", "8", "-k")
    rounds = 0
    while process.poll() is None or rounds < 2:
        if process.poll() is not None:
            assert_all_served(process, 12000)
            process = load(system, 12000, "-c", "8", "-k")
        post(system, on=True)
        time.sleep(0.03)
        post(system, on=False)
        trace = fetch(system)
        assert trace.summary["lost"] or counted(trace) == edges_told(trace)
        rounds += 1
    assert_all_served(process, 12000)


def test_a_reader_who_goes(system):
    """While somebody fetches, no recording is begun in its place; when he goes, it may be."""
    post(system, on=True)
    assert_all_served(load(system, 1500, "-c", "8", "-k"), 1500)
    post(system, on=False)
    with Client(system.control) as reader:
        reader.send(b"GET /v1/trace HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reader.socket.recv(100).startswith(b"HTTP/1.1 200")
        reply = system.ask("POST", "/v1/trace", {"on": True})
        assert (reply.status, "is being fetched" in reply.sentence()) == (409, True)
        reader.socket.shutdown(socket.SHUT_RDWR)

    def begun():
        reply = system.ask("POST", "/v1/trace", {"on": True})
        assert reply.status in (200, 409)
        return reply.status == 200

    until(begun, "a recording may be begun")
    post(system, on=False)


@pytest.mark.parametrize("body, word", [
    ({}, "duration_ms"),
    ({"duration_ms": 0}, "from 1 to 60000"),
    ({"duration_ms": 60001}, "from 1 to 60000"),
    ({"duration_ms": -5}, "from 1 to 60000"),
    ({"duration_ms": 1.5}, "from 1 to 60000"),
    ({"duration_ms": "500"}, "from 1 to 60000"),
    ({"duration_ms": 10**30}, "from 1 to 60000"),
    ({"duration_ms": None}, "from 1 to 60000"),
    ({"on": 1}, "true or false"),
    ({"on": None}, "true or false"),
    ({"on": False, "duration_ms": 5}, "no \"duration_ms\""),
    ({"on": True, "colour": "red"}, "members are"),
    ([], "JSON object"),
    (b"{", "not JSON"),
    (b"", "empty"),
])
def test_bad_input(system, body, word):
    before = state(system)
    reply = system.ask("POST", "/v1/trace", body)
    assert reply.status == 400 and word in reply.sentence()
    assert state(system) == before


def test_at_the_wrong_time(system):
    assert "begins one" in system.ask("POST", "/v1/trace", {"on": False}).sentence()
    assert system.ask("POST", "/v1/trace", {"on": True}, token="").status == 401
    post(system, on=True)
    for method, body in (("POST", {"on": True}), ("POST", {"duration_ms": 5}), ("GET", None)):
        reply = system.ask(method, "/v1/trace", body)
        assert reply.status == 409 and '{"on":false}' in reply.sentence()
    assert state(system)["state"] == "recording"
    post(system, on=False)


# ---- The reader itself ----


def event(**members):
    return {"pid": 1, "tid": 1, "ts": 1, **members}


NAMES = [event(ph="M", name="process_name", args={"name": "p"}), event(ph="M", name="thread_name", args={"name": "t"})]
GOOD = [event(ph="B", name="a", cat="c"), event(ph="X", name="b", cat="c", ts=2, dur=1), event(ph="E", ts=4)]


@pytest.mark.parametrize("events", [
    GOOD[:2], GOOD[1:], [*GOOD, event(ph="E", ts=5)],
    [GOOD[0], event(ph="X", name="b", cat="c", ts=3, dur=2), GOOD[2]],
    [GOOD[0], event(ph="E", ts=0)], [GOOD[0], event(ph="E", name="b", ts=5)],
    [event(ph="Q", name="a")], [event(ph="B", cat="c")], [event(ph="B", name="a")], [event(ph="X", name="a", cat="c")],
    [event(ph="i", name="a", cat="c")], [event(ph="i", name="a", cat="c", s="x")], [event(ph="B", name="a", cat="c", ts="1")],
    [event(ph="B", name="a", cat="c", tid=2), event(ph="E", tid=2)], [event(ph="B", name="a", cat="c", more=1)], [NAMES[1]],
])
def test_what_the_reader_refuses(events):
    trace_events.Trace(json.dumps({"traceEvents": NAMES + GOOD}))
    with pytest.raises(trace_events.Malformed):
        trace_events.Trace(json.dumps({"traceEvents": NAMES + events}))
