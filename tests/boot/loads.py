# SPDX-License-Identifier: BSD-2-Clause
"""Requests in numbers, made by ab (Apache's benchmark) beside a test. One that a test leaves running, because it failed, ends with it (conftest.py):
else the next test would find others' requests among its own.
"""

import re
import subprocess

begun = []


def load(system, requests=20000, *arguments, path="/hw"):
    command = ["ab", "-q", "-s", "120", "-n", str(requests), *arguments, f"http://127.0.0.1:{system.web}{path}"]
    begun.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    return begun[-1]


def load_result(process, timeout=600):
    """What ab says: {name: the number behind it}, and all of its words."""
    output, _ = process.communicate(timeout=timeout)
    found = dict(re.findall(r"^([A-Z][\w -]+?):\s+(\d+)", output, re.M))
    assert process.returncode == 0, output
    return found, output


def end():
    """Those that run yet."""
    for process in begun:
        process.kill()
        process.wait()
        process.stdout.close()
    begun.clear()
