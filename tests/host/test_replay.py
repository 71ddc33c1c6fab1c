# SPDX-License-Identifier: BSD-2-Clause
"""The replayer: figures of fixed modes against sums made here, what the adaptive policy owes its user, bad traces."""

import csv
import io
import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPLAY = ROOT / "build" / "policy" / "replay"


@pytest.fixture(scope="module", autouse=True)
def built():
    """By the command that users type."""
    done = subprocess.run([ROOT / "policy" / "replay", "--help"], capture_output=True, text=True, timeout=600)
    assert done.stdout.startswith("usage: policy/replay TRACE"), done.stderr


def replay(trace, *options, fails=False):
    done = subprocess.run([REPLAY, "-", *options], input=trace, capture_output=True, text=True, timeout=300)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def web_graph():
    """Components and edges of the web server."""
    components, edges = [], []
    for line in (ROOT / "webserver" / "webserver.manifest").read_text().splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["component"]:
            components.append((words[1], int(words[2])))
        if words[:1] == ["edge"]:
            servers = words[2:words.index("as")] if "as" in words else words[2:]
            edges += [(words[1], server.split(":")[0]) for server in servers if server != "transitive"]
    return components, edges


# How often a request of each kind takes an edge, roughly.
STATIC = {("connection_manager", "fd_api"): 6, ("fd_api", "tcp"): 4, ("tcp", "ip"): 4, ("ip", "vnic"): 4, ("fd_api", "http_parser"): 3,
          ("http_parser", "content_manager"): 2, ("content_manager", "static_content"): 2, ("lock", "scheduler"): 2, ("fd_api", "event_manager"): 2}
CGI = {("cgi_service_a", "cgi_fd_api_a"): 8, ("cgi_fd_api_a", "async_invocation_a"): 7, ("content_manager", "async_invocation_a"): 6,
       ("http_parser", "content_manager"): 5, ("async_invocation_a", "event_manager"): 4, ("connection_manager", "fd_api"): 3,
       ("fd_api", "http_parser"): 3, ("fd_api", "tcp"): 1, ("tcp", "ip"): 1, ("ip", "vnic"): 1}


def web_trace(rules="", cost=0, idle=0):
    """Two workloads of 30 windows each, recorded isolated, with some noise."""
    components, edges = web_graph()
    numbers = random.Random(5)
    lines = ["shoji-trace 1", "clock 1000000000", f"cost {cost}"]
    lines += [f"component {name} {number}" for name, number in components]
    lines += [f"edge {client} {server}" for client, server in edges]
    lines += [rules]
    windows = []
    for name, taken in (("static", STATIC), ("cgi", CGI)):
        lines.append(f"phase {name}")
        for _ in range(30):
            requests = numbers.randint(7800, 8200)
            counts = [taken.get(edge, 0) * requests + (numbers.randint(0, 50) if edge[1] != "supervisor" else 99) for edge in edges]
            crossing = sum(count for count, edge in zip(counts, edges) if edge[1] != "supervisor")
            cycles = requests * 20000 + crossing * cost + idle
            windows.append((requests, requests * 20000, crossing))
            lines.append(" ".join(map(str, ["window", cycles, idle, requests, *counts])))
    return "\n".join(lines) + "\n", windows


def test_fixed_modes_are_sums():
    trace, windows = web_trace()
    work, crossing = sum(w[1] for w in windows), sum(w[2] for w in windows)
    requests = sum(w[0] for w in windows)
    isolated = json.loads(replay(trace, "--mode", "isolated", "--cost", "1680", "--format", "json"))
    assert isolated["total"]["cycles"] == work + 1680 * crossing
    assert isolated["total"]["requests_per_second"] == pytest.approx(requests * 1e9 / (work + 1680 * crossing))
    assert isolated["total"]["domains"] == 25 and isolated["total"]["over_isolated"] == 1
    merged = json.loads(replay(trace, "--mode", "merged", "--cost", "1680", "--format", "json"))
    assert merged["total"]["cycles"] == work and merged["total"]["domains"] == 1
    assert merged["total"]["over_isolated"] == pytest.approx((work + 1680 * crossing) / work)


def test_recorded_crossings_are_taken_off():
    plain = json.loads(replay(web_trace()[0], "--cost", "587", "--format", "json"))
    charged = json.loads(replay(web_trace(cost=400)[0], "--cost", "587", "--format", "json"))
    assert plain == charged


