# SPDX-License-Identifier: BSD-2-Clause
"""`make audit`: what the running system's tables grant is what the manifest says and no more; a broken rule is found; words granted and never
touched are told from those that were."""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

import pytest
from test_start import User

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def audit(*arguments, **environment):
    return subprocess.run(
        ["boot/audit", *map(str, arguments)], cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    done = audit("--out", folder, "--rounds", 1, "--system", "webserver")
    return done, json.loads((folder / "audit.json").read_text())


def manifest():
    """Pools: {name: {"rw": set, "ro": set}}, edges: {(client, server)}, and who has a device."""
    pools, edges, devices = {}, set(), set()
    for line in (REPOSITORY / "webserver/webserver.manifest").read_text().splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["pool"]:
            found = {"rw": set(), "ro": set()}
            for word in words[3:]:
                if word in found:
                    kind = found[word]
                else:
                    kind.add(word)
            pools[words[1]] = found
        elif words[:1] == ["edge"]:
            edges |= {(words[1], server.split(":")[0]) for server in words[2:]}
        elif words[:1] == ["device"]:
            devices.add(words[1])
    return pools, edges, devices


def test_every_rule_holds(recorded):
    done, found = recorded
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(found["rules"]) >= 10 and not any(found["rules"].values()), found["rules"]
    assert done.stdout.count("  holds ") == len(found["rules"])


def test_tables_grant_what_the_manifest_says(recorded):
    found = recorded[1]
    pools, edges, devices = manifest()
    assert len(found["components"]) == 25 and len(found["domains"]) == 25
    for domain in found["domains"]:
        (name,) = domain["components"]
        for grant in domain["memory"]:
            part, _, of = grant["what"].partition(" ")
            if part == "pool":
                allowed = pools[of]["rw"] | (pools[of]["ro"] if grant["right"] == "read" else set())
                assert name in allowed, grant
            elif part in ("component", "gates"):
                assert of == name or grant in [{k: e[k] for k in grant} for e in found["exports"]], grant
            elif part == "device":
                assert name in devices, grant
            else:
                assert part == "global" and grant["right"] == "read", grant
    for gate in found["gates"]:
        assert gate["may call"] == [gate["client"]]
        assert (gate["client"], gate["server"]) in edges, gate
        assert not gate["function"].startswith("0x"), gate


def test_the_card_has_rings_and_packets(recorded):
    """Word by word, as docs/architecture.md has it; and vnic has no word of a packet."""
    (card,) = recorded[1]["dma"]
    assert card["device"] == "virtio-net of vnic"
    words = {}
    for grant in card["memory"]:
        words[grant["what"], grant["right"]] = words.get((grant["what"], grant["right"]), 0) + grant["words"]
        if grant["what"] == "pool net":
            write = grant["right"] == "read-write"
            assert (grant["from"] % 2048, grant["to"] - grant["from"]) == ((4, 1528) if write else (16, 1516)), grant
    assert words == {
        ("pool net", "read-write"): 256 * 1528 // 4,
        ("pool net", "read"): 128 * 1516 // 4,
        ("component vnic", "read-write"): 2 * 2052 // 4,
        ("component vnic", "read"): (2 * 4612 + 2 * 12) // 4,
    }
    (vnic,) = [domain for domain in recorded[1]["domains"] if domain["components"] == ["vnic"]]
    assert not [grant for grant in vnic["memory"] if grant["what"] == "pool net"]


def test_touched_words_are_told_from_untouched(recorded):
    done, found = recorded
    for grant in found["untouched"]:
        assert 0 <= grant["untouched"] <= grant["words"]
        assert grant["stored"] == 0 or grant["right"] == "read-write", grant
        assert grant["executed"] == 0 or grant["right"] == "read-execute", grant
        assert (grant["enough"]["right"] == "none") == (grant["untouched"] == grant["words"]), grant
        if "from" in grant["enough"]:
            assert grant["from"] <= grant["enough"]["from"] < grant["enough"]["to"] <= grant["to"]
    every = {(grant["component"], grant["what"], grant["right"]): grant for grant in found["untouched"]}
    # What a request cannot do without.
    assert every["tcp", "pool net", "read-write"]["stored"] > 0
    assert every["http_parser", "pool content", "read-write"]["loaded"] > 0
    assert every["connection_manager", "component connection_manager", "read-execute"]["executed"] > 100
    assert "granted and never touched" in done.stdout


def test_gates_are_counted(recorded):
    """A gate that no request went through is listed, one that every request goes through is not."""
    unused = {(gate["client"], gate["server"], gate["function"]) for gate in recorded[1]["gates unused"]}
    assert ("mpd_manager", "supervisor", "pd_merge") in unused
    assert not any(function in ("fd_read", "http_write", "static_get") for _, _, function in unused)


def test_a_merge_that_breaks_rules_is_found(tmp_path):
    user = User(tmp_path)
    started = user.does("start")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        told = (user.run_folder / "token").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{user.control_port}/v1/merge", b'{"into":"vnic","from":"cgi_service_a"}',
            {"Authorization": f"Bearer {told}"}, method="POST",
        )
        urllib.request.urlopen(request, timeout=60).read()
        done = audit("--running", "--out", tmp_path, RUN_DIR=str(user.run_folder))
        user.gets("/hw")    # it goes on
    finally:
        user.does("stop")
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads((tmp_path / "audit.json").read_text())
    assert len(found["domains"]) == 24
    assert any("cgi_service_a" in breach for breach in found["rules"]["card"]), found["rules"]
    assert found["rules"]["card-memory"] == []  # a move of its driver's is nothing to the card
    assert re.search(r"BROKEN +card", done.stdout)


