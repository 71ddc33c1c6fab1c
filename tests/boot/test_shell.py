# SPDX-License-Identifier: BSD-2-Clause
"""The shell on the serial console, by a person at a terminal: each verb does what the same request over the network does; keys, floods and reports in between
disturb neither the line nor the system."""

import http.client
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from person import CTRL_C, DELETE, ENTER, HOME, LEAVE, LEFT, PROMPT, TAB, UP, Person
from test_web import HELLO, PATIENCE, REPOSITORY, Client, System, assert_all_served, free_port, load, until

sys.path.insert(0, str(REPOSITORY / "tests/kills"))
from target import Target  # noqa: E402


class At:
    """A system with somebody at its console."""

    def __init__(self, run, modules="build/webserver-wild/modules.list"):
        self.run = run
        self.system = System(run, modules)
        self.person = None

    def sits_down(self):
        self.person = Person(["boot/run", "console"], REPOSITORY, RUN_DIR=self.run)
        self.person.sees("Ctrl-] leaves")
        return self.person

    def gets_up(self):
        self.person.types(LEAVE)
        assert self.person.ended() == 0
        self.person = None


@pytest.fixture(scope="module")
def booted():
    at = At("build/run-test-shell")
    yield at
    at.system.running.stop()


@pytest.fixture
def at(booted):
    """Everybody alone, no rules, a fresh prompt."""
    booted.system.mode("isolated")
    person = booted.sits_down()
    person.types(CTRL_C)
    person.sees(PROMPT + "^C")
    person.prompted()
    yield booted
    if booted.person:
        booted.gets_up()
    assert booted.system.get().body == HELLO


def domain_of(system, name):
    return next(c["domain"] for c in system.graph()["components"] if c["name"] == name)


def sentence(system, method, path, body=None):
    return "error: " + json.loads(system.ask(method, path, body).body)["error"]


def joined(rows):
    """Rows that the terminal has wrapped."""
    return "".join(rows)


# ---- Verbs ----


def test_verbs_that_change(at):
    person, system = at.person, at.system
    done = person.says("merge tcp ip")
    assert done[0] == "done: The domains are merged; the policy's mode is manual now." and "domains: 24" in done
    assert domain_of(system, "tcp") == domain_of(system, "ip")
    assert person.says("split ip")[0].startswith("done: ")
    assert domain_of(system, "tcp") != domain_of(system, "ip")
    assert person.says("move ip vnic")[0].startswith("done: ")
    assert domain_of(system, "vnic") == domain_of(system, "ip")
    assert "domains: 22" in person.says("partition tcp,ip,vnic fd_api,http_parser")
    assert domain_of(system, "fd_api") == domain_of(system, "http_parser")
    assert person.says("policy merged")[1:3] == ["mode: merged", "domains: 1"]

    def policy():
        told = json.loads(system.ask("GET", "/v1/policy", token="").body)
        return told["mode"], told["budget_percent"], told["period_ms"], told["log"]

    assert person.says("policy adaptive 12.5 period_ms 300")[1] == "mode: adaptive"
    assert policy() == ("adaptive", 12.5, 300, False)
    assert person.says("policy isolated 10 period_ms 250 log on")[2] == "domains: 25"     # in adaptive its decisions would come in between
    assert policy() == ("isolated", 10, 250, True)
    assert person.says("policy isolated log off")[1] == "mode: isolated"
    assert policy() == ("isolated", 10, 250, False)


def test_rules(at):
    person, system = at.person, at.system
    assert person.says("rule card apart tcp vnic")[0] == "done: The rule is in force."
    refused = joined(person.says("merge tcp vnic"))
    assert "`card`" in refused and refused == sentence(system, "POST", "/v1/merge", {"into": "tcp", "from": "vnic"})
    assert any(re.fullmatch("card +rule card apart tcp vnic", row) for row in person.says("rules"))
    assert person.says("label core tcp ip")[0].startswith("done: ")
    assert person.says("weight tcp risk 300")[0].startswith("done: ")
    rules = json.loads(system.ask("GET", "/v1/rules", token="").body)
    assert rules["labels"]["core"] == ["ip", "tcp"] and {w["component"]: w["risk"] for w in rules["weights"]}["tcp"] == 300
    assert person.says("unrule card")[0] == "done: The rule is gone."
    assert json.loads(system.ask("GET", "/v1/rules", token="").body)["rules"] == []