def test_idle_time_absorbs_crossings():
    trace, windows = web_trace(idle=10**9)
    work = sum(w[1] for w in windows)
    isolated = json.loads(replay(trace, "--mode", "isolated", "--cost", "100", "--format", "json"))
    assert isolated["total"]["cycles"] == work + 60 * 10**9


def test_adaptive_keeps_its_budget_and_most_walls():
    run = json.loads(replay(web_trace()[0], "--cost", "1680", "--budget", "10", "--format", "json"))
    for begin in (0, 30):
        settled = run["windows"][begin + 12:begin + 30]
        for window in settled:
            assert window["crossings"] * 1680 <= 0.1 * window["cycles"] * 1.001
        assert all(window["domains"] == settled[0]["domains"] for window in settled)
        assert 25 > settled[0]["domains"] >= 12
    assert run["total"]["over_isolated"] > 1.35
    static, cgi = (phase["layout"] for phase in run["phases"])
    assert ["static_content"] in cgi and ["cgi_service_a"] in static and static != cgi
    cheap = json.loads(replay(web_trace()[0], "--cost", "8", "--budget", "10", "--format", "json"))
    assert cheap["total"]["domains"] == 25


def test_merge_only_keeps_fewer_walls():
    domains = {mode: [window["domains"] for window in json.loads(
        replay(web_trace()[0], "--mode", mode, "--cost", "1680", "--format", "json"))["windows"]] for mode in ("adaptive", "merge-only")}
    assert domains["merge-only"] == sorted(domains["merge-only"], reverse=True)
    assert domains["merge-only"][-1] < domains["adaptive"][-1]


def test_gains_come_as_expected():
    run = json.loads(replay(web_trace()[0], "--cost", "1680", "--format", "json"))
    assert len(run["decisions"]) > 10 and run["decisions"][0]["number"] == 1
    for decision in run["decisions"]:
        assert (decision["expected_percent"] >= 0) == (decision["action"] == "merge")
    first = [decision for decision in run["decisions"] if decision["period"] == 1]
    assert len(first) > 5
    for decision in first:  # the same workload before and after: what was expected, but for noise
        assert decision["came_percent"] == pytest.approx(decision["expected_percent"], rel=0.1)


def test_rules_hold():
    rules = "label foreign cgi_service_a cgi_service_b\nrule foreign apart label:foreign\nrule net together ip vnic"
    run = json.loads(replay(web_trace(rules)[0], "--cost", "1680", "--budget", "3", "--format", "json"))
    for phase in run["phases"]:
        for domain in phase["layout"]:
            assert not {"cgi_service_a", "cgi_service_b"} & set(domain) or set(domain) <= {"cgi_service_a", "cgi_service_b"}
            assert ("ip" in domain) == ("vnic" in domain)
    assert run["decisions"][0]["reason"] == "rule" and run["decisions"][0]["rule"] == "net"


def test_costs():
    trace, windows = web_trace()
    rows = list(csv.DictReader(io.StringIO(replay(trace, "--costs", str(ROOT / "policy" / "costs.txt"), "--format", "csv"))))
    published = {"SecureCells": 8, "XPC": 21, "FlexOS-MPK": 62, "FlexOS-MPK-full": 108, "UnderBridge": 109, "CHERIoT": 400,
                 "FlexOS-EPT": 462, "L4Re": 587, "Composite": 1680}
    assert {row["system"]: int(row["cycles"]) for row in rows} == published
    for row in rows:
        part = windows[:30] if row["phase"] == "static" else windows[30:]
        cost, work, crossing = int(row["cycles"]), sum(w[1] for w in part), sum(w[2] for w in part)
        assert float(row["merged_over_isolated"]) == pytest.approx((work + cost * crossing) / work, rel=1e-5)
        assert 0.99 <= float(row["adaptive_over_isolated"]) <= float(row["merged_over_isolated"]) + 1e-6
    walls = [float(row["domains"]) for row in rows if row["phase"] == "static"]
    assert walls[0] == 25 and walls[-1] < 20
    assert all(after <= before + 0.1 for before, after in zip(walls, walls[1:]))
    text = replay(trace, "--costs", str(ROOT / "policy" / "costs.txt"))
    assert re.search(r"Composite, layout after cgi: \(", text)


