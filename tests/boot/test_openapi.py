# SPDX-License-Identifier: BSD-2-Clause
"""docs/openapi.yaml against the running system, in both directions: the file is valid OpenAPI, every path and method in it answers, every path that answers is
in it, each status that it names can be had, and what comes is as its schema says and nothing beyond."""

import dataclasses
import http.client
import json
import pathlib
import re
import sys
import types

import node
import openapi
import pytest
from control_port import drop_rules
from test_policy import with_manifest
from test_upload import image, remove, uploaded
from test_web import BAD, PATIENCE, REPOSITORY, Client, System, assert_all_served, free_port, load, machine, running

sys.path.insert(0, str(REPOSITORY / "tests/kills"))

from target import DONE, Target  # noqa: E402

DOCUMENT = openapi.Document()
BURST = 30      # requests that follow each other at once
COMPOSITE = 1680  # cycles of a crossing (TSE11)


def ask(system, method, path, body=None, token=None, more=()):
    """A request of the control interface, checked against the file. `token` None: the right one; '': none. Returns the status and what came."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", system.control, timeout=30)
    try:
        token = system.running.token() if token is None else token
        connection.request(method, path, data, {**({"Authorization": f"Bearer {token}"} if token else {}), **dict(more)})
        reply = connection.getresponse()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, DOCUMENT.check(method, path, reply.status, headers, reply.read())
    finally:
        connection.close()


# ---- The file itself ----


def test_valid_openapi(tmp_path):
    """By OpenAPI's own schema of version 3.1."""

    def verdict(path):
        return json.loads(node.run("""
            import {Validator} from '@seriousme/openapi-schema-validator';
            const validator = new Validator();
            const result = await validator.validate(process.argv[1]);
            console.log(JSON.stringify({...result, version: validator.version}));
        """, path))

    assert verdict(openapi.FILE) == {"version": "3.1", "valid": True}
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(openapi.FILE.read_text().replace("in: query", "in: question"))     # and it would say so
    assert not verdict(wrong)["valid"]


def test_objects_are_closed():
    """Each object of a response names all its members or says what the others are; only what is sent may have more."""
    open_objects = [place for place, schema in DOCUMENT.schemas(DOCUMENT.tree) if "additionalProperties" not in schema]
    assert all("/requestBody/" in place or "/Wanted" in place for place in open_objects), open_objects
    for place, schema in DOCUMENT.schemas(DOCUMENT.tree):
        assert set(schema.get("required", ())) <= set(schema.get("properties", ())), place
        assert schema.get("additionalProperties", False) is not True, place
        DOCUMENT.validator(schema).check_schema(schema)


def test_what_changes_needs_the_token():
    for (method, path), operation in DOCUMENT.operations.items():
        if method == "GET":
            assert "security" not in operation and "401" not in operation["responses"], path
        else:
            assert operation["security"] == [{"token": []}] and "401" in operation["responses"], path
        assert ("413" in operation["responses"]) == ("requestBody" in operation), path


def test_deviations_are_seen():
    """What the file does not say is refused, whatever it is."""
    headers = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    good = {"domains": [["tcp", "ip"]]}
    DOCUMENT.check("GET", "/v1/partition", 200, headers, json.dumps(good).encode())
    for method, path, status, more, body in (
        ("GET", "/v1/partition", 200, {}, {**good, "more": 1}),
        ("GET", "/v1/partition", 200, {}, {"domains": [[]]}),
        ("GET", "/v1/partition", 200, {}, {}),
        ("GET", "/v1/partition", 201, {}, good),
        ("GET", "/v1/partition", 200, {"content-type": "text/plain"}, good),
        ("GET", "/v1/partition", 200, {"cache-control": "public"}, good),
        ("GET", "/v1/partition", 200, {"x-more": "1"}, good),
        ("GET", "/v1/partitions", 200, {}, good),
        ("DELETE", "/v1/rules/a/b", 404, {}, {"error": "No."}),
        ("POST", "/v1/merge", 404, {}, {"error": "No."}),                   # no Cache-Control with a refusal
    ):
        with pytest.raises(openapi.Undescribed):
            DOCUMENT.check(method, path, status, {**headers, **more}, json.dumps(body).encode())
    with pytest.raises(AssertionError):
        DOCUMENT.check("GET", "/v1/partition", 200, headers, b'{"domains": [["ip"]], "domains": [["ip"]]}')