def test_verbs_that_show(at):
    person, system = at.person, at.system
    graph = system.graph()
    rows = person.says("graph")
    for component in graph["components"]:
        assert any(re.match(rf"{component['name']} +{component['id']} +{component['domain']} +runs ", row) for row in rows), component
    assert sum(bool(re.match(r"\w+ +\w+ +\d+ +\d+  (yes|no)$", row)) for row in rows) == len(graph["edges"])
    assert len(person.says("edges")) == len(graph["edges"]) + 1
    assert len(person.says("domains")) == len(graph["domains"]) + 1
    budget = {c["name"]: c["memory"]["budget"] for c in graph["components"]}
    assert {row.split()[0]: int(row.split()[2]) for row in person.says("mem")[1:]} == budget
    threads = joined(person.says("threads"))
    assert re.search(r"shell +\d +runs +mpd_manager\.shell_thread > ", threads) and "connection_manager.web_thread > fd_api.fd_wait" in threads
    assert "mode: isolated" in person.says("policy")
    assert person.says("faults")[0] == "faults: 0"
    assert any(row.startswith("count: ") for row in person.says("decisions"))
    assert any(row.startswith("thread  turns") for row in person.says("statistics"))
    assert any("shoji_" in row for row in person.says("metrics"))
    assert "paths./v1/graph: GET, HEAD" in person.says("get /v1")
    assert len(person.says("help")) >= 20 and person.says("help merge")[0].startswith("merge      INTO FROM")
    assert len(person.says("components")) == len(graph["components"]) + 1
    assert person.says("trace 50") and system.ask("GET", "/v1/trace/state", token="").status == 200
    person.waits(lambda: "recorded" in joined(person.says("trace")), "end of the recording")
    assert joined(person.says("get /v1/trace")) == "error: This comes in parts and goes on: ask for it over the network."
    assert joined(person.says("get /v1/events")) == "error: This comes in parts and goes on: ask for it over the network."
    before = system.console().count("statistics_gatherer: ")
    assert person.says("statistics print")
    assert system.console().count("statistics_gatherer: ") > before


def test_refusals_are_the_same_sentences(at):
    person, system = at.person, at.system
    for line, *request in (
        ("merge tcp tcp", "POST", "/v1/merge", {"into": "tcp", "from": "tcp"}),
        ("merge nobody tcp", "POST", "/v1/merge", {"into": "nobody", "from": "tcp"}),
        ("split tcp", "POST", "/v1/split", {"component": "tcp"}),
        ("move ip ip", "POST", "/v1/move", {"component": "ip", "into": "ip"}),
        ("policy sideways", "PUT", "/v1/policy", {"mode": "sideways"}),
        ("policy adaptive 200", "PUT", "/v1/policy", {"mode": "adaptive", "budget_percent": 200}),
        ("unrule nothing", "DELETE", "/v1/rules/nothing"),
        ("rule x beside tcp", "POST", "/v1/rules", {"rule": "rule x beside tcp"}),
        ("remove tcp", "DELETE", "/v1/components/tcp"),
        ("remove nobody", "DELETE", "/v1/components/nobody"),
        ("trace soon", "POST", "/v1/trace", {"on": "soon"}),
        ("decisions soon", "GET", "/v1/decisions?since=soon"),
        ("get /v2", "GET", "/v2"),
    ):
        said, wanted = joined(person.says(line)), sentence(system, *request)
        assert said.replace(" ", "") == wanted.replace(" ", ""), line   # a blank at a row's end is not seen
    assert joined(person.says("frobnicate")) == 'error: There is no verb "frobnicate"; `help` lists them.'
    assert joined(person.says("graph x")) == "error: graph takes nothing behind it."