def test_formats_agree():
    trace = web_trace()[0]
    run = json.loads(replay(trace, "--cost", "587", "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(replay(trace, "--cost", "587", "--format", "csv"))))
    assert [int(row["crossings"]) for row in rows] == [window["crossings"] for window in run["windows"]]
    text = replay(trace, "--cost", "587", "--decisions")
    assert len(re.findall(r"^\d+: period", text, re.M)) == len(run["decisions"])


HEADER = "shoji-trace 1\ncomponent a 1\ncomponent b 2\nedge a b\n"
BAD = [
    ("", "-: this is no trace", None),
    ("hello\n", "-:1: this is no trace: expected `shoji-trace 1` in the first line", None),
    ("shoji-trace 2\n", "-:1: the trace has format 2; this replayer reads format 1", None),
    (HEADER, "-:4: the trace ends without a window", None),
    (HEADER + "window 100 0\n", "-:5: the line ends where its requests was expected", None),
    (HEADER + "window 100 0 1\n", "-:5: expected 1 counts, one for each edge; there are 0", None),
    (HEADER + "window 100 0 1 2 3\n", "-:5: expected nothing more on this line; there is `3`", None),
    (HEADER + "window 100 0 1 x\n", "-:5: expected a count, a whole number below 2^64; there is `x`", None),
    (HEADER + "window 100 0 1 -1\n", "-:5: expected a count", None),
    (HEADER + "window 100 0 1 18446744073709551616\n", "-:5: expected a count", None),
    (HEADER + "window 0 0 1 1\n", "-:5: expected a window of 1 to 2^48 cycles", None),
    (HEADER + "window 10 11 1 1\n", "-:5: a window cannot have more idle cycles than cycles", None),
    (HEADER + "cost 50\nwindow 100 0 1 2\n", "-:6: crossings at 50 cycles took longer than the window was busy", None),
    (HEADER + "window 100 0 1 1\nedge b a\n", "-:6: expected `window` or `phase` after the first of them; there is `edge`", None),
    (HEADER + "component c 3\n", "-:5: components come before edges, rules and domains", None),
    (HEADER + "edge a c\n", "-:5: there is no component `c`", None),
    (HEADER + "edge a a\n", "-:5: an edge leads from one component to another", None),
    (HEADER + "rule x apart a\nrule y together a b\n", "-:6: Rule `x` wants `a` and `b` apart, rule `y` together.", None),
    (HEADER + "domain a b\ndomain b a\n", "-:6: component `b` is in a domain already", None),
    (HEADER + "walls\n", "-:5: expected component, edge, label", None),
    ("shoji-trace 1\ncomponent a 1\ncomponent a 2\n", "-:3: there is a component `a` already", None),
    ("shoji-trace 1\ncomponent a 1\ncomponent b 1\n", "-:3: component `a` has this id already", None),
    ("shoji-trace 1\ncomponent a 0\n", "-:2: expected an id from 1", None),
    ("shoji-trace 1\ncomponent a/b 1\n", "-:2: `a/b` is no name", None),
    (HEADER + "window 100 0 1 1\n", "--budget expects 0 to 100 percent", ("--budget", "101")),
    (HEADER + "window 100 0 1 1\n", "--budget expects 0 to 100 percent", ("--budget", "1.25")),
    (HEADER + "window 100 0 1 1\n", "--mode expects isolated, merged", ("--mode", "fast")),
    (HEADER + "window 100 0 1 1\n", "--cost expects a whole number up to", ("--cost", "1e3")),
    (HEADER + "window 100 0 1 1\n", "--threshold is in crossings a second, and the trace has no `clock` line", ("--threshold", "5")),
    (HEADER + "window 100 0 1 1\n", "--format expects text, csv or json", ("--format", "xml")),
    (HEADER + "window 100 0 1 1\n", "The number of windows is 0; expected 1 to 8.", ("--windows", "0")),
    (HEADER + "window 100 0 1 1\n", "/nowhere: No such file", ("--costs", "/nowhere")),
]


@pytest.mark.parametrize("trace, sentence, options", BAD)
def test_bad_input_gets_a_sentence(trace, sentence, options):
    assert sentence in replay(trace, *(options or ()), fails=True)


def test_lines_at_random():
    """No line, however wrong, ends the replayer in another way than by a sentence."""
    numbers = random.Random(11)
    good = (HEADER + "domain a b\nlabel l a\nrule r together a b\nweight a risk 5\nclock 5\ncost 1\nphase p\nwindow 100 0 1 5\n").split("\n")
    words = " ".join(good).split() + ["#", "supervisor", "label:l", "-1", "99999999999999999999", "\x01", "é"]
    for _ in range(300):
        lines = list(good)
        for _ in range(numbers.randint(1, 3)):
            at = numbers.randrange(len(lines))
            lines[at] = " ".join(numbers.choice(words) for _ in range(numbers.randint(0, 6)))
        done = subprocess.run([REPLAY, "-", "--cost", "3"], input="\n".join(lines), capture_output=True,
                              text=True, timeout=60)
        assert done.returncode in (0, 1)
        assert (done.returncode == 1) == done.stderr.startswith("replay: ")


# ---- Policies ----

def recorded():
    traces = sorted((ROOT / "policy" / "traces").glob("*.trace"))
    assert traces
    return traces


@pytest.mark.parametrize("trace", recorded(), ids=lambda path: path.stem)
def test_default_policy_decides_as_it_did(trace):
    """The decisions that were kept beside each recorded trace, to the last digit: whatever is rebuilt inside, nobody's system moves otherwise."""
    kept = trace.with_suffix(".decisions").read_text().split("# ")[1:]
    assert len(kept) == 2
    for part in kept:
        options, _, decisions = part.partition("\n")
        done = subprocess.run([REPLAY, trace, "--decisions", *options.split()], capture_output=True, text=True, timeout=60)
        assert [line for line in done.stdout.splitlines() if line[:1].isdigit()] == decisions.splitlines(), options


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree, for policies that nobody is to keep."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("Makefile", ".clang-format", "boot", "components", "kernel", "mmp_hw", "policy", "tests", "webserver"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(tree, *command, fails=False):
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=600)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stderr if fails else done.stdout


def test_own_policy_from_nothing(tree):
    """`make policy NAME=mine` makes one that builds, passes its test, and is compared with the default on every recorded trace."""
    said = run(tree, "make", "policy", "NAME=mine")
    assert "policy/own/mine.c" in said and "make policy-load NAME=mine" in said
    assert (tree / "build/policy/mine.elf").read_bytes()[:4] == b"\x7fELF"
    assert "policy/own/hottest" not in (tree / "tests/host/test_policy_mine.c").read_text()
    assert "passed, 0 failed" in run(tree, "tests/run-host", "build/results/host", "policy_mine")
    table = run(tree, "policy/replay", "--policy", "mine")
    for trace in recorded():
        assert f"policy/traces/{trace.name}: " in table
    compared = json.loads(run(tree, "policy/replay", "--policy", "mine", "--format", "json"))
    for played in compared["traces"]:
        alone = json.loads(run(tree, "policy/replay", played["trace"], "--cost", str(played["crossing_cost"]), "--format", "json"))
        assert played["default"]["over_isolated"] == pytest.approx(alone["total"]["over_isolated"])
        assert played["default"]["domains"] == pytest.approx(alone["total"]["domains"])
        assert "refused" not in played["own"] and played["own"]["merges"] > 0
        assert played["own"]["over_isolated"] != played["default"]["over_isolated"]
    assert run(tree, "make", "policy", "NAME=mine") == "" or "policy/own" not in run(tree, "make", "policy", "NAME=mine")


POLICY = '#include "policy/decide.h"\nlong policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)\n{\n' \
         "    uint64_t *count = state;\n    (void)question, (void)moves;\n    if (++*count < 3)\n        return 0;\n    %s\n    return 0;\n}\n"
WRONG = {
    "status": ("return -7;", "It returned -7, and not 0."),
    "many": ("moves->count = moves->limit + 1;", "moves, and there is room for"),
    "node": ("moves->list[moves->count++] = (struct policy_move){POLICY_MERGE, 0, question->nodes, 0, 0};", "there is no such node."),
    "action": ("moves->list[moves->count++] = (struct policy_move){3, 0, 1, 0, 0};", "there is no such action."),
    "nothing": ("moves->list[moves->count++] = (struct policy_move){POLICY_SPLIT, 0, 0, 0, 0};", "it is alone already."),
    "same": ("for (int i = 0; i < 2; i++)\n        moves->list[moves->count++] = (struct policy_move){POLICY_MERGE, 0, 1, 0, 0};", "they share a domain already."),
    "rule": ("for (uint32_t i = 1; i < question->nodes; i++)\n        moves->list[moves->count++] = (struct policy_move){POLICY_MERGE, 0, i, 0, 0};",
             "forbidden by rule `alone`."),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_are_dropped_whole(tree, name):
    """... with the window and the reason; the default goes on, as if it had always decided from there."""
    answer, sentence = WRONG[name]
    (tree / f"policy/own/wrong_{name}.c").write_text(POLICY % answer)
    trace = tree / "ruled.trace"
    trace.write_text(web_trace("rule alone apart vnic", cost=1680)[0])
    played = json.loads(run(tree, "policy/replay", "--policy", f"wrong_{name}", str(trace), "--format", "json"))["traces"][0]
    assert played["own"]["refused_window"] == 3 and sentence in played["own"]["refused"], played["own"]
    assert played["own"]["merges"] > 0 and played["own"]["domains"] <= played["default"]["domains"] + 2
    assert f"wrong_{name} was dropped in window 3, and the default went on: " in run(tree, "policy/replay", "--policy", f"wrong_{name}", str(trace))


@pytest.mark.parametrize("name, sentence", (
    ("a b", "expected letters, digits and _"), ("1st", "beginning with a letter"), ("default", "that is the name of the policy"),
    ("x" * 25, "24 characters at most"), ("", "expected NAME=name")))
def test_names_of_policies(tree, name, sentence):
    before = sorted((tree / "policy/own").iterdir())
    assert sentence in run(tree, "make", "policy", f"NAME={name}", fails=True)
    assert sorted((tree / "policy/own").iterdir()) == before


def test_policies_that_are_not_there(tree):
    assert "there is no policy/own/nosuch.c" in run(tree, "policy/replay", "--policy", "nosuch", fails=True)
    assert "there is no policy/own/nosuch.c" in run(tree, "make", "policy-load", "NAME=nosuch", fails=True)
    assert "goes with neither" in run(tree, "policy/replay", "--policy", "hottest", "--mode", "merged", fails=True)


# ---- How good the default policy is on a recorded run ----

COMPOSITE = 1680    # cycles of a crossing (policy/costs.txt)
HOTTEST = 12        # components that the search below puts together in all ways; the others it leaves alone


def phases(path):
    """Of a trace: its components, and of each phase's steady part, the last two thirds, the means: cycles without crossings, cycles, count by pair."""
    components, edges, found = [], [], {}
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "component":
            components.append(words[1])
        elif words[0] == "edge":
            edges.append(frozenset(words[1:]))
        elif words[0] == "phase":
            windows = found[words[1]] = []
        elif words[0] == "window":
            windows.append([int(word) for word in words[1:]])
    for name, windows in found.items():
        steady = windows[len(windows) // 3:]
        mean = [sum(column) / len(steady) for column in zip(*steady)]
        pairs = {}
        for pair, count in zip(edges, mean[3:]):
            pairs[pair] = pairs.get(pair, 0) + count
        yield name, len(components), mean[0] - mean[1] - sum(pairs.values()), mean[0], pairs


def most_domains(components, work, cycles, pairs, budget):
    """The most domains of any partition whose crossings fit into the budget: all partitions of the hottest, by their subsets."""
    heat = {}
    for pair, count in pairs.items():
        for component in pair:
            heat[component] = heat.get(component, 0) + count
    hot = sorted(heat, key=heat.get, reverse=True)[:HOTTEST]
    inside = [0] * (1 << len(hot))      # of a subset: the counts within it
    for subset in range(1, len(inside)):
        first, rest = (subset & -subset).bit_length() - 1, subset & (subset - 1)
        inside[subset] = inside[rest] + sum(pairs.get(frozenset((hot[first], hot[i])), 0) for i in range(len(hot)) if rest >> i & 1)
    best = [{0: 0}] + [None] * (len(inside) - 1)    # of a subset, by number of domains: the most that can be within them
    for subset in range(1, len(inside)):
        first, found = subset & -subset, {}
        rest = part = subset ^ first
        while True:
            for domains, within in best[rest ^ part].items():
                found[domains + 1] = max(found.get(domains + 1, 0), within + inside[part | first])
            if not part:
                break
            part = (part - 1) & rest
        best[subset] = found
    crossing = {domains + components - len(hot): sum(pairs.values()) - within for domains, within in best[-1].items()}
    return max(domains for domains, count in crossing.items() if count * COMPOSITE <= budget * max(cycles, work + count * COMPOSITE))


@pytest.mark.parametrize("budget", (10, 40))
def test_no_partition_keeps_more_walls(budget):
    """On the recorded run each phase ends with as many domains as the best of all partitions has: another policy could keep no more within the budget."""
    trace = ROOT / "policy/traces/web.trace"
    done = subprocess.run([REPLAY, trace, "--cost", str(COMPOSITE), "--budget", str(budget), "--format", "json"], capture_output=True, text=True, timeout=60)
    ended = {phase["name"]: len(phase["layout"]) for phase in json.loads(done.stdout)["phases"]}
    best = {name: most_domains(*phase, budget / 100) for name, *phase in phases(trace)}
    assert ended == best and min(best.values()) < 20
