# SPDX-License-Identifier: BSD-2-Clause
"""A policy of one's own in the running system: it decides while requests are served; what one does that fails, goes on for ever, answers with nonsense or
asks for what it may not have harms nobody, and the default decides again, with a reason; loaded, replaced and dropped as often as one likes."""

import http.client
import json
import re
import sys
import time

import pytest
from control_port import drop_rules, settings, told
import walk
from test_web import COMPONENTS, PATIENCE, REPOSITORY, System, assert_all_served, free_port, load, until

sys.path.insert(0, str(REPOSITORY / "tests/kills"))

from target import Target  # noqa: E402

COMPOSITE = 1680  # cycles of a crossing (TSE11)
PERIOD = 100      # milliseconds
HOTTEST = REPOSITORY / "build/policy/hottest.elf"


def wild(name):
    return REPOSITORY / f"build/tests/own_policy/{name}.elf"


@pytest.fixture(scope="module")
def running_system():
    system = System("build/run-test-own-policy", "build/webserver/modules.list")
    yield system
    system.running.stop()


@pytest.fixture
def system(running_system):
    """Adaptive, where crossings are dear, with the default policy and every component alone; afterwards too, and it still answers."""
    drop_rules(running_system)
    settings(running_system, policy="default", mode="isolated", budget_percent=10, crossing_cost=COMPOSITE, period_ms=PERIOD)
    settings(running_system, mode="adaptive")
    yield running_system
    assert running_system.get().body == b"hello world"
    settings(running_system, policy="default")
    assert set(components(running_system)) == set(COMPONENTS)


def put(system, file, name):
    return system.ask("PUT", f"/v1/policy/code?name={name}", file if isinstance(file, bytes) else file.read_bytes())


def take(system, file, name):
    reply = put(system, file, name)
    assert reply.status == 200, reply.body
    assert json.loads(reply.body)["done"] == f"Policy `{name}` decides from now on."


def components(system):
    return {component["name"]: component for component in told(system, "/v1/graph")["components"]}