# ---- Keys ----


def test_editing(at):
    person, system = at.person, at.system
    person.types("erge tcp ipx" + LEFT)
    person.sees_line(PROMPT + "erge tcp ip", "x")
    person.types(DELETE + HOME + "m")
    person.sees_line(PROMPT + "m", "erge tcp ip")
    person.types(ENTER)
    person.sees("done: The domains are merged")
    assert domain_of(system, "tcp") == domain_of(system, "ip")
    person.prompted()
    person.types(UP)
    person.sees_line(PROMPT + "merge tcp ip")
    person.types("\x17\x17\x17split ip" + ENTER)
    person.sees("done: The component has a domain of its own")
    person.prompted()
    person.types(UP + UP)
    person.sees_line(PROMPT + "merge tcp ip")
    person.types(CTRL_C)
    person.prompted()


def test_completion(at):
    person = at.person
    person.types("mer" + TAB + "sched" + TAB + "event" + TAB)
    person.sees_line(PROMPT + "merge scheduler event_manager ")
    person.types("\x15s" + TAB)
    person.sees("split  statistics")
    person.sees_line(PROMPT + "s")
    person.types("\x15policy ad" + TAB)
    person.sees_line(PROMPT + "policy adaptive ")
    person.types("\x15nothing" + TAB)
    person.waits(lambda: person.rings > 0, "bell")
    person.types("\x15")
    person.prompted()


def test_sequences_in_halves(at):
    """An arrow's bytes half a second apart; and one that is never completed takes no key with it but the next."""
    person = at.person
    person.types("ab")
    for half in ("\x1b", "[", "D"):
        person.types(half)
        time.sleep(0.5)
    person.types("x")
    person.sees_line(PROMPT + "ax", "b")
    person.types("\x05\x15\x1b[")
    person.prompted()
    time.sleep(0.3)
    person.types("?faults" + ENTER)      # the question mark and the f end it
    person.sees('error: There is no verb "aults"')
    person.prompted()


def test_long_lines(at):
    person = at.person
    person.types("x" * 5000)
    person.waits(lambda: person.rings > 0, "bell")
    person.sees_line(PROMPT + "x" * 71)
    person.types(HOME)
    person.sees_line(PROMPT, "x" * 71)
    person.types(ENTER)
    person.sees('error: There is no verb "' + "x" * 40)
    assert person.says("faults")[0].startswith("faults: ")


# ---- Reports, listings ----


def test_a_fault_while_somebody_types(at):
    person, system = at.person, at.system
    person.types("merge tc")
    person.sees_line(PROMPT + "merge tc")
    system.get("/wild")
    row = person.sees("reboot: static_content runs again")
    (fault,) = [i for i, text in enumerate(person.rows()) if text.startswith("fault: static_content ")]
    assert fault < row and not any(PROMPT in text for text in person.rows()[fault:-1])     # whole, and above the line
    person.sees_line(PROMPT + "merge tc")
    person.types("p ip" + ENTER)
    person.sees("done: The domains are merged")
    assert domain_of(system, "tcp") == domain_of(system, "ip")
    console = system.console()
    assert re.search(r"^fault: static_content \(", console, re.M) and re.search(r"^shoji> merge tcp ip$", console, re.M)
    assert "\x1b" not in console and "\r" not in console


