# SPDX-License-Identifier: BSD-2-Clause
"""What the boot tests take from npm: tests/npm/package-lock.json says which packages, to the bit. They are fetched once into build/npm-tests; no script of
theirs runs meanwhile."""

import fcntl
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
LISTS = [REPOSITORY / "tests/npm" / name for name in ("package.json", "package-lock.json")]
FOLDER = REPOSITORY / "build/npm-tests"
OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


def folder():
    """Where node finds the packages: their own folders are in node_modules below it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:    # tests may run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = FOLDER / "done"
        if not done.exists() or done.read_bytes() != LISTS[1].read_bytes():
            for path in LISTS:
                shutil.copy(path, FOLDER)
            subprocess.run(["npm", "ci", *OPTIONS], cwd=FOLDER, check=True, capture_output=True, text=True)
            shutil.copy(LISTS[1], done)
    return FOLDER


def run(program, *arguments):
    """A module for node, with the packages in reach; what it prints."""
    done = subprocess.run(["node", "--input-type=module", "-e", program, *map(str, arguments)], cwd=folder(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
