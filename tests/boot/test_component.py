# SPDX-License-Identifier: BSD-2-Clause
"""What `make component` makes, right after: both kinds build, pass their host tests and their boot tests, in a copy of the tree; and
once they are taken out the system is the web server again. What it refuses is tests/host/test_component.py's."""

import os
import subprocess
import sys

import pytest
import walk

KINDS = {"ledger": "server", "greeter": "program"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return walk.copy_tree(tmp_path_factory.mktemp("component") / "shoji")


def run(tree, *command):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=tree, env={**environment, "PYTHONDONTWRITEBYTECODE": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_made_built_tested_and_taken_out(tree):
    listed = [(tree / "build/system/modules.list").read_text(), (tree / "build/system/webserver.manifest").read_text()]
    for name, kind in KINDS.items():
        run(tree, "make", "component", f"NAME={name}", f"KIND={kind}")
    run(tree, "make", "image", "build/components/ledger_client.elf")
    for name in KINDS:
        said = run(tree, "tests/run-host", f"build/results/{name}", f"test_{name}")
        assert f"test_{name}.c: " in said and " 0 failed" in said
        said = run(tree, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/boot/test_{name}.py")
        assert " passed" in said and "failed" not in said
    assert "component greeter " in (tree / "build/system/webserver.manifest").read_text()
    assert "greeter" not in (tree / "build/webserver/modules.list").read_text()     # what tests of the web server boot
    for name in KINDS:
        run(tree, "make", "component", f"NAME={name}", "REMOVE=1")
    run(tree, "make", "image")
    assert [(tree / "build/system/modules.list").read_text(), (tree / "build/system/webserver.manifest").read_text()] == listed