def test_a_listing_is_stopped(at):
    """By Ctrl-C, with all that was typed ahead; by q. Either is to come while the listing does: several tries."""
    person, system = at.person, at.system
    whole = len(person.says("metrics"))
    assert whole > 150

    ends = iter(f"end{i}" for i in range(40))

    def shown(listings, key):
        """How many rows of so many listings are on the console if the key is hit once the first one comes, and nothing of them is to come."""
        since, end = len(system.console()), next(ends)
        person.types(("metrics" + ENTER) * listings)
        person.waits(lambda: "# HELP" in system.console()[since:], "listing")
        person.types(key)
        person.waits(lambda: person.line() in ((PROMPT, ""), (PROMPT + key, "")), "prompt")
        person.types("\x15" + end + ENTER)
        person.sees(f'There is no verb "{end}"')
        person.prompted()
        return system.console()[since:].count("\n")

    assert any(shown(40, CTRL_C) < 30 * whole for _ in range(20)), "Ctrl-C stops no listing"
    assert any(shown(1, "q") < whole - 20 for _ in range(20)), "q stops no listing"
    assert person.says("faults")[0].startswith("faults: ")


# ---- Nothing freezes the system ----


FLOOD_SECONDS = 15


class Flood(threading.Thread):
    """Types into the serial line as fast as it takes it, and reads what comes, too; for so long, or until all is typed."""

    def __init__(self, run, data):
        super().__init__()
        self.path, self.data = REPOSITORY / run / "console.sock", memoryview(data)

    def run(self):
        end = time.monotonic() + FLOOD_SECONDS
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.path))
            line.setblocking(False)
            while len(self.data) and time.monotonic() < end:
                readable, writable, _ = select.select([line], [line], [], 0.1)
                if readable:
                    line.recv(65536)
                if writable:
                    self.data = self.data[line.send(self.data[:4096]):]