def wait_for(system, condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, what + "\n" + system.console()[-2000:]
        time.sleep(0.05)
    return found


def decided(system, since, reason):
    return [decision for decision in told(system, f"/v1/decisions?since={since}")["decisions"] if decision["reason"] == reason]


def test_it_decides_while_requests_are_served(system):
    first = told(system, "/v1/policy")["decisions"] + 1
    take(system, HOTTEST, "hottest")
    process = load(system, 40000, "-k", "-c", "8")
    wait_for(system, lambda: decided(system, first, "own policy"), "it decides nothing")
    assert_all_served(process, 40000)
    made = decided(system, first, "own policy")
    assert any(decision["action"] == "merge" and decision["expected_percent"] > 0 and (decision["actual_percent"] or 0) > 0 for decision in made), made
    state = told(system, "/v1/policy")
    assert (state["policy"], state["policy_reason"]) == ("hottest", None) and told(system, "/v1/decisions")["policy"] == "hottest"
    fallen = {frozenset((a, b)) for d in made if d["action"] == "merge" for a in d["stayed"] for b in d["joined"]}
    assert frozenset(("connection_manager", "fd_api")) in fallen
    # What it raises it raises one by one: all walls are there again.
    wait_for(system, lambda: told(system, "/v1/policy")["domains"] == len(COMPONENTS) + 1, "walls stay down")
    assert any(d["action"] == "split" for d in decided(system, first, "own policy"))
    # It was asked and asked nobody; it is a component of its own, made by mpd_manager.
    edges = {(edge["client"], edge["server"]): edge for edge in told(system, "/v1/graph")["edges"]}
    assert edges["mpd_manager", "hottest"]["invocations"] > 10 and edges["mpd_manager", "hottest"]["gated"] == edges["mpd_manager", "hottest"]["invocations"]
    assert not [edge for edge in edges if edge[0] == "hottest"]
    assert components(system)["hottest"]["parent"] == "mpd_manager" and system.faults() == []


def test_its_wall_never_falls(system):
    take(system, HOTTEST, "hottest")
    for order in ({"into": "tcp", "from": "hottest"}, {"into": "hottest", "from": "mpd_manager"}):
        reply = system.ask("POST", "/v1/merge", order)
        assert reply.status == 409 and "`own_policy`" in reply.sentence()
    assert system.ask("POST", "/v1/move", {"component": "hottest", "into": "mpd_manager"}).status == 409
    reply = system.ask("DELETE", "/v1/rules/own_policy")
    assert reply.status == 409 and "goes with it" in reply.sentence()
    settings(system, mode="merged")
    assert ["hottest"] in told(system, "/v1/partition")["domains"] and told(system, "/v1/policy")["domains"] == 2
    settings(system, policy="default")
    assert told(system, "/v1/rules")["rules"] == [] and told(system, "/v1/policy")["domains"] == 1
    settings(system, mode="isolated")


# File: what is said, and the fault on the console or None.
FAILING = {
    "faults": (r"It failed: .*0x08000000", r"fault: own_faults .* in policy_decide\+0x[0-9a-f]+ at 0x[0-9a-f]+ \(\+0x[0-9a-f]+, \w+\.c:\d+\)"),
    "writes_question": (r"It failed: store of 4 bytes to 0x[0-9a-f]+, a word of mpd_manager", r"fault: .* own_writes_question"),
    "endless": (r"It failed: more than 100 ms of processor time in one invocation", r"fault: .* own_endless"),
    "deep": (r"It failed: ", r"fault: .* own_deep"),
    "status": (r"It returned -9, and not 0\.", None),
    "garbage": (r"Move 1 of 1, merge of component \d+: there is no such node\.", None),
    "against_rule": (r"Move \d+ of \d+, merge of component \d+ with component \d+: forbidden by rule `(own_policy|wall)`\.", None),
    "too_many": (r"It answered with 4294967295 moves; there is room for 256\.", None),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_fails_is_replaced_by_the_default(system, name):
    """While it serves: no request fails, nobody else does, the layout is the default's again, and what the policy had is given back."""
    sentence, fault = FAILING[name]
    assert system.ask("POST", "/v1/rules", {"rule": "rule wall apart vnic fd_api"}).status == 200
    before, printed = components(system), len(system.console())
    process = load(system, 30000, "-k", "-c", "8")
    take(system, wild(name), f"own_{name}")
    reason = wait_for(system, lambda: told(system, "/v1/policy")["policy_reason"], "it is not dropped")
    assert re.fullmatch(rf"Policy `own_{name}` was dropped\. {sentence}.*", reason), reason
    state, record = told(system, "/v1/policy"), told(system, "/v1/decisions")
    assert (state["policy"], record["policy"], record["policy_reason"]) == ("default", "default", reason)
    console = system.console()[printed:]
    assert f"mpd_manager: policy `own_{name}` was dropped, the default one decides:\nmpd_manager: {reason.split('dropped. ')[1]}\n" in console
    faults = [line for line in console.splitlines() if re.match("fault|panic", line)]
    assert len(faults) == (fault is not None) and (fault is None or re.match(fault, faults[0])), faults
    wait_for(system, lambda: [d for d in decided(system, state["decisions"] - 5, "over budget") if d["action"] == "merge"] or process.poll() is not None,
             "the default decides nothing")
    assert_all_served(process, 30000)
    after = components(system)
    assert set(after) == set(before)
    assert {n: (c["state"], c["faults"], c["reboots"]) for n, c in after.items()} == {n: (c["state"], c["faults"], c["reboots"]) for n, c in before.items()}
    assert [rule["name"] for rule in told(system, "/v1/rules")["rules"]] == ["wall"]
    assert system.ask("DELETE", "/v1/rules/wall").status == 200
    # Another one may follow.
    take(system, HOTTEST, "hottest")
    assert told(system, "/v1/policy")["policy_reason"] is None


def test_what_it_says_of_its_answer_is_not_believed(system):
    """Where the moves lie is for who asks to say: one that points elsewhere answers with what is in its own pages, a move of 0 into 0."""
    take(system, wild("elsewhere"), "elsewhere")
    reason = wait_for(system, lambda: told(system, "/v1/policy")["policy_reason"], "it is not dropped")
    assert "Move 1 of 1, merge of component 1 with component 1: they share a domain already." in reason


def test_what_it_keeps_is_there_again(system):
    """State and data last from period to period; the gain that it expects is recorded as its own claim."""
    first = told(system, "/v1/policy")["decisions"] + 1
    take(system, wild("keeps"), "keeps")
    process = load(system, 20000, "-k", "-c", "8")
    wait_for(system, lambda: len(decided(system, first, "own policy")) >= 6, "it decides nothing")
    assert_all_served(process, 20000)
    made = decided(system, first, "own policy")
    assert [d["action"] for d in made[:6]] == ["merge", "split"] * 3
    assert {d["expected_percent"] for d in made} == {1.2345, -1.2345}
    assert "scheduler" in made[0]["stayed"] and "terminal_printer" in made[0]["joined"]
    assert made[1]["period"] == made[0]["period"] + 3
    assert told(system, "/v1/policy")["policy"] == "keeps"


def test_replaced_while_it_runs(system):
    """Forty times under load, with the same name and with another; nothing is left of those before, and what was lent comes back."""
    process = load(system, 40000, "-k", "-c", "8")
    for turn in range(40):
        name = ("hottest", "keeps", "keeps", "other")[turn % 4]
        take(system, HOTTEST if name == "hottest" else wild("keeps"), name)
        there = components(system)
        assert set(there) == set(COMPONENTS) | {name}
        if turn % 8 == 7:
            settings(system, policy="default")
            assert set(components(system)) == set(COMPONENTS)
    assert_all_served(process, 40000)
    used = []
    for _ in range(3):
        for _ in range(10):
            take(system, HOTTEST, "hottest")
        settings(system, policy="default")
        used.append(components(system)["mpd_manager"]["memory"]["used"])
    assert used[2] - used[0] < 64 << 10, used    # of one that is not given back there would be 100 KiB, twenty times
    assert told(system, "/v1/policy")["policy_reason"] is None and told(system, "/v1/rules")["rules"] == []


@pytest.mark.parametrize("mode", ["isolated", "merged", "manual", "merge-only"])
def test_it_says_that_it_waits(system, mode):
    """In another mode than adaptive it decides nothing: the reply, the settings, the decisions and the reply to a change of mode say so."""
    waits = f"Policy `hottest` is loaded, and decides when the mode is adaptive; it is {mode} now."
    settings(system, mode=mode)
    reply = put(system, HOTTEST, "hottest")
    assert (reply.status, json.loads(reply.body)["done"]) == (200, waits)
    assert (told(system, "/v1/policy")["policy"], told(system, "/v1/policy")["policy_reason"]) == ("hottest", waits)
    assert told(system, "/v1/decisions")["policy_reason"] == waits
    settings(system, mode="adaptive")
    assert told(system, "/v1/policy")["policy_reason"] is None
    reply = system.ask("PUT", "/v1/policy", {"mode": mode})
    assert json.loads(reply.body)["done"].endswith(waits) and len(json.loads(reply.body)["done"]) > len(waits) + 10
    reply = system.ask("PUT", "/v1/policy", {"policy": "default"})
    assert waits not in json.loads(reply.body)["done"] and told(system, "/v1/policy")["policy_reason"] is None


def test_what_is_refused_loses_nothing(system):
    """No file of a policy, or a name that cannot be: a sentence, and who decided goes on deciding."""
    elf = HOTTEST.read_bytes()
    take(system, HOTTEST, "hottest")
    for file, name, status, sentence in (
        (wild("greedy"), "greedy", 400, "The file asks for `pd_merge`, which it may not have."),
        (wild("nothing"), "nothing", 400, "defines no policy_decide"),
        (b"", "empty", 400, "The file is no component"),
        (b"\x7fELF" + b"\0" * 100, "short", 400, "The file is no component"),
        (elf[:len(elf) // 3], "third", 400, "The file is no component"),
        (elf.replace(b"policy_decide", b"policy_decidx"), "renamed", 400, "defines no policy_decide"),
        (HOTTEST, "tcp", 409, "There is a component `tcp` already."),
        (HOTTEST, "default", 400, "A policy's name has"),
        (HOTTEST, "a-b", 400, "A policy's name has"),
        (HOTTEST, "x" * 25, 400, "A policy's name has"),
    ):
        reply = put(system, file, name)
        assert reply.status == status and sentence in reply.sentence(), (name, reply.body)
        assert set(components(system)) == set(COMPONENTS) | {"hottest"}
        assert (told(system, "/v1/policy")["policy"], told(system, "/v1/policy")["policy_reason"]) == ("hottest", None)
    for query in ("", "?name=", "?file=mine"):
        assert system.ask("PUT", f"/v1/policy/code{query}", elf).status == 400
    assert system.ask("PUT", "/v1/policy/code?name=mine", elf, token="").status == 401
    assert system.ask("PUT", "/v1/policy", {"policy": "nosuch"}).status == 404
    assert system.ask("PUT", "/v1/policy", {"policy": "hottest", "mode": "nosuch"}).status == 400
    first = told(system, "/v1/policy")["decisions"] + 1
    assert_all_served(load(system, 20000, "-k", "-c", "8"), 20000)
    assert decided(system, first, "own policy") and system.faults() == [line for line in system.faults() if "own_" in line]


def test_a_rule_of_that_name_is_somebody_elses(system):
    assert system.ask("POST", "/v1/rules", {"rule": "rule own_policy apart vnic"}).status == 200
    reply = put(system, HOTTEST, "hottest")
    assert reply.status == 409 and "remove it first" in reply.sentence()
    assert [rule["rule"] for rule in told(system, "/v1/rules")["rules"]] == ["rule own_policy apart vnic"]
    assert system.ask("DELETE", "/v1/rules/own_policy").status == 200


def test_modes_stay_the_default_ones(system):
    """It decides in mode adaptive alone; the others are as ever, and it waits."""
    take(system, HOTTEST, "hottest")
    settings(system, mode="merge-only")
    first = told(system, "/v1/policy")["decisions"] + 1
    assert_all_served(load(system, 20000, "-k", "-c", "8"), 20000)
    assert decided(system, first, "over budget") and not decided(system, first, "own policy")
    reply = put(system, HOTTEST, "hottest")
    assert json.loads(reply.body)["done"] == "Policy `hottest` is loaded, and decides when the mode is adaptive; it is merge-only now."


def ask(target, method, path, data=b""):
    connection = http.client.HTTPConnection("127.0.0.1", target.control, timeout=30)
    try:
        connection.request(method, path, data, {"Authorization": f"Bearer {target.token()}"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def test_mpd_manager_fails_while_one_is_loaded():
    """What it made goes with it. The default policy decides then, and says why."""
    target = Target("build/run-test-own-policy-kill")
    try:
        assert ask(target, "PUT", "/v1/policy/code?name=hottest", HOTTEST.read_bytes())[0] == 200
        assert ask(target, "PUT", "/v1/policy", b'{"mode":"adaptive","crossing_cost":1680}')[0] == 200
        time.sleep(1)
        target.kill("mpd_manager")
        until(lambda: target.running.answers("/v1/policy", target.control), "its control port answers again")
        status, state = ask(target, "GET", "/v1/policy")
        assert status == 200 and state["policy"] == "default"
        assert state["policy_reason"] == "mpd_manager has been rebooted: if another policy was loaded, it is gone."
        assert "hottest" not in [component["name"] for component in ask(target, "GET", "/v1/graph")[1]["components"]]
        assert state["policy_reason"] in target.running.console()
        assert ask(target, "PUT", "/v1/policy/code?name=hottest", HOTTEST.read_bytes())[0] == 200
        assert ask(target, "GET", "/v1/policy")[1]["policy_reason"].startswith("Policy `hottest` is loaded,")  # not what was before
    finally:
        target.stop()


def test_the_page_is_true(tmp_path):
    """docs/policy.md, "Your own policy", as a reader walks it."""
    tree = walk.copy_tree(tmp_path / "shoji")
    assert len(walk.steps((tree / "docs/policy.md").read_text())) > 15
    walk.walk("docs/policy.md", tree, {8080: free_port(), 8081: free_port()})
    assert not (tree / "build/run/pid").exists()
