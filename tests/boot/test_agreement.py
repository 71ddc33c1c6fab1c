# SPDX-License-Identifier: BSD-2-Clause
"""Everything that the control interface tells of the layout and its counts is one truth: the graph, its parts, its picture, the metrics, faults and decisions
agree with each other, once nobody makes requests any more."""

import csv
import io
import json
import re
import time

import pytest
from test_policy import COMPOSITE
from test_web import COMPONENTS, System, assert_all_served, load


@pytest.fixture(scope="module")
def system():
    system = System("build/run-test-agreement", "build/webserver-wild/modules.list")
    yield system
    system.running.stop()


def text(system, path):
    reply = system.ask("GET", path, token="")
    assert reply.status == 200, (path, reply.body)
    return reply.body.decode()


def told(system, path):
    return json.loads(text(system, path))


def quiet(edge):
    """Whether an edge's counts stand still while nobody but us asks anything: those of the site's own components among each other. Others are on the way of our
    requests to mpd_manager, or busy with timers."""
    site = {"connection_manager", "http_parser", "content_manager", "cgi_service_a", "cgi_service_b", "cgi_fd_api_a", "cgi_fd_api_b", "async_invocation_a",
            "async_invocation_b", "fd_null"}
    return edge[0] in site and edge[1] in site | {"static_content"}


def metrics(system):
    found = {}
    for name, labels, value in re.findall(r"^shoji_(\w+)(?:\{(.*?)\})? (\S+)$", text(system, "/metrics"), re.M):
        found[name, tuple(re.findall(r'\w+="(.*?)"', labels))] = float(value)
    return found


def dot(system):
    """Rooms and edges of the picture: {domain: names}, {(client, server): (count, whether it is red)}"""
    picture = text(system, "/v1/graph.dot")
    rooms = {int(number): set(re.findall(r'^    "(\w+)";$', body, re.M)) for number, body in re.findall(r"subgraph cluster_(\d+) \{(.*?)\n  \}", picture, re.S)}
    edges = {(client, server): (int(count or 0), color == "firebrick")
             for client, server, count, color in re.findall(r'^  "(\w+)" -> "(\w+)" \[(?:label="(\d+)", )?penwidth=[\d.]+, color=(\w+)', picture, re.M)}
    return rooms, edges


def at_rest(system):
    """The graph, once nobody makes requests any more: connections come to their end after the last answer."""
    while True:
        one, two = (time.sleep(0.3) or told(system, "/v1/graph") for _ in range(2))
        if [edge for edge in one["edges"] if quiet((edge["client"], edge["server"]))] == [edge for edge in two["edges"] if quiet((edge["client"], edge["server"]))]:
            return two


def check(system):
    graph = at_rest(system)
    names = {component["name"] for component in graph["components"]}
    rooms = {domain["domain"]: set(domain["components"]) for domain in graph["domains"]}
    edges = {(edge["client"], edge["server"]): edge for edge in graph["edges"]}
    still = {key: edge for key, edge in edges.items() if quiet(key)}
    assert names == COMPONENTS and len(still) >= 10

    # who shares a domain, told in seven ways
    home = {component["name"]: component["domain"] for component in graph["components"]}
    assert {number: {name for name in names if home[name] == number} for number in rooms} == rooms
    assert {frozenset(members) for members in rooms.values()} == {frozenset(members) for members in told(system, "/v1/partition")["domains"]}
    assert {domain["domain"]: set(domain["components"]) for domain in told(system, "/v1/domains")["domains"]} == rooms
    picture_rooms, picture = dot(system)
    assert picture_rooms == rooms
    numbers = metrics(system)
    assert {name: int(numbers["component_domain", (name,)]) for name in names} == home
    assert told(system, "/v1/policy")["domains"] == graph["counters"]["domains"] == numbers["domains", ()] == len(rooms)
    assert {key: edge["crossing"] for key, edge in edges.items()} == {(c, s): s == "supervisor" or home[c] != home[s] for c, s in edges}

    # counts, told in five ways
    listed = {(edge["client"], edge["server"]): edge for edge in told(system, "/v1/edges?format=json")}
    rows = {(row["client"], row["server"]): row for row in csv.DictReader(io.StringIO(text(system, "/v1/edges?format=csv")))}
    assert set(listed) == set(rows) == set(picture) == set(edges)
    for (client, server), edge in still.items():
        key = client, server
        assert listed[key] == edge
        assert (int(rows[key]["invocations"]), int(rows[key]["gated"])) == (edge["invocations"], edge["gated"])
        assert picture[key] == (edge["invocations"], edge["crossing"])
        assert numbers["edge_invocations_total", key] == edge["invocations"] and numbers["edge_crossings_total", key] == edge["gated"]
        assert edge["gated"] <= edge["invocations"]
    assert graph["counters"]["stale_domains"] == numbers["stale_domains", ()] == told(system, "/v1/domains")["stale_domains"]
    assert graph["counters"]["merges"] == numbers["merges_total", ()] and graph["counters"]["splits"] == numbers["splits_total", ()]

    # failures, told in three ways
    faults = told(system, "/v1/faults")
    failed = {entry["component"]: (entry["faults"], entry["reboots"], entry["state"]) for entry in faults["components"]}
    assert failed == {c["name"]: (c["faults"], c["reboots"], c["state"]) for c in graph["components"] if c["faults"] or c["reboots"] or c["state"] != "runs"}
    assert sum(numbers["component_faults_total", (name,)] for name in names) == sum(c["faults"] for c in graph["components"]) == faults["count"] == len(faults["reports"])

    # decisions, told in three ways
    decisions = told(system, "/v1/decisions?since=0")
    assert decisions["count"] == told(system, "/v1/policy")["decisions"] == numbers["policy_decisions_total", ()]
    assert [decision["number"] for decision in decisions["decisions"]] == list(range(decisions["count"] - len(decisions["decisions"]) + 1, decisions["count"] + 1))
    return graph


def test_isolated(system):
    assert_all_served(load(system, 2000, "-k", "-c", "4"), 2000)
    assert_all_served(load(system, 500, "-k", "-c", "4", path="/cgi/hw"), 500)
    graph = check(system)
    assert all(edge["gated"] == edge["invocations"] for edge in graph["edges"] if quiet((edge["client"], edge["server"])))


def test_after_walls_have_moved(system):
    """Decisions of the policy, merges by hand, and load meanwhile."""
    assert system.ask("PUT", "/v1/policy", {"mode": "adaptive", "crossing_cost": COMPOSITE, "period_ms": 50}).status == 200
    assert_all_served(load(system, 10000, "-k", "-c", "8"), 10000)
    assert system.ask("PUT", "/v1/policy", {"mode": "manual"}).status == 200
    assert system.ask("POST", "/v1/merge", {"into": "cgi_service_a", "from": "cgi_fd_api_a"}).status in (200, 409)
    assert_all_served(load(system, 500, "-k", "-c", "4", path="/cgi/hw"), 500)
    graph = check(system)
    assert graph["counters"]["merges"] > 0 and told(system, "/v1/decisions")["count"] > 0
    assert any(edge["gated"] < edge["invocations"] for edge in graph["edges"] if quiet((edge["client"], edge["server"])))


def test_after_a_failure(system):
    system.mode("isolated")
    for count in (1, 2):
        assert system.get("/wild").status == 502
        assert system.get().body == b"hello world"
        check(system)
        assert told(system, "/v1/faults")["count"] == count