def upload(user, name, file):
    token = (user.run_folder / "token").read_text().strip()
    url = f"http://127.0.0.1:{user.control_port}/v1/components/{name}"
    urllib.request.urlopen(urllib.request.Request(url, file.read_bytes(), {"Authorization": f"Bearer {token}"}, method="PUT"), timeout=60).read()


def test_a_program_that_runs_breaks_no_rule(tmp_path):
    """Its reply pages are handed over to it, which is told; what a third one may write of them too is a broken wall."""
    user = User(tmp_path)
    started = user.does("start", "--modules", "build/examples/modules.list")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        upload(user, "probe", REPOSITORY / "build/components/probe.elf")
        done = audit("--running", "--out", tmp_path, RUN_DIR=str(user.run_folder), CONTROL_PORT=str(user.control_port))
    finally:
        user.does("stop")
    found = json.loads((tmp_path / "audit.json").read_text())
    assert done.returncode == 0, (found["rules"], done.stderr)
    programs = {"probe", "newlib", "cpp", "without_libc"}       # uploaded, and those of the composed system
    assert programs <= {component["name"] for component in found["components"]}
    told = re.findall(r"^(\w+) alone may write \[0x\w+, 0x\w+\) of content_manager, which has handed it over: 8K$", done.stdout, re.M)
    assert programs <= set(told) and len(told) == len(set(told)), told
    sys.path.insert(0, str(REPOSITORY / "boot"))
    from inspection import rules
    (walls,) = [rule for rule in rules.read(REPOSITORY / "webserver/webserver.rules", [c["name"] for c in found["components"]])
                if rule.name == "walls"]
    (lent,) = [g for g in found["exports"] if g["component"] == "probe" and g["right"] == "read-write"]
    (tcp,) = [domain for domain in found["domains"] if domain["components"] == ["tcp"]]
    tcp["memory"].append({**lent, "component": "tcp", "to": lent["from"] + 4, "words": 1})
    assert any("tcp has the right to read-write" in breach for breach in rules.breaches(walls, found))


def test_a_composed_system_is_audited(tmp_path):
    done = audit("--out", tmp_path, "--rounds", 1, "--system", "webserver-program")
    found = json.loads((tmp_path / "audit.json").read_text())
    assert done.returncode == 0, (found["rules"], done.stderr)
    asked = {(gate["server"], gate["function"]): gate["invocations"] for gate in found["gates"] if gate["client"] == "content_manager"}
    assert asked["probe", "program_answer"] > 0


def test_another_manifest_than_the_running_one_is_refused(tmp_path):
    user = User(tmp_path)
    manifest = tmp_path / "webserver.manifest"
    manifest.write_text((REPOSITORY / "webserver/webserver.manifest").read_text())
    lines = (REPOSITORY / "build/webserver/modules.list").read_text().splitlines()
    (tmp_path / "modules.list").write_text("\n".join([f"{manifest} webserver.manifest", *lines[1:], ""]))
    started = user.does("start", "--modules", str(tmp_path / "modules.list"))
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        later = (user.run_folder / "pid").stat().st_mtime + 1
        os.utime(manifest, (later, later))
        done = audit("--running", "--out", tmp_path, RUN_DIR=str(user.run_folder))
    finally:
        user.does("stop")
    assert done.returncode == 1 and "make stop, make start" in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_errors_are_sentences(tmp_path):
    done = audit("--system", "nowhere", "--out", tmp_path)
    assert done.returncode == 1 and "no system nowhere" in done.stderr and "webserver" in done.stderr and "Traceback" not in done.stderr
    done = audit("--system", "webserver", "--running", "--out", tmp_path)
    assert done.returncode == 2 and "--system chooses one to boot" in done.stderr
    done = audit("--running", "--out", tmp_path, RUN_DIR=str(tmp_path))
    assert done.returncode == 1 and "make start boots one" in done.stderr
    wrong = tmp_path / "rules"
    wrong.write_text("cgi: no way from a to b\n")
    done = audit("--rules", wrong, "--out", tmp_path)
    assert done.returncode == 1 and f"{wrong}:1" in done.stderr and "Traceback" not in done.stderr
