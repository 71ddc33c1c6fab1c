# SPDX-License-Identifier: BSD-2-Clause
"""What the control port tells those who watch: a stream of events, read here by a reader of the test's own, under load, while walls move, by
slow viewers, by many, by some that come back, and by some that are there when mpd_manager is killed; and the dashboard's files."""

import gzip
import http.client
import json
import pathlib
import queue
import random
import re
import socket
import sys
import threading
import time

import pytest
from control_port import drop_rules, settings
from test_web import COMPONENTS, PATIENCE, REPOSITORY, Client, System, assert_all_served, load

sys.path.insert(0, str(REPOSITORY / "tests/kills"))
from target import Target  # noqa: E402

VIEWERS = 16
WINDOW = 1.0
COMPOSITE = 1680  # cycles of a crossing (TSE11): then walls cost enough for decisions
BUNDLE = REPOSITORY / "build/dashboard"


class Viewer:
    """Reads the stream as the HTML standard says (server-sent events, 9.2.6), on a thread of its own: events go to `events`."""

    def __init__(self, port, last_id=None, buffer=None, read=True, maybe=False):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.connection.connect()
        if buffer:
            self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.connection.request("GET", "/v1/events", headers={} if last_id is None else {"Last-Event-ID": last_id})
        self.socket = self.connection.sock
        self.reply = self.connection.getresponse()
        self.events, self.all = queue.Queue(), []
        self.last_id, self.retry, self.error = last_id or "", None, None
        self.reading = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        if read:
            self.reading.set()
        if self.reply.status == 200:
            self.thread.start()
        elif not maybe:
            raise AssertionError(f"status {self.reply.status}: {self.reply.read()}")

    def run(self):
        self.reading.wait()
        kind, data = "", []
        try:
            while line := self.reply.readline():
                line = line.decode("utf-8").removesuffix("\n").removesuffix("\r")
                if line == "":
                    if data:
                        event = (kind or "message", self.last_id, json.loads("\n".join(data)))
                        self.all.append(event)
                        self.events.put(event)
                    kind, data = "", []
                    continue
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "event":
                    kind = value
                elif name == "data":
                    data.append(value)
                elif name == "id" and "\0" not in value:
                    self.last_id = value
                elif name == "retry" and value.isdigit():
                    self.retry = int(value)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.error = error
        self.events.put(None)   # the end

    def next(self, kind, seconds=PATIENCE, fits=lambda data: True):
        """The next event of that kind that fits; what comes before it is passed over."""
        end = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind} within {seconds} s; last came {[e[0] for e in self.all[-5:]]}") from None
            assert event is not None, f"the stream has ended: {self.error}"
            if event[0] == kind and fits(event[2]):
                return event[2]

    def fresh(self, kind):
        """The next one that comes from now on: the first ones after a graph may be old by two seconds."""
        while self.events.qsize():
            assert self.events.get() is not None
        return self.next(kind)

    def of(self, kind):
        return [data for name, _, data in list(self.all) if name == kind]

    def close(self):
        self.reading.set()
        # The reader may be in recv: shutdown ends that, close alone would not.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self.thread.ident:
            self.thread.join(10)
        self.reply.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_for(ready, what):
    end = time.monotonic() + PATIENCE
    while not (found := ready()):
        assert time.monotonic() < end, f"no {what} within {PATIENCE} s"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def running_system():
    system = System("build/run-test-events", "build/webserver/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """Isolated, with no rule, and nobody watches; afterwards it answers and has reported nothing."""
    drop_rules(running_system)
    settings(running_system, mode="isolated", budget_percent=10, crossing_cost="measured", period_ms=100)
    yield running_system
    assert running_system.get().body == b"hello world"
    assert running_system.faults() == []


def edges(graph):
    return [(edge["client"], edge["server"], edge["invocations"], edge["gated"]) for edge in graph["edges"]]


# ---- The stream ----


def test_it_begins_with_a_graph(system):
    with Viewer(system.control) as viewer:
        graph = viewer.next("graph")
        assert viewer.reply.headers["Content-Type"] == "text/event-stream"
        assert viewer.reply.headers["Cache-Control"] == "no-store"
        assert viewer.retry and re.fullmatch(r"[0-9a-f]{8}-\d+-\d+", viewer.last_id)
        assert viewer.all[0][0] == "graph"
        asked = system.graph()
        assert {c["name"] for c in graph["components"]} == COMPONENTS
        for member in ("policy", "domains"):
            assert graph[member] == asked[member]
        for one, two in zip(edges(graph), edges(asked), strict=True):
            assert one[:2] == two[:2] and one[2] <= two[2] and one[3] <= two[3]
        first, second = viewer.fresh("tick"), viewer.next("tick")
        assert 900 <= second["window_ms"] <= 3000 and second["uptime_ms"] == first["uptime_ms"] + second["window_ms"]
        assert (second["domains"], second["mode"], second["budget_percent"], second["viewers"]) == (25, "isolated", 10, 1)
    assert system.ask("HEAD", "/v1/events", token="").status == 200
    assert system.ask("POST", "/v1/events", {}).status == 405
    with Viewer(system.control) as viewer:  # neither has left a viewer behind
        assert viewer.fresh("tick")["viewers"] == 1


def assert_it_adds_up(viewer):
    """Each graph and the ticks after it make the next graph, edge by edge. Returns what the ticks counted of requests."""
    graph, since, requests, graphs = None, {}, 0, 0
    for kind, _, data in list(viewer.all):
        if kind == "tick":
            requests += data["requests"]["window"]
            between = {"invocations": 0, "crossings": 0}
            for index, invocations, gated in data["edges"]:
                assert invocations >= gated >= 0 and invocations > 0
                before = since.get(index, (0, 0))
                since[index] = before[0] + invocations, before[1] + gated
                if graph and graph["edges"][index]["server"] != "supervisor":
                    between["invocations"] += invocations
                    between["crossings"] += gated
            if graph:
                assert between == {name: data[name] for name in between}
            if data["requests"]["window"]:
                assert abs(data["crossings_per_request"] - data["crossings"] / data["requests"]["window"]) < 0.01
            else:
                assert data["crossings_per_request"] is None
        if kind == "graph":
            if graph:
                assert [edge[:2] for edge in edges(graph)] == [edge[:2] for edge in edges(data)]
                for index, (one, two) in enumerate(zip(edges(graph), edges(data))):
                    assert (one[2] + since.get(index, (0, 0))[0], one[3] + since.get(index, (0, 0))[1]) == two[2:], one
                graphs += 1
            graph, since = data, {}
    assert graphs
    return requests


def test_graphs_and_ticks_add_up_under_load_while_walls_move(system):
    """And requests are counted exactly."""
    draw = random.Random(6)
    with Viewer(system.control) as viewer:
        viewer.next("graph")
        viewer.fresh("tick")
        before = viewer.fresh("tick")["requests"]["total"]
        process = load(system, 6000, "-k", "-c", "8")
        moves = 0
        while process.poll() is None:
            a, b = draw.sample(sorted(COMPONENTS - {"scheduler", "mpd_manager"}), 2)
            moves += system.ask("POST", "/v1/merge", {"into": a, "from": b}).status == 200
            moves += system.ask("POST", "/v1/split", {"component": b}).status == 200
        assert_all_served(process, 6000)
        for path in ("/none", "/", "/cgi/hw", "/pictures/wall.svg"):
            system.get(path)
        with Client(system.web) as client:
            client.send(b"rubbish\r\n\r\n").reply()     # is refused before it is a request
        assert moves
        last = viewer.next("tick", fits=lambda tick: tick["requests"]["total"] == before + 6004)
        assert viewer.next("tick")["requests"]["total"] == before + 6004
        system.mode("merged")
        graph = viewer.next("graph", fits=lambda graph: len(graph["domains"]) == 1)
        assert last["crossings"] >= 0 and graph["policy"] == {"mode": "merged"}
        assert viewer.next("tick")["domains"] == 1
        assert_it_adds_up(viewer)
        shares = [tick["share_ppm"] for tick in viewer.of("tick")]
        assert max(shares) > min(shares) and all(0 <= tick["busy_ppm"] <= 1000000 for tick in viewer.of("tick"))


def rested(viewer):
    """Waits until some seconds bring no graph: what had changed before is told by then. How many have come."""
    while True:
        graphs = len(viewer.of("graph"))
        for _ in range(3):
            viewer.fresh("tick")
        if len(viewer.of("graph")) == graphs:
            return graphs


def test_changes_are_told(system):
    with Viewer(system.control) as viewer:
        viewer.next("graph")
        before = rested(viewer)
        system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"})
        graph = viewer.next("graph")
        assert sorted(["tcp", "ip"]) in [sorted(domain["components"]) for domain in graph["domains"]]
        assert system.ask("POST", "/v1/rules", {"rule": "rule card apart vnic"}).status == 200
        viewer.next("graph")
        settings(system, budget_percent=7)
        viewer.next("graph")
        assert viewer.next("tick")["budget_percent"] == 7
        time.sleep(3)
        assert len(viewer.of("graph")) == before + 3     # and nothing else is


def kept(system):
    return json.loads(system.ask("GET", "/v1/decisions").body)["decisions"]


def test_decisions_and_what_came_of_them(system):
    """Told once when made, and once more when known; who comes back gets those that it missed, and no other."""
    with Viewer(system.control) as viewer:
        viewer.next("graph")
        start = viewer.last_id
        settings(system, mode="adaptive", budget_percent=1, crossing_cost=COMPOSITE)
        process = load(system, 6000, "-k", "-c", "8")

        def outcome():
            """It is known after a whole window with requests in it: they are made until then."""
            nonlocal process
            if process.poll() is not None:
                assert_all_served(process, 6000)
                process = load(system, 6000, "-k", "-c", "8")
            return any(decision["actual_percent"] is not None for decision in viewer.of("decision"))

        wait_for(outcome, "outcome")
        first = viewer.of("decision")[0]
        assert_all_served(process, 6000)
        settings(system, mode="isolated", crossing_cost="measured")

        def all_told():
            latest = {decision["number"]: decision for decision in viewer.of("decision")}
            return latest == {decision["number"]: decision for decision in kept(system) if decision["number"] >= first["number"]}

        wait_for(all_told, "end of the decisions")
        time.sleep(1.5)     # what came of the last one may be yet to come
        wait_for(all_told, "end of the decisions")
        told = viewer.of("decision")
        last = viewer.last_id
    decided = {}
    for decision in told:
        if decision["number"] in decided:
            assert decided[decision["number"]]["actual_percent"] is None and decision["actual_percent"] is not None
        else:
            assert decision["number"] == max(decided, default=first["number"] - 1) + 1
        decided[decision["number"]] = decision
    now = {decision["number"]: decision for decision in kept(system)}
    assert set(decided) <= set(now) and decided == {number: now[number] for number in decided}

    def missed(last_id):
        with Viewer(system.control, last_id) as again:
            assert again.next("graph") and again.next("tick") and again.next("tick")
            numbers = [d["number"] for d in again.of("decision")]
            assert again.all[0][0] == "graph" and [d for d in again.of("decision")] == [now[n] for n in numbers]
            return numbers, again.last_id

    assert missed(last)[0] == []
    assert missed(start) == (sorted(decided), last)
    middle = sorted(decided)[len(decided) // 2]
    epoch = start.split("-")[0]
    assert missed(f"{epoch}-{middle}-0")[0] == [n for n in sorted(decided) if n > middle]
    for strange in ("00000000-1-1", "x", f"{epoch}-1", f"{epoch}-01-0", "9" * 100):
        assert missed(strange) == (sorted(json_number(system)), last), strange
    assert missed(f"{epoch}-99999999-99")[0] == []


def json_number(system):
    return [d["number"] for d in kept(system)]


# ---- Those who watch ----


def test_viewers_are_limited(system):
    viewers = [Viewer(system.control) for _ in range(VIEWERS)]
    try:
        for viewer in viewers:
            viewer.next("tick")
        reply = system.ask("GET", "/v1/events", token="")
        assert reply.status == 503 and "16 viewers" in reply.sentence()
        assert system.graph()       # the others are answered
        viewers.pop().close()

        def room():
            viewer = Viewer(system.control, maybe=True)
            if viewer.reply.status != 200:
                return None
            viewers.append(viewer)
            return viewer

        wait_for(room, "room for another viewer").next("graph")
    finally:
        for viewer in viewers:
            viewer.close()


def test_ten_viewers_see_the_same_while_walls_move_under_load(system):
    draw, count = random.Random(10), 10000
    viewers = [Viewer(system.control) for _ in range(10)]
    try:
        for viewer in viewers:
            viewer.next("tick")
        process = load(system, count, "-k", "-c", "8")
        while process.poll() is None:
            component = draw.choice(sorted(COMPONENTS - {"scheduler", "mpd_manager", "vnic"}))
            system.ask("POST", "/v1/merge", {"into": "vnic", "from": component})
            system.ask("POST", "/v1/split", {"component": component})
        assert_all_served(process, count)
        total = viewers[0].next("tick", fits=lambda tick: tick["requests"]["window"] == 0)["uptime_ms"]
        for viewer in viewers[1:]:
            viewer.next("tick", fits=lambda tick: tick["uptime_ms"] == total)
        system.mode("merged")
        for viewer in viewers:
            viewer.next("graph", fits=lambda graph: len(graph["domains"]) == 1)
            assert_it_adds_up(viewer)
        ticks = [{tick["uptime_ms"]: tick for tick in viewer.of("tick")} for viewer in viewers]
        for other in ticks[1:]:
            shared = sorted(set(ticks[0]) & set(other))
            assert len(shared) > 2 and all(ticks[0][time_] == other[time_] for time_ in shared)
            times = sorted(other)
            assert times == [t for t in sorted(ticks[0]) if t >= times[0]][:len(times)]    # nobody misses one
    finally:
        for viewer in viewers:
            viewer.close()


def heap(system, name="mpd_manager"):
    (component,) = [c for c in system.graph()["components"] if c["name"] == name]
    return component["memory"]["used"]


def test_a_slow_viewer_holds_up_nobody(system):
    """One that reads nothing, while each second brings a graph: it is skipped or closed, and what it then reads is whole."""
    with Viewer(system.control) as quick, Viewer(system.control, buffer=16384, read=False) as slow:
        quick.next("graph")
        before = heap(system)
        begin = time.monotonic()
        flip = 0
        while time.monotonic() < begin + 12:
            flip += 1
            system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"})
            time.sleep(0.3)
            system.ask("POST", "/v1/split", {"component": "ip"})
            time.sleep(0.3)
        assert flip > 5 and heap(system) == before
        assert_it_adds_up(quick)
        times = [tick["uptime_ms"] for tick in quick.of("tick")]
        assert max(b - a for a, b in zip(times, times[1:])) < 3000
        slow.reading.set()
        end = wait_for(lambda: slow.events.qsize() and (slow.error or not slow.thread.is_alive() or
                                                       len(slow.of("tick")) and slow.of("tick")[-1]["uptime_ms"] >= times[-1]), "end of its delay")
        assert end
        # Whole events, and where there is a gap a graph comes before anything else.
        last = None
        for kind, _, data in slow.all:
            if kind == "tick":
                assert last is None or data["uptime_ms"] == last + data["window_ms"], "a gap without a graph"
                last = data["uptime_ms"]
            elif kind == "graph":
                last = None
    with Viewer(system.control) as viewer:
        wait_for(lambda: viewer.next("tick")["viewers"] == 1, "end of the viewers that went")


def test_history(system):
    with Viewer(system.control) as viewer:
        viewer.next("graph")
        process = load(system, 3000, "-k", "-c", "4")
        assert_all_served(process, 3000)
        viewer.next("tick")
        viewer.next("tick")
        ticks = {tick["uptime_ms"]: tick for tick in viewer.of("tick")}
        told = json.loads(system.ask("GET", "/v1/history", token="").body)
    assert told["window_ms"] == 1000 and len(told["windows"]) <= 300
    rows = [dict(zip(told["columns"], row, strict=True)) for row in told["windows"]]
    assert [row["uptime_ms"] for row in rows] == sorted({row["uptime_ms"] for row in rows})
    by_time = {row["uptime_ms"]: row for row in rows}
    assert len(set(by_time) & set(ticks)) >= 2
    for uptime in set(by_time) & set(ticks):
        tick, row = ticks[uptime], by_time[uptime]
        assert row["requests"] == tick["requests"]["window"]
        for name in ("window_ms", "domains", "crossings", "share_ppm", "busy_ppm"):
            assert row[name] == tick[name]
    assert sum(row["requests"] for row in rows) >= 3000


# ---- The dashboard's files ----


def page(system, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", system.control, timeout=PATIENCE)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, reply.headers, body


TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
         ".txt": "text/plain; charset=utf-8"}
POLICY = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "connect-src": "'self'",
          "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}


def test_the_dashboards_files(system):
    files = {f"/{path.name}": path.read_bytes() for path in BUNDLE.iterdir() if path.is_file()}
    assert "/index.html" in files and len(files) > 2
    files["/"] = files["/index.html"]
    for path, content in files.items():
        status, headers, body = page(system, path)
        assert (status, body) == (200, content) and headers["Content-Type"] == TYPES[pathlib.Path(path).suffix or ".html"]
        assert dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")) == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff" and "Content-Encoding" not in headers
        tags = {headers["ETag"]}
        for accept in ("gzip", "deflate, gzip;q=0.5, br"):
            status, headers, packed = page(system, path, Accept_Encoding=accept)
            assert status == 200 and headers["Content-Encoding"] == "gzip" and gzip.decompress(packed) == content
            assert headers["Content-Type"] == TYPES[pathlib.Path(path).suffix or ".html"] and len(packed) < len(content)
            tags.add(headers["ETag"])
        assert len(tags) == 2
        for accept in ("gzip;q=0", "identity", "gzippo"):
            assert page(system, path, Accept_Encoding=accept)[2] == content
        for tag in tags:
            status, headers, body = page(system, path, If_None_Match=tag, Accept_Encoding="gzip" if tag != page(system, path)[1]["ETag"] else "")
            assert (status, body, headers["ETag"]) == (304, b"", tag)
        assert page(system, path, If_None_Match='"0123456789abcdef"')[0] == 200
        head = system.ask("HEAD", path, token="")
        assert head.status == 200 and int(head.headers["content-length"]) == len(content)
    assert system.ask("GET", "/none.js", token="").status == 404
    assert system.ask("POST", "/", {}).status == 405


def test_the_two_ports_files_are_apart(system):
    """What is on the one is not on the other, however a path is written."""
    assert system.get("/").body != (BUNDLE / "index.html").read_bytes()
    for path in ("/app.js", "/dashboard:/app.js", "/dashboard/app.js", "dashboard:/app.js", "dashboard:app.js", "//dashboard:/app.js"):
        with Client(system.web) as client:
            reply = client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).reply()
            assert reply.status in (400, 404), path
    with Client(system.web) as client:    # an authority, and a path of the web
        reply = client.send(b"GET dashboard://app.js/hw HTTP/1.1\r\nHost: a\r\n\r\n").reply()
        assert reply.status in (200, 400) and reply.body != (BUNDLE / "app.js").read_bytes()
    for path in ("/hw", "/style.css", "/pictures/wall.svg", "/../hw"):
        assert system.ask("GET", path, token="").status == 404, path


# ---- Faults, and kills ----


def test_faults_are_told_with_their_explanation():
    system = System("build/run-test-events-wild", "build/webserver-wild/modules.list")
    try:
        with Viewer(system.control) as viewer:
            viewer.next("graph")
            start = viewer.last_id
            assert system.get("/wild").status in (502, 503)
            fault = viewer.next("fault")
            line = next(line for line in system.console().splitlines() if line.startswith("fault: static_content"))
            assert fault["text"] == line and fault["number"] == 1
            assert (fault["component"], fault["caller"], fault["thread"], fault["device"]) == ("static_content", "content_manager", "web", False)
            assert re.fullmatch(r"(wild_store|path_unknown)\+0x[0-9a-f]+", fault["function"]) and re.fullmatch(r"0x[0-9a-f]{8}", fault["address"])
            assert re.fullmatch(r"wild\.c:\d+", fault["place"])
            assert fault["owner"].startswith("a word of tcp") and fault["tried"].startswith("store of 4 bytes to 0x") and fault["owner"] in fault["tried"]
            assert "mmp_set_perm by tcp" in fault["allowed"] and fault["components"] == ["static_content"]
            assert fault["outcome"] == "rebooting static_content" and fault["uptime_ms"] > 0
            graph = viewer.next("graph", fits=lambda graph: any(c["faults"] for c in graph["components"]))
            assert next(c for c in graph["components"] if c["name"] == "static_content")["reboots"] <= 1
            last = viewer.last_id
            assert last != start
        told = json.loads(system.ask("GET", "/v1/faults", token="").body)
        assert told["reports"] == [fault] and told["count"] == 1 and told["components"][0]["component"] == "static_content"
        with Viewer(system.control, start) as again:
            assert again.next("fault") == fault and again.last_id == last
        with Viewer(system.control, last) as again:
            again.next("tick")
            again.next("tick")
            assert again.of("fault") == []
        assert page(system, "/")[2] == (BUNDLE / "index.html").read_bytes()
    finally:
        system.running.stop()


def test_mpd_manager_killed_with_viewers():
    """They are cut off, come back, and get a whole picture; web requests go on; the kept faults are told, decisions begin anew."""
    target = Target("build/run-test-events-killed")
    try:
        viewers = [Viewer(target.control) for _ in range(4)]
        ids = []
        for viewer in viewers:
            viewer.next("tick")
            ids.append(viewer.last_id)
        process = load(target, 4000, "-k", "-c", "4")
        target.kill("mpd_manager")
        for viewer in viewers:
            wait_for(lambda viewer=viewer: not viewer.thread.is_alive(), "end of its stream")
            viewer.close()
        assert_all_served(process, 4000)

        def back(last_id):
            try:
                viewer = Viewer(target.control, last_id, maybe=True)
            except OSError:
                return None
            return viewer if viewer.reply.status == 200 else None

        for last_id in ids:
            with wait_for(lambda last_id=last_id: back(last_id), "viewer that comes back") as viewer:
                graph = viewer.next("graph")
                assert next(c for c in graph["components"] if c["name"] == "mpd_manager")["reboots"] == 1
                assert viewer.next("tick")["viewers"] >= 1
                assert viewer.last_id.split("-")[0] != last_id.split("-")[0]
        assert target.ask("GET", "/v1/history")[0] == 200
        assert target.faults() == []
    finally:
        target.stop()
