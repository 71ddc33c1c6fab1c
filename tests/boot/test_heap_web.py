# SPDX-License-Identifier: BSD-2-Clause
"""The whole web server with the heap of every component protected, and with a tcp whose connections and packets are allocations
of its heap: test_web.py's requests, walls that move and exact counts, once with guard words and once by slabs. And no word of a heap is
left behind.

`make image-heaps` builds what is booted."""

import http.client
import sys

import pytest
import rig
import test_web
from test_web import (  # noqa: F401, tests and fixtures
    system, test_bad_request, test_cgi_answers_depend_on_the_request, test_cgi_clients_that_go_away, test_cgi_hello,
    test_cgi_under_load_while_walls_move, test_counts_are_exact, test_each_request_is_counted, test_edges, test_graph, test_hello,
    test_json_errors_say_where, test_keep_alive, test_many_connections_at_once, test_merge_and_split, test_nothing_there,
    test_partition, test_pipelined, test_random_bytes, test_request_byte_by_byte, test_start_page)

sys.path.insert(0, str(rig.REPOSITORY / "tests/kills"))
from target import Target  # noqa: E402


@pytest.fixture(scope="module", params=["guard", "slab"])
def running_system(request):
    found = test_web.System(f"build/run-test-{request.param}", f"build/webserver-{request.param}/modules.list")
    yield found
    found.running.stop()


def used(system, name):
    (component,) = [component for component in system.graph()["components"] if component["name"] == name]
    return component["memory"]["used"]


def supervisor_calls(system, component):
    (edge,) = [edge for edge in system.graph()["edges"] if (edge["client"], edge["server"]) == (component, "supervisor")]
    return edge["invocations"]


def test_allocations_are_known_and_freed(system):
    """tcp allocates for each connection, which the supervisor is told, and frees: 32 bytes left behind of each would be 96 KiB here."""
    test_web.assert_all_served(test_web.load(system, 1000, "-c", "16"), 1000)
    memory, calls = used(system, "tcp"), supervisor_calls(system, "tcp")
    test_web.assert_all_served(test_web.load(system, 3000, "-c", "8"), 3000)
    assert used(system, "tcp") < memory + (80 << 10)
    assert supervisor_calls(system, "tcp") > calls


def memory(target):
    """What each component has, once the control interface answers again."""

    def found():
        try:
            status, graph = target.ask("GET", "/v1/graph")
        except (OSError, http.client.HTTPException):
            return None
        return {component["name"]: component["memory"]["used"] for component in graph["components"]} if status == 200 else None

    return test_web.until(found, "the control interface answers again")


@pytest.mark.parametrize("setting", ["guard", "slab"])
def test_a_heap_begins_anew_with_its_component(setting):
    """And each time works again: more often than there would be pages to keep (4096, docs/manifest.md), if the dead left any behind."""
    target = Target(f"build/run-test-{setting}-killed", f"build/webserver-{setting}/modules.list")
    try:
        first = memory(target)
        kept = 0
        while kept < 4096 + first["mpd_manager"] // 4096:
            target.kill("mpd_manager")
            now = memory(target)
            assert 0 < now["mpd_manager"] <= first["mpd_manager"] + (64 << 10)
            kept += now["mpd_manager"] // 4096
        for _ in range(3):
            target.kill("tcp")
            assert memory(target)["tcp"] > 0
        assert target.faults() == []
    finally:
        target.stop()
