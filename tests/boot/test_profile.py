# SPDX-License-Identifier: BSD-2-Clause
"""What `make profile` adds up, against the processor's own counters, in a running system with requests of both kinds."""

import collections
import sys

import pytest
import test_web

sys.path.insert(0, str(test_web.REPOSITORY / "tests/bench"))

from harness.guest import Monitor  # noqa: E402
from profiler import counts, crossings, program  # noqa: E402

MODULES = "build/webserver/modules.list"
REQUESTS = 100


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    return counts.AddressCounts(test_web.REPOSITORY / "build/bench/addresses.so", tmp_path_factory.mktemp("profile") / "counts")


@pytest.fixture(scope="module")
def watched(counted):
    system = test_web.System("build/run-test-profile", MODULES, plugin=counted.argument)
    yield system
    system.running.stop()


@pytest.mark.parametrize("mode", ["isolated", "merged"])
def test_profile_adds_up(watched, counted, mode, tmp_path):
    """Each instruction that the processor counts is attributed, to somebody; each crossing to a gate."""
    watched.mode(mode)
    lines = (test_web.REPOSITORY / MODULES).read_text().splitlines()
    modules = [(test_web.REPOSITORY / path, name) for path, name in (line.split() for line in lines)]
    monitor = Monitor(watched.running.folder / "monitor.sock")
    code = program.loaded(monitor, test_web.REPOSITORY / "build/kernel/shoji.sym.elf", modules, tmp_path / "memory")

    def now():
        monitor.command("stop")
        seen = counted.read(), monitor.counters(), crossings.gates(monitor, code.components, tmp_path / "memory")
        monitor.command("cont")
        return seen

    before = now()
    for path in ("/hw", "/cgi/hw"):
        for _ in range(REQUESTS):
            assert watched.get(path).body == test_web.HELLO
    after = now()
    monitor.close()
    spent = {name: after[1][name] - before[1][name] for name in after[1]}
    executed = collections.Counter()
    for address, count in counts.difference(after[0], before[0]).items():
        executed[code.place(address)] += count
    owners = collections.Counter()
    for (owner, _), count in executed.items():
        owners[owner] += count
    assert sum(executed.values()) == spent["instructions"] > 2 * REQUESTS * 5000
    assert owners[program.NOBODY] == 0 and ("?" not in {function for _, function in executed})
    assert owners[program.GATES] == spent["gated"] + spent["passed"]
    rows = crossings.between(after[2], before[2], code.place)
    assert sum(crossed for *_, crossed in rows) == spent["gated"]
    assert sum(invocations - crossed for *_, invocations, crossed in rows) == spent["passed"]
    # What is known of the requests: who is asked how often, and who works at all.
    asked = {(client, server, function): n for client, server, function, n, _ in rows}
    assert asked["content_manager", "static_content", "static_get"] == REQUESTS
    assert asked["content_manager", "async_invocation_a", "async_call"] == REQUESTS
    assert executed["cgi_service_a", "cgi_thread"] > 0 and owners["cgi_service_b"] == 0
