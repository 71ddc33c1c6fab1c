# SPDX-License-Identifier: BSD-2-Clause
"""/metrics: promtool finds nothing to object to, and the numbers are those of /v1/graph; /v1 lists what the interface answers, /v1/faults who failed."""

import json
import pathlib
import re
import subprocess

import pytest
from test_web import REPOSITORY, System

ELSEWHERE = {"/v1/events", "/v1/trace"}  # the one never ends, the other wants a recording: tests/boot/test_events.py, test_trace.py
PROMTOOL = REPOSITORY / "build/promtool"


@pytest.fixture(scope="module")
def system():
    system = System("build/run-test-metrics", "build/webserver/modules.list")
    yield system
    system.running.stop()


@pytest.fixture(scope="module")
def promtool():
    """From Debian's package, which is not installed: it would start a server."""
    if not PROMTOOL.exists():
        folder = REPOSITORY / "build/prometheus"
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, check=True, capture_output=True)
        (package,) = folder.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        pathlib.Path(folder / "usr/bin/promtool").rename(PROMTOOL)
    return PROMTOOL


def metrics(system):
    reply = system.ask("GET", "/metrics", token="")
    assert reply.status == 200 and reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    return reply.body.decode()


def test_promtool_finds_nothing(system, promtool):
    done = subprocess.run([promtool, "check", "metrics"], input=metrics(system), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    wrong = metrics(system).replace("_total", "")   # and it would
    assert subprocess.run([promtool, "check", "metrics"], input=wrong, capture_output=True, text=True, check=False).returncode != 0


def test_numbers_are_the_graphs(system):
    before = system.graph()
    text = metrics(system)
    after = system.graph()
    found = {key: float(value) for key, value in re.findall(r"^shoji_(\w+(?:\{.*?\})?) (\S+)$", text, re.M)}
    for one, two in zip(before["edges"], after["edges"]):
        for kind, name in (("edge_invocations_total", "invocations"), ("edge_crossings_total", "gated")):
            value = found[f'{kind}{{client="{one["client"]}",server="{one["server"]}"}}']
            assert one[name] <= value <= two[name]
    for component in after["components"]:
        assert found[f'component_up{{component="{component["name"]}"}}'] == 1
        assert found[f'component_domain{{component="{component["name"]}"}}'] == component["domain"]
        assert found[f'component_memory_budget_bytes{{component="{component["name"]}"}}'] == component["memory"]["budget"]
    assert before["counters"]["instructions"] <= found["cpu_instructions_total"] <= after["counters"]["instructions"]
    assert found["domains"] == 25
    assert found['policy_mode{mode="isolated"}'] == 1 and found['policy_mode{mode="merged"}'] == 0


def test_all_paths_answer(system):
    listed = json.loads(system.ask("GET", "/v1", token="").body)["paths"]
    assert {"/metrics", "/v1/graph", "/v1/faults", "/v1/domains", "/v1/policy", "/v1/rules", "/v1/threads"} <= set(listed)
    for path, methods in listed.items():
        if "GET" in methods:
            assert path in ELSEWHERE or system.ask("GET", path, token="").status == 200, path
            assert path == "/v1/trace" or system.ask("HEAD", path, token="").status == 200, path
        for method in set(methods.split(", ")) - {"GET", "HEAD"}:
            probe = path + ("x" if path.endswith("/") else "")
            assert system.ask(method, probe, {}, token="").status == 401, path
    assert "/v1 lists" in system.ask("GET", "/v1/nothing", token="").sentence()


def test_domains_and_faults(system):
    assert json.loads(system.ask("GET", "/v1/faults", token="").body) == {"faults": 0, "components": [], "count": 0, "reports": []}
    assert system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"}).status == 200
    told = json.loads(system.ask("GET", "/v1/domains", token="").body)
    assert sorted(["ip", "tcp"]) in [sorted(domain["components"]) for domain in told["domains"]] and len(told["domains"]) == 24
