# SPDX-License-Identifier: BSD-2-Clause
"""The description of all interfaces (`make interfaces`), held against the images that boot: nobody exports a function that no header has a
contract for, and no header has one that nobody exports."""

import json
import re
import subprocess

import pytest
import rig

# The kernel calls these (components/interface/export.h, kernel/include/shoji/supervisor.h), and threads begin in those of the manifest.
KERNELS = {"component_init", "component_gone", "sched_upcall"}
MANIFEST = rig.REPOSITORY / "webserver/webserver.manifest"


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    out = tmp_path_factory.mktemp("interfaces")
    headers = [path for path in sorted((rig.REPOSITORY / "components/interface").glob("*.h")) if path.name != "export.h"]
    subprocess.run([rig.REPOSITORY / "components/stubs/derive", "describe", out, MANIFEST, "build/components", *headers,
                    "kernel/include/shoji/status.h", "kernel/include/shoji/supervisor.h"], cwd=rig.REPOSITORY, check=True)
    return out


@pytest.fixture(scope="module")
def functions(described):
    whole = json.loads((described / "interfaces.json").read_text())
    return {function["name"]: {**function, "header": interface["header"]} for interface in whole["interfaces"] for function in interface["functions"]}


def words(kind):
    lines = (line.split("#")[0].split() for line in MANIFEST.read_text().splitlines())
    return [line for line in lines if line[:1] == [kind]]


def exports():
    """{component: what its image's dynamic symbol table defines}, as readelf reads it."""
    found = {}
    for _, name, _, image, *_ in words("component"):
        said = subprocess.run(["readelf", "--dyn-syms", "-W", rig.REPOSITORY / "build/components" / image], capture_output=True, text=True, check=True)
        rows = [line.split() for line in said.stdout.splitlines() if " GLOBAL DEFAULT " in line]
        found[name] = {row[7] for row in rows if row[6] != "UND" and row[3] in ("FUNC", "NOTYPE")}
    return found


def test_every_export_has_a_contract(functions):
    entries = {line[3] for line in words("thread")}
    missing = {(component, name) for component, names in exports().items() for name in names - KERNELS - entries if name not in functions}
    assert missing == set()


def test_every_function_is_offered(functions):
    offered = exports()
    for name, function in functions.items():
        assert function["contract"]
        if function["header"].startswith("components/interface/") and name != "program_answer":     # nobody's, before there are programs
            assert function["components"] and set(function["components"]) == {who for who, names in offered.items() if name in names}, name


def test_who_learns_who_calls(functions):
    """As the code says it: behind a thunk is a function with a badge."""
    assert functions["tcp_take"]["learns_who_calls"] and functions["evt_wait"]["learns_who_calls"]
    assert not functions["evt_trigger"]["learns_who_calls"] and not functions["ip_send"]["learns_who_calls"]
    assert functions["async_call"]["components"] == ["async_invocation_a", "async_invocation_b"]
    assert functions["fd_read"]["parameters"][1] == {"name": "buffer", "type": "void *"}
    assert "SHOJI_EAGAIN" in functions["fd_accept"]["errors"]


def test_page(described, functions):
    page = (described / "interfaces.md").read_text()
    assert set(re.findall(r"^\| `[^`]*?(\w+)\(", page, re.M)) == set(functions)