@pytest.mark.parametrize("kind", ["random", "commands"])
def test_a_flood(at, kind):
    """As much of a megabyte as the line takes while the site is loaded: no request fails, the control interface answers all the time, and so
    does the shell afterwards."""
    at.gets_up()
    system = at.system
    draw = random.Random(7)
    data = draw.randbytes(1 << 20) if kind == "random" else b"graph\rmerge tcp ip\rsplit ip\rmetrics\r" * ((1 << 20) // 36)
    flood = Flood(at.run, data)
    flood.start()
    rounds = 0
    while flood.is_alive() or rounds == 0:
        process = load(system, 3000, "-k", "-c", "8")
        assert system.ask("GET", "/v1/policy", token="").status == 200
        assert_all_served(process, 3000)
        rounds += 1
    flood.join()
    person = at.sits_down()
    person.types(CTRL_C)    # what was typed before it and waits yet goes with it, or is done
    person.types("\x15get /v1/after" + ENTER)
    person.sees(PROMPT + "get /v1/after")
    person.prompted()
    assert person.says("unrule nothing") == ['error: There is no rule "nothing"; /v1/rules lists them.']
    reports = re.findall(r"^(?:fault|panic): .*", system.console(), re.M)
    assert all(report.startswith("fault: static_content ") for report in reports), reports     # /wild's, of another test


def test_a_console_that_takes_nothing(at):
    """Whoever writes console.log stands still; much is printed; the system serves, and says afterwards what it could not show."""
    at.gets_up()
    system = at.system
    relay, token = system.running.log.process.pid, system.running.token()
    os.kill(relay, signal.SIGSTOP)
    try:
        process = load(system, 20000, "-k", "-c", "8")
        for _ in range(400):
            assert system.ask("POST", "/v1/statistics", token=token).status == 200
        assert_all_served(process, 20000)
    finally:
        os.kill(relay, signal.SIGCONT)
    until(lambda: re.search(r"^console: \d+ bytes were not shown", system.console(), re.M), "it says what it could not show")
    assert at.sits_down() and (at.person.types(ENTER) or True)
    at.person.prompted()


def test_one_person_at_a_time_and_the_terminal_is_as_before(at):
    other = Person(["boot/run", "console"], REPOSITORY, RUN_DIR=at.run)
    other.sees("somebody else is at this console")
    assert other.ended() == 0
    at.gets_up()
    assert at.system.get().body == HELLO    # leaving stops nothing
    shell = Person(["sh", "-c", "stty -g; boot/run console; stty -g"], REPOSITORY, RUN_DIR=at.run)
    shell.sees("Ctrl-] leaves")
    shell.types(ENTER)
    shell.prompted()
    shell.types(LEAVE)
    assert shell.ended() == 0
    modes = [row for row in shell.rows() if re.fullmatch(r"[0-9a-f:]{40,80}.*", row)]
    assert len(modes) >= 2 and modes[0] == modes[-len(modes) // 2]


def test_nobody_has_typed(booted):
    """A system whose console nobody uses has neither prompt nor escape sequences in its log."""
    fresh = System("build/run-test-shell-fresh", "build/webserver/modules.list")
    try:
        assert PROMPT not in fresh.console() and "\x1b" not in (REPOSITORY / "build/run-test-shell-fresh/console.log").read_text()
    finally:
        fresh.running.stop()


# ---- Other systems ----


def test_it_is_rebooted_like_any_component():
    run = "build/run-test-shell-kill"
    target = Target(run)
    try:
        person = Person(["boot/run", "console"], REPOSITORY, RUN_DIR=run)
        person.types(ENTER)
        person.prompted()
        person.types("merge tcp")
        person.sees_line(PROMPT + "merge tcp")
        target.kill("mpd_manager")
        person.sees("reboot: mpd_manager runs again")
        person.prompted()       # what was typed is gone with it
        until(lambda: target.running.answers("/v1/graph", target.control), "the control port answers")
        assert person.says("merge tcp ip")[0].startswith("done: ")
        domains = {c["name"]: c["domain"] for c in target.ask("GET", "/v1/graph")[1]["components"]}
        assert domains["tcp"] == domains["ip"]
        for name in ("scheduler", "lock", "terminal_printer", "memory_mapper"):
            target.kill(name)
            person.sees(f"reboot: {name} runs again")
            assert person.says("unrule nothing")[-1] == 'error: There is no rule "nothing"; /v1/rules lists them.', name
        person.types(LEAVE)
        assert person.ended() == 0
    finally:
        target.stop()


def test_turned_off(tmp_path):
    """Without its line in the manifest there is no shell: what is typed waits in the line, and nobody looks at it."""
    folder = REPOSITORY / "build/run-test-shell-off"
    folder.mkdir(parents=True, exist_ok=True)
    lines = (REPOSITORY / "build/webserver/modules.list").read_text().splitlines()
    text = (REPOSITORY / lines[0].split()[0]).read_text()
    without = re.sub(r"^thread shell .*\n", "", text, flags=re.M)
    assert without.count("\n") == text.count("\n") - 1
    (folder / "webserver.manifest").write_text(without)
    (folder / "modules.list").write_text("\n".join([f"{folder / 'webserver.manifest'} webserver.manifest", *lines[1:], ""]))
    system = System("build/run-test-shell-off", str((folder / "modules.list").relative_to(REPOSITORY)))
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(folder / "console.sock"))
            line.sendall(b"\rmerge tcp ip\r")
            time.sleep(1)
        assert len(system.graph()["domains"]) == 25 and PROMPT not in system.console()
    finally:
        system.running.stop()


def test_in_the_foreground(tmp_path):
    """`make run`: the shell is at the terminal that started it, and Ctrl-C stops the system."""
    ports = {"PORT": str(free_port()), "CONTROL_PORT": str(free_port()), "RUN_DIR": str(tmp_path / "run")}
    person = Person(["boot/run"], REPOSITORY, **ports)
    person.sees("Ctrl-C stops it")
    person.sees("ready")
    person.types(ENTER)
    person.prompted()
    assert person.says("merge tcp ip")[0].startswith("done: ")
    connection = http.client.HTTPConnection("127.0.0.1", int(ports["CONTROL_PORT"]), timeout=PATIENCE)
    connection.request("GET", "/v1/domains")
    assert ["ip", "tcp"] in [sorted(d["components"]) for d in json.loads(connection.getresponse().read())["domains"]]
    person.types(CTRL_C)
    assert person.ended() == 0
    assert subprocess.run(["pgrep", "-f", ports["RUN_DIR"]], capture_output=True).stdout == b""