# ---- The running system ----


@pytest.fixture(scope="module")
def running_system():
    system = System("build/run-test-openapi", "build/webserver-wild/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """Isolated, with no rule, and whatever a probe does, nothing has failed."""
    drop_rules(running_system)
    running_system.ask("PUT", "/v1/policy", {"policy": "default"})
    running_system.ask("DELETE", "/v1/rules/a_rule")    # may be one about uploads
    running_system.mode("isolated")
    running_system.ask("POST", "/v1/trace", b'{"on":false}')    # 409, unless a probe has begun one
    before = running_system.faults()
    yield running_system
    assert running_system.faults() == before


def test_paths_are_the_files(system):
    """Each way: what the system lists, and what the file has. HEAD goes with GET."""
    listed = ask(system, "GET", "/v1")[1]["paths"]
    described = {}
    for method, path in DOCUMENT.operations:
        path = re.sub(r"\{\w+\}$", "", path)
        described.setdefault(path, set()).update({"GET", "HEAD"} if method == "GET" else {method})
    assert {path: set(methods.split(", ")) for path, methods in listed.items()} == described


def test_it_is_served(system):
    """The system has this very file."""
    assert system.ask("GET", "/openapi.yaml", token="").body == openapi.FILE.read_bytes()


# ---- Every status of every operation ----


@dataclasses.dataclass(frozen=True)
class Probe:
    operation: str
    status: int
    body: object = None             # None: the file's example, if it takes a body; () : none
    query: str = ""
    name: str = "a_rule"            # in the place of {name}
    token: str = None
    before: tuple = ()              # (method, path, body) that make it so
    more: tuple = ()                # further headers
    sees: str = ""                  # what is in the answer, as JSON text

    def __str__(self):
        return f"{self.operation}-{self.status}" + (f"-{self.query}" if self.query else "")

    def body_sent(self):
        if self.body == ():
            return None
        if isinstance(self.body, pathlib.Path):
            return self.body.read_bytes()
        example = DOCUMENT.body_schema(self.operation)
        return self.body if self.body is not None or not example else example[1]

    def path(self):
        return re.sub(r"\{\w+\}", self.name, DOCUMENT.by_id[self.operation][1]) + (f"?{self.query}" if self.query else "")


MERGED = ("POST", "/v1/merge", {"into": "tcp", "from": "ip"})
RULE = ("POST", "/v1/rules", {"rule": "rule a_rule apart vnic"})
RECORDING = ("POST", "/v1/trace", {"on": True})
NOBODY = "no_such_component"
POLICY_FILE = REPOSITORY / "build/policy/hottest.elf"
LARGE = b'{"' + b"x" * 5000 + b'":1}'

PROGRAM = image("probe")
UPLOADED = ("PUT", "/v1/components/probe", PROGRAM)

PROBES = [
    *(Probe(operation, 200) for operation in ("getMetrics", "getPaths", "getGraph", "getDot", "getEdges", "getDomains", "getPartition", "getPolicy", "getDecisions", "getRules",
                                              "getFaults", "getStatistics", "getThreads")),
    Probe("getDashboard", 200),
    Probe("getDashboard", 200, more=(("Accept-Encoding", "gzip"),)),
    Probe("getDashboard", 304, more=(("If-None-Match", "*"),)),
    *(Probe("getDashboardFile", 200, name=name) for name in sorted(path.name for path in (REPOSITORY / "build/dashboard").iterdir())),
    Probe("getDashboardFile", 200, name="app.js", more=(("Accept-Encoding", "gzip"),)),
    Probe("getDashboardFile", 304, name="app.js", more=(("If-None-Match", "*"),)),
    Probe("getDashboardFile", 200, name="openapi.yaml", sees="operationId: getDashboardFile"),
    Probe("getDashboardFile", 404, name="app.exe"),
    Probe("getHistory", 200),
    Probe("getGraph", 200, before=(MERGED,), sees='"crossing": false'),
    Probe("getEdges", 200, query="format=csv"),
    Probe("getEdges", 200, query="format=json"),
    Probe("getEdges", 400, query="format=xml"),
    Probe("getDecisions", 200, query="since=0"),
    Probe("getDecisions", 400, query="since=-1"),
    Probe("getDecisions", 400, query="until=1"),
    Probe("getRules", 200, before=(RULE, ("POST", "/v1/rules", {"rule": "label network vnic ip"})), sees='"network"'),
    Probe("putPartition", 200),
    Probe("putPartition", 400, {"domains": [["tcp"], ["tcp"]]}),
    Probe("putPartition", 404, {"domains": [[NOBODY]]}),
    Probe("putPartition", 409, {"domains": [["tcp", "vnic"]]}, before=(RULE,), sees="`a_rule`"),
    Probe("merge", 200),
    Probe("merge", 404, {"into": "tcp", "from": NOBODY}),
    Probe("merge", 409, before=(MERGED,)),
    Probe("merge", 409, {"into": "tcp", "from": "tcp"}),
    Probe("merge", 409, {"into": "tcp", "from": "vnic"}, before=(RULE,), sees="`a_rule`"),
    Probe("split", 200, before=(MERGED,)),
    Probe("split", 404, {"component": NOBODY}),
    Probe("split", 409),
    Probe("split", 409, {"component": "ip"}, before=(("POST", "/v1/rules", {"rule": "rule a_rule together tcp ip"}),), sees="`a_rule`"),
    Probe("move", 200),
    Probe("move", 404, {"component": NOBODY, "into": "tcp"}),
    Probe("move", 409, {"component": "tcp", "into": "tcp"}),
    Probe("move", 409, {"component": "vnic", "into": "tcp"}, before=(RULE,), sees="`a_rule`"),
    Probe("putPolicy", 200),
    Probe("putPolicy", 400, {"mode": "best"}),
    Probe("putPolicy", 400, {"colour": "red"}),
    Probe("putPolicy", 404, {"policy": "nobodys"}),
    Probe("loadPolicy", 200, POLICY_FILE, query="name=hottest"),
    Probe("loadPolicy", 400, POLICY_FILE, query="name=default"),
    Probe("loadPolicy", 400, b"no file", query="name=mine"),
    Probe("loadPolicy", 409, POLICY_FILE, query="name=tcp"),
    Probe("loadPolicy", 413, b"x" * ((1 << 20) + 1), query="name=mine"),
    Probe("addRule", 200),
    Probe("addRule", 404, {"rule": f"rule a_rule apart {NOBODY}"}),
    Probe("addRule", 409, {"rule": "rule a_rule apart ip"}, before=(RULE,)),
    Probe("addRule", 409, {"rule": "rule other together vnic ip"}, before=(RULE,), sees="`a_rule`"),
    Probe("deleteRule", 200, before=(RULE,)),
    Probe("deleteRule", 404),
    Probe("printStatistics", 200),
    Probe("getComponents", 200),
    Probe("putComponent", 200, PROGRAM, name="probe"),
    Probe("putComponent", 200, PROGRAM, name="probe", before=(UPLOADED,), sees="replaced"),
    Probe("getComponents", 200, before=(UPLOADED,), sees='"/cgi/probe"'),
    Probe("getGraph", 200, before=(UPLOADED,), sees='"parent": "mpd_manager"'),
    Probe("putComponent", 400, b"", name="probe"),
    Probe("putComponent", 400, PROGRAM, name="probe", query="memory=5"),
    Probe("putComponent", 403, image("grasper"), name="probe"),
    Probe("putComponent", 409, PROGRAM, name="tcp"),
    Probe("putComponent", 413, b"x" * (1 << 20) + b"x", name="probe"),
    Probe("putComponent", 422, b"no ELF file", name="probe"),
    Probe("putComponent", 422, image("stillborn_refuses"), name="probe"),
    Probe("deleteComponent", 200, name="probe", before=(UPLOADED,)),
    Probe("deleteComponent", 400, name="a-b"),
    Probe("deleteComponent", 404, name="probe"),
    Probe("deleteComponent", 409, name="tcp"),
    Probe("getRules", 200, before=(("POST", "/v1/rules", {"rule": "rule a_rule upload any may tcp"}),), sees='"uploads": [{'),
    Probe("getTraceState", 200),
    Probe("postTrace", 200),
    Probe("postTrace", 200, {"on": False}, before=(RECORDING,), sees="has ended"),
    Probe("postTrace", 400, {"duration_ms": 0}),
    Probe("postTrace", 400, {"on": 1}),
    Probe("postTrace", 409, {"on": False}),
    Probe("postTrace", 409, before=(RECORDING,)),
    Probe("getTrace", 200, before=(RECORDING, ("POST", "/v1/trace", {"on": False})), sees='"traceEvents"'),
    Probe("getTrace", 409, before=(RECORDING,)),
    # What needs a token or takes a body refuses the lack of the one and too much of the other.
    *(Probe(operation, 401, token="") for operation, (method, _) in DOCUMENT.by_id.items() if method != "GET"),
    *(Probe(operation, 401, token="0" * 32) for operation, (method, _) in DOCUMENT.by_id.items() if method != "GET"),
    *(Probe(operation, 413, LARGE) for operation in DOCUMENT.by_id if DOCUMENT.body_schema(operation)),
    *(Probe(operation, 400, body) for operation in DOCUMENT.by_id if DOCUMENT.body_schema(operation) for body in ((), b"{", b"[]")),
]
# Statuses that a test of its own below provokes.
ELSEWHERE = {("getGraph", "5XX"), ("getThreads", "5XX"), ("printStatistics", "5XX"), ("getEvents", "200"), ("getEvents", "503")}


def test_every_status_has_a_probe():
    probed = {(probe.operation, str(probe.status)) for probe in PROBES} | ELSEWHERE
    described = {(operation, status): name for operation in DOCUMENT.by_id for status, name in DOCUMENT.statuses(operation).items()}
    assert probed <= set(described)
    lacking = {place: name for place, name in described.items() if place not in probed}
    # A shared answer for what any operation may lack is provoked with some of them.
    assert set(lacking.values()) <= {"#/components/responses/Failed"}, lacking
    assert "#/components/responses/Failed" in {described[place] for place in ELSEWHERE}


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_status(system, probe):
    for method, path, body in probe.before:
        assert ask(system, method, path, body)[0] == 200
    method = DOCUMENT.by_id[probe.operation][0]
    status, value = ask(system, method, probe.path(), probe.body_sent(), probe.token, probe.more)
    assert status == probe.status, value
    assert probe.sees in (value if isinstance(value, str) else json.dumps(value))


def test_head(system):
    """As GET, without the body."""
    for on in (True, False):    # so that there is a recording to fetch
        assert system.ask("POST", "/v1/trace", {"on": on}).status == 200
    for method, path in DOCUMENT.operations:
        if method == "GET":
            path = path.replace("{file}", "app.js")
            reply = system.ask("HEAD", path, token="")
            assert reply.status == 200 and reply.body == b""
            assert reply.headers["content-type"] in DOCUMENT.response("GET", DOCUMENT.template(path), 200)[0]["content"]


def test_decisions(system):
    """Merges, splits, trades, rules, what came of it: all kinds are as the file says."""
    kinds = set()
    for settings in ({"mode": "adaptive", "crossing_cost": COMPOSITE, "period_ms": 50}, {"mode": "adaptive", "crossing_cost": "measured"}):
        assert ask(system, "PUT", "/v1/policy", settings)[0] == 200
        assert_all_served(load(system, 10000, "-k", "-c", "8"), 10000)
    assert ask(system, "POST", "/v1/rules", {"rule": "rule a_rule together tcp ip"})[0] == 200
    for decision in ask(system, "GET", "/v1/decisions")[1]["decisions"]:
        kinds.add((decision["action"], decision["reason"]))
    assert {("merge", "over budget"), ("split", "room in the budget")} <= kinds, kinds


# ---- Events ----


class Stream:
    """Of /v1/events; what comes is checked against the file."""

    def __init__(self, system):
        self.connection = http.client.HTTPConnection("127.0.0.1", system.control, timeout=30)
        self.connection.request("GET", "/v1/events")
        self.reply = self.connection.getresponse()
        self.headers = {name.lower(): value for name, value in self.reply.getheaders()}

    def events(self):
        """(event, data) of each as it comes; the first one with the stream's beginning."""
        text, event, data = "", None, None
        while line := self.reply.readline().decode():
            text += line
            name, _, value = line.rstrip("\n").partition(": ")
            event, data = (value if name == word else old for word, old in (("event", event), ("data", data)))
            if line == "\n" and data is not None:
                if text:
                    DOCUMENT.check("GET", "/v1/events", 200, self.headers, text.encode()) if text.startswith("retry") else None
                DOCUMENT.check_event("/v1/events", event, data)
                yield event, json.loads(data)
                text, event, data = "", None, None

    def until(self, wanted):
        """Reads on until one is of this kind; its data."""
        return next(data for event, data in self.events() if event == wanted)

    def close(self):
        self.reply.close()
        self.connection.close()


def test_events(running_system):
    """Each kind of event is as the file says: provoked by layout, policy and a failure."""
    system = running_system
    stream = Stream(system)
    try:
        assert stream.until("graph")["policy"]["mode"]
        assert stream.until("tick")["viewers"] == 1
        assert ask(system, "PUT", "/v1/policy", {"mode": "adaptive", "crossing_cost": COMPOSITE, "period_ms": 50})[0] == 200
        assert_all_served(load(system, 10000, "-k", "-c", "8"), 10000)
        assert stream.until("decision")["action"] == "merge"
        system.mode("isolated")
        assert system.get("/wild").status == 502
        fault = stream.until("fault")
        assert fault["component"] == "static_content"
        assert fault in ask(system, "GET", "/v1/faults")[1]["reports"]
    finally:
        stream.close()


def test_too_many_viewers(system):
    streams = [Stream(system) for _ in range(16)]
    try:
        assert {stream.reply.status for stream in streams} == {200}
        assert ask(system, "GET", "/v1/events")[0] == 503
    finally:
        for stream in streams:
            stream.close()


# ---- Short of something ----


def booted_with(tmp_path, memory):
    """A system whose mpd_manager has no more than this; None if that does not even start."""
    modules = with_manifest(tmp_path, [])
    manifest = tmp_path / "webserver.manifest"
    text, found = re.subn(r"^(component mpd_manager .* memory) \S+", rf"\g<1> {memory}K", manifest.read_text(), flags=re.M)
    assert found == 1
    manifest.write_text(text)
    system = running.Running(machine.Machine(modules=modules, port=free_port(), control_port=free_port(), qemu=machine.QEMU), "build/run-test-openapi-short")
    system.start()
    try:
        system.wait_for(lambda: system.answers("/v1", system.machine.control_port), PATIENCE, "answer")
        return system
    except machine.Unusable:
        system.stop()
        if "panic: component mpd_manager: component_init" not in system.console():
            raise
        return None


def test_short_of_memory(tmp_path):
    """With the least memory that it starts with, mpd_manager refuses what needs much, and goes on answering what needs little."""
    short = next(filter(None, (booted_with(tmp_path, memory) for memory in range(320, 4096, 64))))
    try:
        system = types.SimpleNamespace(running=short, control=short.machine.control_port)
        for _ in range(3):
            assert ask(system, "GET", "/v1/graph")[0] == 503
            assert ask(system, "GET", "/v1")[0] == 200
        statuses = {ask(system, method, probe.path())[0] for probe in PROBES if (method := DOCUMENT.by_id[probe.operation][0]) == "GET" and probe.status == 200}
        assert {200, 503} <= statuses <= {200, 409, 503}     # 409: nothing was recorded
    finally:
        short.stop()


@pytest.mark.parametrize("operation, component", [("getThreads", "stack_trace"), ("printStatistics", "statistics_gatherer")])
def test_a_component_that_is_down(operation, component):
    """One that an operation needs is killed under a burst of requests, again and again until one of them meets it while it is down: it is told so, the others are served."""
    method, path = DOCUMENT.by_id[operation]
    target = Target(f"build/run-test-openapi-{component}")
    try:
        statuses = set()
        for _ in range(200):
            with Client(target.control, timeout=60) as client:
                order = target.order(component)
                client.send(f"{method} {path} HTTP/1.1\r\nAuthorization: Bearer {target.token()}\r\n\r\n".encode() * BURST)
                for _ in range(BURST):
                    reply = client.reply()
                    statuses.add(reply.status)
                    DOCUMENT.check(method, path, reply.status, reply.headers, reply.body)
                    assert reply.status == 200 or reply.sentence() == f"Component {component} is down; try again."
            target.wait(DONE, order, f"{component} was killed")
            if statuses == {200, 503}:
                break
        assert statuses == {200, 503}
    finally:
        target.stop()


# ---- Bodies ----

VALUES = [None, True, 0, -1, 5, 50, 1e300, "", "x", "tcp", "measured", "rule", "label a tcp", [], ["tcp"], [["tcp"]], [[]], [[1]], {}, {"a": 1}]


@pytest.mark.parametrize("operation", [operation for operation in DOCUMENT.by_id if DOCUMENT.body_schema(operation)])
def test_bodies(system, operation):
    """A body that the schema refuses is refused with 400, whichever member is missing or of another kind; one that it allows is understood."""
    schema, example = DOCUMENT.body_schema(operation)
    method, path = DOCUMENT.by_id[operation]
    members = DOCUMENT.resolve(schema)[0]["properties"]
    bodies = [{key: value for key, value in example.items() if key != gone} for gone in example]
    bodies += [{**example, key: value} for key in members for value in VALUES]
    valid = DOCUMENT.validator(schema).is_valid
    assert valid(example) and not all(map(valid, bodies)) and any(map(valid, bodies))
    for body in bodies:
        status, value = ask(system, method, path, body)
        if valid(body):
            assert status != 400 or operation in ("addRule", "putPartition"), (body, value)   # what a name or a line means is beyond a schema
        else:
            assert status == 400, (body, value)


# ---- Beside the operations ----


def test_other_paths_and_methods(system):
    refusal = DOCUMENT.tree["components"]["schemas"]["Refusal"]
    reply = system.ask("GET", "/v1/nothing", token="")
    assert reply.status == 404
    DOCUMENT.check_value("404", refusal, json.loads(reply.body))
    for path in {path for _, path in DOCUMENT.operations} - {"/{file}"}:
        methods = {method for method, other in DOCUMENT.operations if other == path}
        reply = system.ask("PATCH", re.sub(r"\{\w+\}", "x", path))
        assert reply.status == 405
        assert set(reply.headers["allow"].split(", ")) == methods | ({"HEAD"} if "GET" in methods else set())
        DOCUMENT.check_value("405", refusal, json.loads(reply.body))


def test_what_http_refuses(system):
    """With a sentence, and a status that the introduction names."""
    for name, (data, _) in BAD.items():
        with Client(system.control) as client:
            try:
                client.send(data).end()
            except OSError:
                pass
            reply = client.reply()
            assert f" {reply.status}" in DOCUMENT.tree["info"]["description"], (name, reply.status)
            DOCUMENT.check_value(name, DOCUMENT.tree["components"]["schemas"]["Refusal"], json.loads(reply.body))
