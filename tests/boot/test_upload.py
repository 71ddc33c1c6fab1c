# SPDX-License-Identifier: BSD-2-Clause
"""Boot tests of programs, components that answer below /cgi/NAME: drawn in the manifest, and uploaded into the running system, called,
counted, merged, split, failing, replaced and removed under load; and what is refused: edges that no rule allows, files that are none.
"""
import http.client
import json
import os
import pathlib
import random
import re
import select
import struct
import subprocess
import sys
import threading
import time
import zlib

import pytest

import test_trace
import test_web

sys.path.insert(0, str(test_web.REPOSITORY / "tests/kills"))
import target  # noqa: E402

COMPONENTS = pathlib.Path("build/components")
PROBE = COMPONENTS / "probe.elf"
SECONDS = test_web.PATIENCE
METRICS = "shoji_domains", "shoji_table_bytes"


def image(name):
    return (COMPONENTS / f"{name}.elf").read_bytes()


@pytest.fixture(scope="module")
def running_system():
    system = test_web.System("build/run-test-upload", "build/webserver/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """Afterwards it still answers, and nothing is left of what was uploaded."""
    running_system.mode("isolated")
    yield running_system
    assert running_system.running.alive()
    assert running_system.get().body == test_web.HELLO
    for component in uploaded(running_system):
        remove(running_system, component["name"])
    assert len(components(running_system)) == len(test_web.COMPONENTS)


def components(system):
    reply = system.ask("GET", "/v1/components", token="")
    assert reply.status == 200
    return {component["name"]: component for component in json.loads(reply.body)["components"]}


def uploaded(system):
    return [component for component in components(system).values() if component.get("parent") == "mpd_manager"]


def put(system, name, data, query="", token=None):
    return system.ask("PUT", f"/v1/components/{name}{query}", data, token)


def upload(system, name, data=None, query=""):
    reply = put(system, name, data or PROBE.read_bytes(), query)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)["components"][0]


def remove(system, name):
    reply = system.ask("DELETE", f"/v1/components/{name}")
    assert reply.status == 200, reply.body


def ask(system, path):
    reply = system.get(f"/cgi/{path}")
    return reply.status, reply.body.decode()


def until(condition, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.02)


def counted(system, client, server):
    text = system.ask("GET", "/v1/edges?format=csv", token="").body.decode()
    found = re.search(rf"^{client},{server},(\d+),(\d+)$", text, re.M)
    return (int(found[1]), int(found[2])) if found else None


# ---- A program does what interface/program.h says ----


def program_answers(system, name):
    """What every program is promised, wherever it comes from."""
    assert ask(system, name) == (200, "probe\n")
    assert ask(system, f"{name}/none")[0] == 404
    assert ask(system, f"{name}x")[0] == 404
    assert ask(system, f"{name}/echo/%41/?a=b&c") == (200, "GET\n/echo/%41/\na=b&c\n\n")
    with test_web.Client(system.web) as client:
        body = b"x" * 4000
        client.send(f"POST /cgi/{name}/echo HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert client.reply().body == b"POST\n/echo\n\n" + body + b"\n"
        assert client.send(f"HEAD /cgi/{name} HTTP/1.1\r\n\r\n".encode()).reply(bodiless=True).headers["content-length"] == "6"
        assert client.send(f"PUT /cgi/{name} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode()).reply().status == 405
    for result, status in ((-1, 400), (-2, 405), (-3, 404), (-7, 503), (-4, 500), (-77, 500), (8129, 500), (0, 200), (8128, 200)):
        assert ask(system, f"{name}/status?{result}")[0] == status, result
    assert ask(system, f"{name}/heap?40000") == (200, "0 wrong\n")
    assert ask(system, f"{name}/heap?400000")[0] == 503     # more than its budget


FAILURES = {
    "fault": "undefined instruction",
    "wall": r"store of 1 byte to 0x\w+, a word of content_manager",   # the request is for it to read
    "load?0x4000000": "load of 4 bytes at 0x04000000, a word of thread scheduler's stack",
    "store?0x100000": "store of 4 bytes to 0x00100000",
    "loop": "more than [0-9]+ ms of processor time in one invocation",
}


@pytest.mark.parametrize("path", FAILURES)
def test_uploaded_program_fails_and_comes_back(system, path):
    upload(system, "probe", query="?time=50")
    before = components(system)["probe"]
    assert ask(system, "probe/count") == (200, "42\n")
    assert ask(system, "probe/count") == (200, "43\n")
    faults = len(system.faults())
    assert ask(system, f"probe/{path}")[0] == 500
    until(lambda: ask(system, "probe")[0] == 200)
    assert ask(system, "probe/count") == (200, "42\n"), "its data are as in the file again"
    lines = system.faults()[faults:]
    assert len(lines) == 1 and re.match(rf"fault: probe .*{FAILURES[path]}", lines[0]), lines
    assert re.match(r"fault: probe \(domain \d+, thread web\) in \w+\+0x[0-9a-f]+ at 0x[0-9a-f]+ \(\+0x[0-9a-f]+, [\w-]+\.[cS]:\d+\)", lines[0]), lines
    after = components(system)["probe"]
    assert (after["id"], after["faults"], after["reboots"]) == (before["id"], 1, 1)
    assert b'"probe"' in system.ask("GET", "/v1/faults", token="").body


def test_program_of_the_manifest(tmp_path):
    """Drawn by one edge; fails alone, and comes back; content_manager too, and knows it still."""
    system = test_web.System(tmp_path / "run", "build/webserver-program/modules.list")
    try:
        program_answers(system, "probe")
        for path in FAILURES:
            assert ask(system, f"probe/{path}")[0] == 500
            until(lambda: ask(system, "probe")[0] == 200)
            assert ask(system, "probe/count") == (200, "42\n")
        assert all(line.startswith("fault: probe ") for line in system.faults())
        assert put(system, "probe", PROBE.read_bytes()).status == 409
        assert system.ask("DELETE", "/v1/components/probe").status == 409
    finally:
        system.running.stop()


# ---- Uploaded ----


def test_uploaded_program_answers(system):
    one = upload(system, "probe")
    assert one["name"] == "probe" and one["state"] == "runs" and one["parent"] == "mpd_manager" and one["program"] == "/cgi/probe"
    assert one["file"]["bytes"] == PROBE.stat().st_size and one["file"]["crc32"] == f"{zlib.crc32(PROBE.read_bytes()):08x}"
    assert {edge["server"] for edge in one["edges"]} == {"memory_mapper", "terminal_printer"}
    assert f"probe: begins, component {one['id']}\n" in system.console()
    program_answers(system, "probe")
    graph = system.graph()
    (node,) = [node for node in graph["components"] if node["name"] == "probe"]
    assert node["parent"] == "mpd_manager" and node["id"] == one["id"]
    assert "probe" in system.ask("GET", "/v1/graph.dot", token="").body.decode()
    remove(system, "probe")
    assert ask(system, "probe")[0] == 404
    assert "probe" not in components(system)


def test_no_program_sees_what_another_is_asked(system):
    """The pages that one's requests and replies lie in are nobody else's; nor is the pool that all requests come through."""
    upload(system, "probe")
    upload(system, "other")
    assert ask(system, "other/wall")[0] == 500
    request = int(re.search(r"fault: other .* store of 1 byte to (0x\w+), a word of content_manager", system.console()).group(1), 16) & ~0xFFF
    until(lambda: ask(system, "other")[0] == 200)
    assert ask(system, f"other/load?0x{request:x}")[0] == 200      # its own
    manifest = (test_web.REPOSITORY / "webserver/webserver.manifest").read_text()
    slots = re.findall(r"^(?:component|pool) +(\w+)", manifest, re.M)      # docs/architecture.md, memory map
    for address in (request, request + 0x2000, 0x08000000 + slots.index("content") * (4 << 20)):
        faults = len(system.faults())
        assert ask(system, f"probe/load?0x{address:x}")[0] == 500
        assert re.match(rf"fault: probe .* load of 4 bytes at 0x{address:08x}", system.faults()[faults])
        until(lambda: ask(system, "probe")[0] == 200)
    remove(system, "other")


def test_counted_and_moved_like_any_other(system):
    """Each call is counted on its edge, once, whatever the walls do; merged, no call crosses."""
    upload(system, "probe")
    start = counted(system, "content_manager", "probe")
    for _ in range(20):
        assert ask(system, "probe")[0] == 200
    assert counted(system, "content_manager", "probe") == (start[0] + 20, start[1] + 20)
    assert system.ask("POST", "/v1/merge", {"into": "content_manager", "from": "probe"}).status == 200
    for _ in range(20):
        assert ask(system, "probe")[0] == 200
    assert counted(system, "content_manager", "probe") == (start[0] + 40, start[1] + 20)
    domains = {node["name"]: node["domain"] for node in system.graph()["components"]}
    assert domains["probe"] == domains["content_manager"]
    assert system.ask("POST", "/v1/split", {"component": "probe"}).status == 200
    assert ask(system, "probe")[0] == 200
    assert counted(system, "content_manager", "probe") == (start[0] + 41, start[1] + 21)
    system.mode("merged")
    assert ask(system, "probe")[0] == 200
    system.mode("isolated")
    assert system.ask("POST", "/v1/rules", {"rule": "rule own apart probe static_content"}).status == 200
    assert system.ask("POST", "/v1/merge", {"into": "static_content", "from": "probe"}).status == 409
    assert system.ask("DELETE", "/v1/rules/own").status == 200


def test_merged_it_takes_others_with_it_and_all_come_back(system):
    """In one domain with content_manager: both begin anew, and the program is known again."""
    upload(system, "probe")
    assert system.ask("POST", "/v1/merge", {"into": "content_manager", "from": "probe"}).status == 200
    assert ask(system, "probe/fault")[0] in (500, 502)
    until(lambda: ask(system, "probe")[0] == 200 and ask(system, "hw")[0] == 200)
    assert ask(system, "probe/count") == (200, "42\n")
    assert system.ask("POST", "/v1/split", {"component": "probe"}).status == 200
    assert ask(system, "probe/count") == (200, "43\n")


def test_eighth_failure_in_a_row_is_the_last(system):
    """Backing off as others do; what stays down answers 500, is listed, and can be replaced."""
    upload(system, "probe")
    for _ in range(8):
        until(lambda: components(system)["probe"]["state"] == "runs" and f"{ask(system, 'probe/fault')[0]}" == "500")
    until(lambda: "mpd_manager: probe stays down after 8 failures" in system.console())
    assert ask(system, "probe")[0] == 500
    assert components(system)["probe"]["state"] == "stays down"
    upload(system, "probe")
    assert ask(system, "probe") == (200, "probe\n")


class Mortal(test_web.System):
    """One in which every component can be killed (tests/kills)."""

    def __init__(self, run):
        self.target = target.Target(run)
        self.web, self.control, self.running = self.target.web, self.target.control, self.target.running

    def ask(self, method, path, body=None, token=None, headers=()):
        return super().ask(method, path, body, self.target.token() if token is None else token, headers)


def answers(condition):
    """Whether it holds, if anybody answers at all: whoever is asked may be dead."""
    try:
        return condition()
    except (OSError, EOFError):
        return False


def test_whoever_fails_it_is_there_again(tmp_path):
    """Each component is killed in turn: its requests are answered again, by the same one, with what it knew. With mpd_manager it is gone,
    leaves nothing, and is uploaded anew; killed itself it begins anew."""
    system = Mortal(f"build/run-{tmp_path.name}")
    try:
        upload(system, "probe")
        for name in system.target.components:
            assert ask(system, "probe/count")[0] == 200
            system.target.kill(name)
            if name == "mpd_manager":
                until(lambda: answers(lambda: ask(system, "probe")[0] == 404 and "probe" not in components(system)))
                memory = settled(system)
                upload(system, "probe")
            until(lambda: answers(lambda: ask(system, "probe")[0] == 200))
        assert int(ask(system, "probe/count")[1]) > 42
        number = uploaded(system)[0]["id"]
        system.target.components["probe"] = number
        system.target.kill("probe")
        until(lambda: ask(system, "probe")[0] == 200)
        assert ask(system, "probe/count") == (200, "42\n") and uploaded(system)[0]["id"] == number
        remove(system, "probe")
        used, budget = memory_of_the_maker(system)     # its heap serves others too: it may have grown by some pages
        assert budget == memory[1] and used <= memory[0] + (128 << 10)
        assert system.target.faults() == []
    finally:
        system.target.stop()


LANGUAGES = {"without_libc": "", "newlib": "", "cpp": "", "rust": "asked"}


@pytest.mark.parametrize("name", LANGUAGES)
def test_in_other_languages(system, name):
    """The examples of docs/components.md, uploaded as they are."""
    if not (COMPONENTS / f"{name}.elf").exists():
        pytest.skip(f"{name} was not built: its compiler is not there")
    upload(system, name, image(name))
    status, text = ask(system, name)
    assert status == 200 and LANGUAGES[name] in text


# ---- Under load ----


def test_replaced_and_removed_under_load(system):
    """Replaced again and again while requests are in it: each is answered by the old one or the new one. Removed: 404, and nothing else."""
    upload(system, "probe")
    load = test_web.load(system, 20000, "-k", "-c", "8", path="/cgi/probe")
    rounds = 0
    while load.poll() is None:
        upload(system, "probe")
        rounds += 1
    found, output = test_web.load_result(load)
    assert found["Complete requests"] == "20000" and found["Failed requests"] == "0" and "Non-2xx" not in output, output
    assert rounds >= 3, "the load was over too soon"
    seen, stop = set(), threading.Event()

    def asker():
        connection = http.client.HTTPConnection("127.0.0.1", system.web, timeout=SECONDS)
        while not stop.is_set():
            connection.request("GET", "/cgi/probe")
            reply = connection.getresponse()
            seen.add((reply.status, reply.read()[:6]))

    threads = [threading.Thread(target=asker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        remove(system, "probe")
        upload(system, "probe")
    stop.set()
    for thread in threads:
        thread.join()
    assert {status for status, _ in seen} <= {200, 404} and (200, b"probe\n") in seen, seen
    assert system.get().body == test_web.HELLO


def test_request_in_flight_is_finished_by_the_old_one(system):
    """It goes on for longer than the change would take; that waits for it, and no other request gets into the old one. It must be met while it is in there:
    several tries."""

    def waited(change):
        """How many seconds a change takes that comes while a request is in the program."""
        upload(system, "probe", query="?time=1000")
        with test_web.Client(system.web) as client:
            client.send(b"GET /cgi/probe/slow?900 HTTP/1.1\r\n\r\n")
            while "probe" not in system.ask("GET", "/v1/threads", token="").body.decode() and not select.select([client.socket], [], [], 0)[0]:
                pass
            begin = time.monotonic()
            change()
            taken = time.monotonic() - begin
            assert client.reply().body == b"slow\n"
            return taken

    for change in (lambda: upload(system, "probe"), lambda: remove(system, "probe")):
        assert any(waited(change) > 0.2 for _ in range(20)), "it did not wait"


def test_the_policy_moves_it_like_any_other(system):
    """Under a dear crossing it is merged with content_manager for its invocations; replaced meanwhile, again; no request fails."""
    wanted = {"mode": "adaptive", "budget_percent": 1, "crossing_cost": 20000, "period_ms": 100}
    upload(system, "probe")
    assert system.ask("PUT", "/v1/policy", wanted).status == 200
    load = test_web.load(system, 30000, "-k", "-c", "8", path="/cgi/probe")

    def together():
        domains = {node["name"]: node["domain"] for node in system.graph()["components"]}
        return domains["probe"] == domains["content_manager"]

    for _ in range(2):
        until(together)
        upload(system, "probe")     # alone again
    found, output = test_web.load_result(load)
    assert found["Failed requests"] == "0" and "Non-2xx" not in output, output
    remove(system, "probe")
    assert system.ask("PUT", "/v1/policy", {"mode": "isolated", "budget_percent": 10, "crossing_cost": "measured", "period_ms": 1000}).status == 200


# ---- Refused ----


def test_edges_are_allowed_by_rule(system):
    """What is asked for is refused by symbol and component, with the rule that would allow it; and then allowed."""
    grasper = image("grasper")
    reply = put(system, "grasper", grasper)
    assert reply.status == 403
    assert reply.sentence().startswith("It asks for `timed_block` of timed_block: `rule NAME upload grasper may timed_block` would allow it")
    assert "grasper" not in components(system) and len(components(system)) == len(test_web.COMPONENTS)
    rule = {"rule": "rule clock upload grasper may timed_block"}
    assert system.ask("POST", "/v1/rules", rule, "").status == 401
    assert system.ask("POST", "/v1/rules", rule).status == 200
    assert system.ask("POST", "/v1/rules", rule).status == 409
    assert put(system, "other", grasper).status == 403, "the rule is about another name"
    upload(system, "grasper", grasper)
    assert ask(system, "grasper/1") == (200, "0")
    assert counted(system, "grasper", "timed_block") == (1, 1)
    listed = json.loads(system.ask("GET", "/v1/rules", token="").body)["uploads"]
    assert {"name": "clock", "rule": rule["rule"]} in listed and listed[0]["name"] == "basics"
    remove(system, "grasper")
    assert system.ask("DELETE", "/v1/rules/clock").status == 200
    assert put(system, "grasper", grasper).status == 403
    for wrong, status in (("rule x upload probe", 400), ("rule x upload probe may", 400), ("rule x upload probe may nobody", 404)):
        assert system.ask("POST", "/v1/rules", {"rule": wrong}).status == status, wrong


def test_the_manifest_has_the_last_word(system):
    """No rule gives what mpd_manager may not pass on, and supervisor calls are nobody's to pass on."""
    assert system.ask("POST", "/v1/rules", {"rule": "rule net upload any may tcp"}).status == 200
    http_file = image("fd_api")     # asks for functions of tcp and more
    assert system.ask("POST", "/v1/rules", {"rule": "rule all upload any may event_manager lock scheduler"}).status == 200
    reply = put(system, "grasp", http_file)
    assert reply.status == 403 and re.search("mpd_manager may not pass on: `edge mpd_manager (tcp|event_manager) transitive`", reply.sentence())
    for name in ("net", "all"):
        assert system.ask("DELETE", f"/v1/rules/{name}").status == 200
    assert "which no component offers" in put(system, "stack", image("stack_trace")).sentence()


def test_refusals(system):
    data = PROBE.read_bytes()
    for name, body, status, words in (
        ("tcp", data, 409, "that was not uploaded"),
        ("supervisor", data, 409, "that was not uploaded"),
        ("a" * 32, data, 400, "letters, digits"),
        ("a-b", data, 400, "letters, digits"),
        ("a/b", data, 400, "letters, digits"),
        ("probe?memory=5000", data, 400, "memory=SIZE"),
        ("probe?memory=1024K", data, 400, "memory=SIZE"),
        ("probe?time=5", data, 400, "time=MS"),
        ("probe?time=", data, 400, "time=MS"),
        ("probe", b"", 400, "empty"),
        ("probe", b"x", 422, "shorter than an ELF header"),
        ("probe", image("stillborn_refuses"), 422, "component_init returned status -4"),
        ("probe", image("stillborn_fails"), 422, "failed in component_init: undefined instruction"),
    ):
        reply = put(system, name, body)
        assert reply.status == status and words in reply.sentence(), (name, reply.body)
    assert put(system, "probe", data, token="").status == 401
    assert put(system, "probe", data, token="0" * 32).status == 401
    assert system.ask("DELETE", "/v1/components/probe").status == 404
    assert system.ask("DELETE", "/v1/components/tcp").status == 409
    assert system.ask("DELETE", "/v1/components/probe", token="").status == 401
    assert uploaded(system) == []


def test_a_refused_file_leaves_the_old_one(system):
    upload(system, "probe")
    assert ask(system, "probe/count") == (200, "42\n")
    for body in (b"x", image("grasper"), image("stillborn_fails"), PROBE.read_bytes()[:20000]):
        assert put(system, "probe", body).status in (403, 422)
    assert ask(system, "probe/count") == (200, "43\n")


def test_slow_and_broken_uploads(system):
    """What never becomes whole is forgotten; who is slow does not keep others; too much is refused at the head."""
    head = "PUT /v1/components/{} HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n"
    data, token = PROBE.read_bytes(), system.running.token()
    for _ in range(20):     # more than there is room for at a time
        with test_web.Client(system.control) as client:
            client.send(head.format("probe", token, len(data)).encode() + data[:30000])
    until(lambda: put(system, "probe", data).status == 200)
    slow = []

    def is_full():
        """Two at a time: once those that were broken off are forgotten, two slow ones keep a third away."""
        for client in slow:
            client.__exit__()
        slow[:] = [test_web.Client(system.control) for _ in range(2)]
        for client in slow:
            client.send(head.format("slow", token, len(data)).encode() + data[:100])
        return put(system, "third", data).status == 503

    until(is_full, test_web.TIMEOUT + SECONDS)
    assert ask(system, "probe")[0] == 200 and system.ask("GET", "/v1/graph", token="").status == 200
    assert slow[0].send(data[100:]).reply().status == 200
    for client in slow:
        client.__exit__()
    until(lambda: put(system, "third", data).status == 200)
    with test_web.Client(system.control) as client:
        assert client.send(head.format("large", token, (1 << 20) + 1).encode()).reply().status == 413
    with test_web.Client(system.control) as client:
        assert client.send(head.format("large", "0" * 32, 1 << 20).encode()).reply().status == 401
    with test_web.Client(system.control) as client:     # in chunks
        client.send(f"PUT /v1/components/chunks HTTP/1.1\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for at in range(0, len(data), 5000):
            client.send(f"{len(data[at:at + 5000]):x}\r\n".encode() + data[at : at + 5000] + b"\r\n")
        assert client.send(b"0\r\n\r\n").reply().status == 200
    assert ask(system, "chunks") == (200, "probe\n")


# ---- Nothing is left ----


def memory_of_the_maker(system):
    maker = components(system)["mpd_manager"]
    return maker["memory"]["used"], maker["memory"]["budget"]


def measured(system):
    """Domains, and bytes of permission tables."""
    text = system.ask("GET", "/metrics", token="").body.decode()
    return tuple(int(re.search(rf"^{name} (\d+)$", text, re.M)[1]) for name in METRICS)


def settled(system):
    """What the maker has once the C library has taken what it keeps."""
    upload(system, "probe")
    remove(system, "probe")
    return memory_of_the_maker(system)


def test_two_hundred_leave_nothing(system):
    before = settled(system)
    domains, tables = measured(system)
    for round_ in range(200):
        name = f"p{round_ % 7}"
        upload(system, name)
        if round_ % 10 == 0:
            assert ask(system, f"{name}/heap?30000") == (200, "0 wrong\n")
        if round_ % 25 == 0:
            assert ask(system, f"{name}/fault")[0] == 500
        remove(system, name)
    assert memory_of_the_maker(system) == before
    after = measured(system)
    assert after[0] == domains and after[1] <= tables + 65536, (domains, tables, after)


def test_as_many_as_there_is_room_for(system):
    """Too many, or too much memory: a clear refusal, and all others run on."""
    data, taken = PROBE.read_bytes(), 0
    while (reply := put(system, f"p{taken}", data)).status == 200:
        taken += 1
        assert taken < 40
    assert reply.status == 503 and reply.sentence()
    assert taken >= 8
    for number in range(taken):
        assert ask(system, f"p{number}") == (200, "probe\n")


HEADERS, HEADER_BYTES, LOAD, DYNAMIC = 64, 56, 1, 2     # where the linker puts the program headers, and what they are
DT_HASH, DT_RELA = 4, 7


def patched(*changes):
    """The program with (offset, format, value) changed."""
    copy = bytearray(PROBE.read_bytes())
    for offset, form, value in changes:
        struct.pack_into(form, copy, offset, value)
    return bytes(copy)


def dynamic(tag):
    """Where in the file a tag of the dynamic section is, and its value."""
    data = PROBE.read_bytes()
    headers = [struct.unpack_from("<IIQQQQQQ", data, HEADERS + i * HEADER_BYTES) for i in range(struct.unpack_from("<H", data, 56)[0])]
    (place,) = [(header[2], header[5]) for header in headers if header[0] == DYNAMIC]
    for at in range(place[0], sum(place), 16):
        found, value = struct.unpack_from("<QQ", data, at)
        if found == tag:
            (offset,) = [value - header[3] + header[2] for header in headers if header[0] == LOAD and header[3] <= value < header[3] + header[5]]
            return at, offset
    raise AssertionError(tag)


def wrong_files():
    rela = dynamic(DT_RELA)[1]
    first = HEADERS
    return {
        "no ELF file": patched((0, "<I", 0)),
        "another machine": patched((18, "<H", 183)),
        "not a shared object": patched((16, "<H", 2)),
        "program headers": patched((32, "<Q", 1 << 40)),
        "no segment": patched(*((HEADERS + i * HEADER_BYTES, "<I", 4) for i in range(3))),
        "pages of their own": patched((first + HEADER_BYTES + 16, "<Q", 0)),
        "outside the file": patched((first + 8, "<Q", 1 << 30)),
        "which may be cut short": patched((first + 3 * HEADER_BYTES + 16, "<Q", 3 << 20), (first + 3 * HEADER_BYTES + 32, "<Q", 5000)),     # of no length, and yet bytes
        "may be written and executed": patched((first + 4, "<I", 7)),
        "4032K of a slot": patched((first + 2 * HEADER_BYTES + 40, "<Q", 1 << 30)),
        "table of symbols": patched((dynamic(DT_HASH)[0], "<Q", 0x6FFFFFFF)),
        "relocation lies outside": patched((rela, "<Q", 1 << 40)),
        "of a kind": patched((rela + 8, "<Q", 1 << 32 | 37)),
        "that is not there": patched((rela + 8, "<Q", 0xFFFFFF << 32 | 6)),
        "relocations lie outside": patched((dynamic(DT_RELA)[0] + 8, "<Q", 1 << 30)),
    }


def test_what_is_wrong_with_a_file(system):
    """Each says what it is, and none leaves anything."""
    before = settled(system)
    for words, data in wrong_files().items():
        reply = put(system, "probe", data)
        assert reply.status == 422 and words in reply.sentence(), (words, reply.body)
    assert memory_of_the_maker(system) == before and uploaded(system) == []


def spoiled(data, generator):
    """A hostile file: bytes changed in its headers or anywhere, or cut."""
    copy = bytearray(data)
    tables = struct.unpack_from("<Q", data, 32)[0], 64, 64 + 5 * 56
    for _ in range(generator.randrange(1, 4)):
        at = generator.choice((generator.randrange(64), generator.randrange(tables[0], tables[2]), generator.randrange(min(len(copy), 45056))))
        copy[at] = generator.choice((0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)))
    return bytes(copy[: generator.randrange(len(copy))] if generator.randrange(4) == 0 else copy)


@pytest.mark.parametrize("to", [0, 0x7000, 1 << 40, (1 << 64) - 0x800000])
def test_a_segment_without_memory(system, to):
    """One that takes no room, and yet has bytes in the file, would be written to wherever it says."""
    faults, data = len(system.faults()), bytearray(PROBE.read_bytes())
    offset, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    (header, *_) = [offset + 56 * i for i in reversed(range(count)) if struct.unpack_from("<I", data, offset + 56 * i)[0] == 1]
    struct.pack_into("<QQ", data, header + 16, to, to)
    struct.pack_into("<QQ", data, header + 32, len(data) // 2, 0)
    reply = put(system, "hostile", bytes(data))
    assert reply.status == 422 and "segment" in reply.sentence(), reply.body
    assert len(system.faults()) == faults


def test_hostile_files(system):
    """They are refused with a sentence, or do something of their own alone; nothing is left behind, nobody else fails."""
    data, generator = PROBE.read_bytes(), random.Random(6)
    before, faults, statuses = settled(system), len(system.faults()), {}
    for round_ in range(150):
        reply = put(system, "hostile", spoiled(data, generator))
        statuses[reply.status] = statuses.get(reply.status, 0) + 1
        assert reply.status in (200, 400, 403, 422, 503), reply.body
        if reply.status == 200:
            ask(system, "hostile/count")
            remove(system, "hostile")
        else:
            assert reply.sentence()
        assert system.get().body == test_web.HELLO
    assert statuses[422] >= 40 and statuses.get(200, 0) >= 10, statuses
    assert memory_of_the_maker(system) == before
    assert all(re.match(r"fault: (hostile|pd_\d+) ", line) for line in system.faults()[faults:]), system.faults()[faults:]


def test_tool(system):
    """`make upload`'s program: builds nothing here, puts and says what became of it."""
    command = ["boot/upload", "--control-port", str(system.control), "--port", str(system.web), "--token", system.running.token(), "probe", str(PROBE)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "/cgi/probe" in done.stdout, done
    done = subprocess.run([*command[:-2], "other", str(COMPONENTS / "grasper.elf")], capture_output=True, text=True)
    assert done.returncode == 1 and "timed_block" in done.stderr, done


def test_domains_tell_who_made_whom(system):
    upload(system, "probe")
    found = {domain["domain"]: domain for domain in json.loads(system.ask("GET", "/v1/domains", token="").body)["domains"]}
    assert found[components(system)["probe"]["domain"]]["parents"] == {"probe": "mpd_manager"}
    assert all(domain["parents"] == {} for domain in found.values() if domain["components"] != ["probe"])
    assert system.ask("POST", "/v1/merge", {"into": "content_manager", "from": "probe"}).status == 200
    found = [domain for domain in json.loads(system.ask("GET", "/v1/domains", token="").body)["domains"] if domain["parents"]]
    assert [(domain["components"], domain["parents"]) for domain in found] == [(["content_manager", "probe"], {"probe": "mpd_manager"})]


def test_what_was_is_called_as_it_was(system):
    """A component goes, and another gets its place: decisions, faults and the trace of before are still of the first one."""
    upload(system, "probe")
    assert system.ask("POST", "/v1/rules", {"rule": "rule pair together probe content_manager"}).status == 200
    assert system.ask("DELETE", "/v1/rules/pair").status == 200
    assert system.ask("POST", "/v1/trace", {"on": True}).status == 200
    assert ask(system, "probe") == (200, "probe\n")
    assert system.ask("POST", "/v1/trace", {"on": False}).status == 200
    assert ask(system, "probe/fault")[0] == 500
    until(lambda: ask(system, "probe")[0] == 200)
    index = list(components(system)).index("probe")
    remove(system, "probe")
    upload(system, "newcomer")
    assert list(components(system)).index("newcomer") == index
    assert ask(system, "newcomer") == (200, "probe\n")
    decision = json.loads(system.ask("GET", "/v1/decisions", token="").body)["decisions"][-1]
    assert decision["rule"] == "pair" and sorted(decision["stayed"] + decision["joined"]) == ["content_manager", "probe"]
    report = json.loads(system.ask("GET", "/v1/faults", token="").body)["reports"][-1]
    assert (report["component"], report["caller"], report["components"]) == ("probe", "content_manager", ["probe"])
    events = json.loads(test_trace.fetch_text(system))["traceEvents"]
    assert "newcomer" not in json.dumps(events)
    assert any(event.get("name") == "probe" and event["pid"] == 2 for event in events if event["ph"] == "B")


def test_seen_by_the_audit(system):
    """From the tables alone: its domain, its gates, what it may write of content_manager; and that its maker may not write it."""
    one = upload(system, "probe")
    run = system.running.folder
    done = subprocess.run(["boot/audit", "--running", "--out", str(run / "audit")], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "RUN_DIR": str(run), "CONTROL_PORT": str(system.control)})
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((run / "audit/audit.json").read_text())
    assert {"name": "probe", "id": one["id"], "domain": found_domain(found, "probe")} in found["components"]
    gates = {(gate["client"], gate["server"], gate["function"]) for gate in found["gates"]}
    assert ("probe", "memory_mapper", "mem_grow") in gates and any(gate[:2] == ("content_manager", "probe") for gate in gates)
    lent = [(grant["right"], grant["words"]) for grant in found["exports"] if grant["component"] == "probe"]
    assert sorted(lent) == [("read", 2048), ("read-write", 2048)], lent
    assert {grant["right"] for grant in found["exports"] if grant["owner"] == "probe"} == {"read"}
    assert not any(found["rules"].values())


def found_domain(found, name):
    return next(domain["domain"] for domain in found["domains"] if domain["components"] == [name])
