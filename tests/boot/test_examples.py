# SPDX-License-Identifier: BSD-2-Clause
"""The examples of components/examples, in the web server: programs without a C library, with newlib, in C++ and in Rust. Each answers,
is counted on its edge, is merged with its client and split again, and faults and comes back, alone.

`make image-examples` builds what is booted; without rustc on the machine it has no program in Rust."""

import json
import re

import pytest
import rig
import test_web

# A request's query, what the answer to the first one is; and where the fault is found, and what it is.
EXAMPLES = {
    "without_libc": ("", b"1\n", "program_answer", "store of 4 bytes"),
    "newlib": ("pear+apple+fig", b"apple\nfig\npear\n", "runtime_fault", "undefined instruction"),
    "cpp": ("first", b"first\n", "from program_answer", "fetch of 1 byte at 0x00000000"),
    "rust": ("one+two", b"words 2, bytes 7, asked 1\n", "runtime_fault", "undefined instruction"),
}


@pytest.fixture(scope="module")
def running_system():
    if not (rig.REPOSITORY / "build/examples/modules.list").exists():
        pytest.fail("build/examples/modules.list is missing: make image-examples")
    system = test_web.System("build/run-test-examples", "build/examples/modules.list")
    yield system
    system.running.stop()


@pytest.fixture(params=EXAMPLES)
def example(request, running_system):
    """(system, name), isolated, after a failure that has made the program begin anew."""
    names = {component["name"] for component in running_system.graph()["components"]}
    if request.param == "rust" and "rust" not in names:
        pytest.skip("there is no rustc on this machine: the system was built without the program in Rust")
    assert running_system.mode("isolated")["domains"] == len(names)
    ask(running_system, request.param, "/fault")
    served(running_system, request.param)
    yield running_system, request.param
    assert running_system.get().body == test_web.HELLO


def ask(system, name, path=""):
    query = EXAMPLES[name][0]
    return system.get(f"/cgi/{name}{path}" + (f"?{query}" if query else ""))


def served(system, name):
    """Waits until the program runs again: its edge shows a call that was answered."""
    test_web.until(lambda: [c["state"] for c in system.graph()["components"] if c["name"] == name] == ["runs"], f"{name} comes back")


def edge(system, name):
    (found,) = [edge for edge in system.graph()["edges"] if (edge["client"], edge["server"]) == ("content_manager", name)]
    return found["invocations"], found["gated"]


def test_answers_and_is_counted(example):
    system, name = example
    before = edge(system, name)
    reply = ask(system, name)
    assert (reply.status, reply.body) == (200, EXAMPLES[name][1])
    assert edge(system, name) == (before[0] + 1, before[1] + 1)
    assert ask(system, name, "/nothing").status == 404


def test_merged_and_split(example):
    system, name = example
    assert system.ask("POST", "/v1/merge", {"into": "content_manager", "from": name}).status == 200
    calls, gated = edge(system, name)
    for _ in range(10):
        assert ask(system, name).status == 200
    assert edge(system, name) == (calls + 10, gated)
    assert system.ask("POST", "/v1/split", {"component": name}).status == 200
    assert ask(system, name).status == 200
    assert edge(system, name) == (calls + 11, gated + 1)


def test_faults_alone_and_comes_back(example):
    system, name = example
    function, what = EXAMPLES[name][2:]
    others = {c["name"]: c["reboots"] for c in system.graph()["components"] if c["name"] != name}
    before = len(system.faults())
    assert ask(system, name).status == 200
    assert ask(system, name, "/fault").status == 500
    served(system, name)
    assert ask(system, name).body == EXAMPLES[name][1]     # it has forgotten what it remembered
    (fault,) = system.faults()[before:]
    assert re.match(rf"fault: {name} \(.*thread web\)", fault) and function in fault and what in fault, fault
    assert fault.endswith(f"rebooting {name}") and "called by content_manager" in fault, fault
    assert {c["name"]: c["reboots"] for c in system.graph()["components"] if c["name"] != name} == others


def test_nothing_but_what_it_asks_for():
    """Without libc an image has nothing but its own; and each is what the kernel loads, without constructors."""
    listing = (rig.REPOSITORY / "build/examples/modules.list").read_text()
    assert "without_libc.elf" in listing
    manifest = (rig.REPOSITORY / "build/examples/webserver.manifest").read_text()
    assert not re.search(r"^edge (without_libc|cpp) ", manifest, re.M)
    assert json.dumps(manifest).count("system webserver") == 1
