# SPDX-License-Identifier: BSD-2-Clause
"""Components that fail alone: tests/boot/kernel_failing lets one fail in every way and looks at the others; the web server
serves on while each of its components is killed in turn."""

import http.client
import re
import subprocess
import threading
import time

import rig
import test_web

SERVERS = "scheduler terminal_printer memory_mapper lock timed_block event_manager".split()


def test_failing():
    """Every kind of failure, waits cut short, what others keep given back, delays that double."""
    images = [rig.REPOSITORY / f"build/components/{name}.elf" for name in SERVERS]
    images += sorted((rig.REPOSITORY / "build/tests/kernel_failing").glob("*.elf"))
    status, lines = rig.boot(rig.REPOSITORY / "tests/boot/kernel_failing/failing.manifest", images)
    assert (status, lines[-1]) == (rig.ENDED, "stays down 0006"), "\n".join(lines)
    told = [line for line in lines if line.startswith("reboot: broken stays down after 8 failures: ")]
    assert told == ["reboot: broken stays down after 8 failures: undefined instruction"]
    assert any("more than 50 ms of processor time in one invocation" in line for line in lines)
    assert any("; the stack ends at 0x04010000, and all of it is used;" in line for line in lines)
    assert any("; mmp_set_perm by victim, or a merge, would allow it; they were last moved by split bystander, move 4;" in line for line in lines)
    (wild,) = [line for line in lines if "store of 4 bytes to 0x00001000" in line]
    told = subprocess.run([rig.REPOSITORY / "boot/symbol"], input=wild, capture_output=True, text=True, check=True).stdout
    source = (rig.REPOSITORY / "tests/boot/kernel_failing/victim.c").read_text().splitlines()
    found = re.search(r"victim\.elf\+0x[0-9a-f]+: victim_fail at victim\.c:(\d+) \(tests/kernel_failing/victim\.elf\)", told)
    assert found and "0x1000" in source[int(found[1]) - 1], told


# ---- The web server ----


def killer_modules(folder):
    """The web server's boot modules, with the killer as one component more."""
    lines = []
    for line in (rig.REPOSITORY / "webserver/webserver.manifest").read_text().splitlines():
        if line.startswith("pool ") and "edge killer" not in "\n".join(lines):
            lines += ["edge killer timed_block scheduler supervisor:test supervisor:layout supervisor:console", ""]
        if line.startswith("edge ") and "component killer" not in "\n".join(lines):
            lines += ["component killer 200 killer.elf memory 64K", ""]
        lines.append(line)
    lines.append("thread killer killer killer_thread priority 1")
    manifest = folder / "webserver.manifest"
    manifest.write_text("\n".join(lines) + "\n")
    modules = (rig.REPOSITORY / "build/webserver/modules.list").read_text().splitlines()
    listed = [f"{manifest} webserver.manifest", *modules[1:], "build/tests/kernel_killer/killer.elf killer.elf"]
    path = folder / "modules.list"
    path.write_text("\n".join(listed) + "\n")
    return str(path)


class Asking(threading.Thread):
    """Requests one after the other until it is stopped: when, and what came of each."""

    def __init__(self, system, kept):
        super().__init__()
        self.system, self.kept, self.results, self.stopped = system, kept, [], False

    def run(self):
        connection = None
        while not self.stopped:
            begin = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.system.web, timeout=5)
                connection.request("GET", "/hw")
                reply = connection.getresponse()
                outcome = reply.status if reply.read() == test_web.HELLO or reply.status != 200 else "bytes"
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            if outcome != 200 or not self.kept:
                connection.close()
                connection = None
            self.results.append((begin, outcome))
            time.sleep(0.002)


def test_each_component_killed(tmp_path):
    """Whoever is killed comes back within the next requests; nearly all are answered, and nothing is left behind."""
    system = test_web.System(tmp_path / "run", killer_modules(tmp_path))
    try:
        before = {component["name"]: component for component in system.graph()["components"]}
        asking = [Asking(system, kept) for kept in (False, True)]
        for thread in asking:
            thread.start()
        for _ in range(600):
            if "all kill" in system.console() or not system.running.alive():
                break
            time.sleep(0.1)
        for thread in asking:
            thread.stopped = True
        for thread in asking:
            thread.join()
        console = system.console()
        assert "all kill" in console, console[-3000:]
        killed = re.findall(r"fault: (\w+) is killed", console)
        assert set(killed) == set(before) - {"killer"}
        others = [line for line in console.splitlines() if re.match("fault|panic", line) and not line.endswith("is killed")]
        assert others == []
        for name in set(killed):
            assert f"reboot: {name} runs again (3)" in console, name
        outcomes = [outcome for thread in asking for _, outcome in thread.results]
        failed = [outcome for outcome in outcomes if outcome != 200]
        print(f"{len(killed)} kills, {len(outcomes)} requests, {len(failed)} failed: {sorted(map(str, failed))}")
        assert len(failed) <= len(outcomes) / 100
        graph = system.graph()
        assert graph["counters"]["stale_domains"] == 0
        assert graph["counters"]["domains"] == len(before)
        for component in graph["components"]:
            assert component["memory"]["used"] <= before[component["name"]]["memory"]["used"] + 64 * 1024, component
    finally:
        system.running.stop()
