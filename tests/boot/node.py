# SPDX-License-Identifier: BSD-2-Clause
"""What the boot tests take from npm: the packages of tests/npm, by its package-lock.json. They are fetched once, into the user's cache."""

import pathlib
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPOSITORY / "boot/thirdparty"))

import npm  # noqa: E402


def folder():
    """The folder that has node_modules."""
    return npm.modules("tests", REPOSITORY / "tests/npm")


def run(program, *arguments):
    """Runs a module, with the packages in reach; what it prints."""
    done = subprocess.run(["node", "--input-type=module", "-e", program, *map(str, arguments)], cwd=folder(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
