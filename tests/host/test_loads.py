# SPDX-License-Identifier: BSD-2-Clause
"""A boot test that fails while it has the site loaded takes its load with it: the next test meets nobody's requests but its own (tests/boot/loads.py, conftest.py)."""
import pathlib
import shutil
import subprocess
import sys

BOOT = pathlib.Path(__file__).resolve().parents[2] / 'tests/boot'
MADE = """
import socket, types
import loads

silent = socket.create_server(("127.0.0.1", 0))      # takes connections, and answers nobody
left = []

def test_leaves_one():
    left.append(loads.load(types.SimpleNamespace(web=silent.getsockname()[1]), 10, "-c", "2"))
    silent.accept()
    assert left[0].poll() is not None, "it goes on"

def test_the_next():
    assert left[0].poll() is not None and loads.begun == []
"""


def test_a_load_that_is_left_ends(tmp_path):
    for name in ('conftest.py', 'loads.py'):
        shutil.copy(BOOT / name, tmp_path)
    (tmp_path / 'test_made.py').write_text(MADE)
    command = [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', tmp_path, tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert 'it goes on' in done.stdout and done.stdout.splitlines()[-1].startswith('1 failed, 1 passed'), done.stdout
    (tmp_path / 'conftest.py').unlink()     # and it would go on
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.splitlines()[-1].startswith('2 failed'), done.stdout
