# SPDX-License-Identifier: BSD-2-Clause
"""The policy in the running system: the layout follows the load within its budget and its rules, no request fails meanwhile, counts stay exact,
and rules of the manifest are obeyed from the first merge on."""

import pathlib
import random
import time

import pytest
from control_port import drop_rules, settings, told
from test_web import COMPONENTS, REPOSITORY, System, assert_all_served, assert_counts_agree, load, until

COMPOSITE = 1680  # cycles of a crossing (TSE11)


@pytest.fixture(scope="module")
def running_system():
    system = System("build/run-test-policy", "build/webserver/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """Isolated, with the default settings and no rule; afterwards it still answers and has reported nothing."""
    drop_rules(running_system)
    settings(running_system, mode="isolated", budget_percent=10, crossing_cost="measured", period_ms=100, log=False)
    yield running_system
    assert running_system.get().body == b"hello world"
    assert running_system.faults() == []


def policy(system):
    return told(system, "/v1/policy")


def rules(system):
    return told(system, "/v1/rules")


def decisions(system, since=1):
    return told(system, f"/v1/decisions?since={since}")


def together(system):
    return told(system, "/v1/partition")["domains"]


def test_a_crossing_is_measured(system):
    """In the emulator's fast mode a gate and its return take an instruction each, and one of them is a plain return's too."""
    told = policy(system)["crossing_cost"]
    assert told == {"cycles": told["measured"], "measured": told["measured"], "by_hand": False}
    assert 1 <= told["measured"] <= 3


def test_cheap_walls_all_stay(system):
    settings(system, mode="adaptive")
    assert_all_served(load(system, 10000, "-k", "-c", "8"), 10000)
    assert policy(system)["domains"] == len(COMPONENTS)


def test_dear_walls_fall_and_rise_again(system):
    first = policy(system)["decisions"] + 1
    settings(system, mode="adaptive", crossing_cost=COMPOSITE)
    process = load(system, 40000, "-k", "-c", "8")
    fewest = len(COMPONENTS)
    while process.poll() is None:
        fewest = min(fewest, policy(system)["domains"])
        time.sleep(0.05)
    assert_all_served(process, 40000)
    assert fewest <= 20
    until(lambda: policy(system)["domains"] == len(COMPONENTS), "all walls are there again")
    made = decisions(system, first)["decisions"]
    merges = [decision for decision in made if decision["action"] == "merge" and decision["reason"] == "over budget"]
    assert merges and any(decision["action"] == "split" for decision in made)
    # The hottest edges of the site are among the walls that fell, and what came of it is known.
    fallen = {frozenset((a, b)) for m in merges for a in m["stayed"] for b in m["joined"]}
    assert frozenset(("connection_manager", "fd_api")) in fallen and frozenset(("vnic", "ip")) in fallen
    assert all(m["expected_percent"] > 0 and m["invocations"] > 0 for m in merges)
    assert any(m["actual_percent"] and m["actual_percent"] > 0 for m in merges)


def test_merge_only_raises_no_wall(system):
    settings(system, mode="merge-only", crossing_cost=COMPOSITE)
    assert_all_served(load(system, 30000, "-k", "-c", "8"), 30000)
    fallen = policy(system)["domains"]
    assert fallen < len(COMPONENTS)
    time.sleep(1)
    assert policy(system)["domains"] == fallen


def test_a_wall_that_never_falls(system):
    assert system.ask("POST", "/v1/rules", {"rule": "label network vnic ip"}).status == 200
    assert system.ask("POST", "/v1/rules", {"rule": "rule outside apart label:network fd_api"}).status == 200
    assert system.ask("POST", "/v1/rules", {"rule": "rule parser apart http_parser"}).status == 200
    settings(system, mode="adaptive", crossing_cost=COMPOSITE, budget_percent=1)
    assert_all_served(load(system, 30000, "-k", "-c", "8"), 30000)
    settings(system, mode="merged")
    for domain in together(system):
        assert not {"vnic", "ip"} & set(domain) or "fd_api" not in domain
        assert domain == ["http_parser"] or "http_parser" not in domain
    for into, other, name in (("tcp", "http_parser", "parser"), ("fd_api", "vnic", "outside")):
        reply = system.ask("POST", "/v1/merge", {"into": into, "from": other})
        assert reply.status == 409 and f"`{name}`" in reply.sentence()


def test_components_that_stay_together(system):
    assert system.ask("POST", "/v1/rules", {"rule": "rule stack together tcp ip"}).status == 200
    assert ["ip", "tcp"] in together(system)
    reply = system.ask("POST", "/v1/split", {"component": "ip"})
    assert reply.status == 409 and "`stack`" in reply.sentence()
    assert system.ask("DELETE", "/v1/rules/stack").status == 200
    assert ["ip", "tcp"] not in together(system)


def test_the_log_is_on_the_console(system):
    settings(system, mode="adaptive", crossing_cost=COMPOSITE, log=True)
    assert_all_served(load(system, 20000, "-k", "-c", "8"), 20000)
    assert "mpd_manager: decision " in system.console()


def test_everything_changes_under_load(system):
    """200 changes of mode and 2,000 merges and splits while it serves: no request fails, and the counts are the processor's own."""
    draw = random.Random(5)
    names = sorted(COMPONENTS)
    modes = ["isolated", "merged", "adaptive", "merge-only", "manual"]
    before = system.graph()["counters"]
    moved = lambda: sum(system.graph()["counters"][key] - before[key] for key in ("merges", "splits"))  # noqa: E731
    process = load(system, 20000, "-c", "8", "-k")
    changes = 0
    while changes < 200 or moved() < 2000:
        if process.poll() is not None:
            assert_all_served(process, 20000)
            process = load(system, 20000, "-c", "8", "-k")
        if changes % 2 == 0:
            settings(system, mode=draw.choice(modes), crossing_cost=draw.choice([1, 100, COMPOSITE, "measured"]))
        else:
            for _ in range(4):
                one, other = draw.sample(names, 2)
                assert system.ask("POST", "/v1/move", {"component": one, "into": other}).status in (200, 409)
        changes += 1
    assert_all_served(process, 20000)
    settings(system, mode="isolated")
    assert_counts_agree(system)


def test_a_flood_of_bad_input(system):
    draw = random.Random(6)
    members = ["mode", "budget_percent", "threshold", "period_ms", "crossing_cost", "hysteresis_percent", "log", "x"]
    values = ["adaptive", "", None, -1, 1e300, [], {}, True, "\u0000", 10**20]
    process = load(system, 20000, "-c", "4", "-k")
    for _ in range(300):
        body = {draw.choice(members): draw.choice(values) for _ in range(draw.randint(0, 4))}
        reply = system.ask("PUT", "/v1/policy", body)
        assert reply.status in (200, 400), (body, reply.body)
        reply = system.ask("POST", "/v1/rules", {"rule": draw.choice(["rule", "rule a", "rule a apart", "label", "weight tcp x", "x" * 500])})
        assert reply.status in (400, 404), reply.body
        assert reply.sentence()
    assert_all_served(process, 20000)


# ---- The manifest's rules ----


def with_manifest(tmp_path, lines):
    """A list of modules whose manifest has these lines more."""
    text = (REPOSITORY / "webserver/webserver.manifest").read_text() + "\n".join(lines) + "\n"
    manifest = tmp_path / "webserver.manifest"
    manifest.write_text(text)
    listed = (REPOSITORY / "build/webserver/modules.list").read_text().splitlines()
    modules = tmp_path / "modules.list"
    modules.write_text("\n".join([f"{manifest} webserver.manifest", *listed[1:]]) + "\n")
    return str(modules)


def test_rules_of_the_manifest(tmp_path):
    modules = with_manifest(tmp_path, ["label cgi cgi_service_a cgi_service_b", "rule cgi apart label:cgi", "weight tcp risk 250"])
    system = System("build/run-test-policy-rules", modules)
    try:
        assert [rule["rule"] for rule in rules(system)["rules"]] == ["rule cgi apart label:cgi"]
        assert {w["component"]: w["weight"] for w in rules(system)["weights"]}["tcp"] == 250
        reply = system.ask("POST", "/v1/merge", {"into": "tcp", "from": "cgi_service_a"})
        assert reply.status == 409 and "`cgi`" in reply.sentence()
        system.mode("merged")
        assert sorted(len(domain) for domain in together(system))[-1] == len(COMPONENTS) - 2
    finally:
        system.running.stop()


def test_a_bad_rule_stops_the_boot(tmp_path):
    modules = with_manifest(tmp_path, ["rule cgi apart cgi_service_c"])
    with pytest.raises(Exception, match="cgi_service_c"):
        System("build/run-test-policy-bad", modules).running.stop()
    assert pathlib.Path(REPOSITORY / "build/run-test-policy-bad/console.log").read_text().count("panic") == 1
