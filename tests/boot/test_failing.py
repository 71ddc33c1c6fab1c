# SPDX-License-Identifier: BSD-2-Clause
"""Components that fail alone: tests/boot/kernel_failing lets one fail in every way and looks at the others; the web server
serves on while each of its components is killed, in turn, at random, and while walls move."""

import re
import subprocess
import sys
import time

import pytest
import rig

SERVERS = "scheduler terminal_printer memory_mapper lock timed_block event_manager".split()


def test_making():
    """Domains that a component has made fail, are opened, freed under an invocation, and go with their maker when that fails."""
    images = [rig.REPOSITORY / f"build/components/{name}.elf" for name in SERVERS]
    images += sorted((rig.REPOSITORY / "build/tests/kernel_making").glob("*.elf"))
    status, lines = rig.boot(rig.REPOSITORY / "tests/boot/kernel_making/making.manifest", images)
    assert (status, lines[-1]) == (rig.ENDED, "making"), "\n".join(lines)
    assert any("; rebooting pd_" in line and "(not it: closed)" in line for line in lines)


def test_failing():
    """Every kind of failure, waits cut short, what others keep given back, delays that double."""
    images = [rig.REPOSITORY / f"build/components/{name}.elf" for name in SERVERS]
    images += sorted((rig.REPOSITORY / "build/tests/kernel_failing").glob("*.elf"))
    status, lines = rig.boot(rig.REPOSITORY / "tests/boot/kernel_failing/failing.manifest", images)
    assert (status, lines[-1]) == (rig.ENDED, "stays down 0006"), "\n".join(lines)
    told = [line for line in lines if line.startswith("reboot: broken_b stays down after 8 failures: ")]
    assert told == ["reboot: broken_b stays down after 8 failures: undefined instruction"]
    assert any("more than 50 ms of processor time in one invocation" in line for line in lines)
    assert any("; the stack ends at 0x04010000, and all of it is used;" in line for line in lines)
    assert any("; mmp_set_perm by victim, or a merge, would allow it; they were last moved by split bystander, move 4;" in line for line in lines)
    # Every word of the report: component, domain, thread, function, address, program and line; what was tried, where, whose word that
    # is, what was missing, what would have allowed it, who called, and what follows.
    source = (rig.REPOSITORY / "tests/boot/kernel_failing/victim.c").read_text().splitlines()
    number = next(i for i, line in enumerate(source, 1) if "0x1000 = 1" in line)
    (wild,) = [line for line in lines if "store of 4 bytes to 0x00001000" in line]
    assert re.fullmatch(r"fault: victim \(domain \d+, thread driver\) in victim_fail\+0x[0-9a-f]+ at 0x09d0[0-9a-f]{4} \(victim\.elf\+0x[0-9a-f]+, "
                        rf"victim\.c:{number}\): store of 4 bytes to 0x00001000, a word of the supervisor; no permission; nothing allows it; "
                        r"called by driver; rebooting victim", wild), wild
    number = next(i for i, line in enumerate(source, 1) if "mem_grow(4096) > 0" in line) + 2
    assert any(f", victim.c:{number}): undefined instruction; called by driver" in line for line in lines)  # the heap is exhausted
    told = [line for line in lines if line.startswith("fault: broken_b (")]
    assert len(told) == 6 and all(re.search(r" in broken_call\+0x[0-9a-f]+ at .* \(broken\.elf\+0x[0-9a-f]+, broken\.c:\d+\): ", line) for line in told), told
    found = subprocess.run([rig.REPOSITORY / "boot/symbol"], input=wild, capture_output=True, text=True, check=True).stdout
    found = re.search(r"victim\.elf\+0x[0-9a-f]+: victim_fail at victim\.c:(\d+) \(tests/kernel_failing/victim\.elf\)", found)
    assert found and "0x1000" in source[int(found[1]) - 1]


# ---- The web server: the same that `make kills` does for longer ----

sys.path.insert(0, str(rig.REPOSITORY / "tests/kills"))
import kills  # noqa: E402
import leaks  # noqa: E402
import moving  # noqa: E402
from target import Target  # noqa: E402

ROUNDS = 2
SECONDS = 15
WAIT = 200  # ticks of 10 ms, at most, for an answer while everybody runs
LOST = 1    # but for so many in a run: a packet may be lost, and is sent again late (docs/caveats.md). A wakeup that is lost stops all that wait
RETRANSMISSION = 70  # ticks: a packet that was lost costs more, an SYN far more
FAILURES = 20  # at most, for each kill: how many requests are in flight is known, how many are answered between two kills is the machine's affair


@pytest.fixture
def target(request):
    system = Target(f"build/run-{request.node.name}")
    yield system
    system.stop()


def check(run):
    """Only the killed components' own requests failed, few of all, and nothing of the dead is left."""
    verdict, left = run.verdict(), run.left_behind()
    print(verdict.text())
    assert verdict.outside == [] and len(verdict.failed) <= FAILURES * len(run.kills), verdict.text()
    assert left == []
    assert sum(ticks >= WAIT for ticks, _, _ in verdict.waits()) <= LOST, verdict.text()
    assert len({kill.component for kill in run.kills}) > 1 and min(verdict.answered.values()) > 20


def test_each_component_killed(target):
    run = kills.Run(target)
    with run:
        kills.in_turn(run, ROUNDS, 0.2)
    assert {kill.component for kill in run.kills} == set(target.components) - kills.SPARED
    assert all(kill.fallen == {kill.component} for kill in run.kills)
    for name in run.everybody():
        assert f"reboot: {name} runs again ({ROUNDS})" in target.running.console(), name
    check(run)


def test_killed_at_random(target):
    run = kills.Run(target)
    with run:
        kills.at_random(run, SECONDS, seed=4711, every=0.2)
    check(run)


def test_killed_at_random_while_walls_move(target):
    run = kills.Run(target, walls=True)
    with run:
        kills.at_random(run, SECONDS, seed=4712, every=0.4)
    assert run.mover.moved > 20
    assert any(len(kill.fallen) > 1 for kill in run.kills)
    check(run)


def test_all_in_one_domain_fall_together(target):
    """Merged into one, everybody is rebooted for anybody's failure, scheduler, memory mapper and mpd_manager included."""
    run = kills.Run(target)
    with run:
        for name in ("cgi_service_a", "tcp", "scheduler", "mpd_manager", "killer"):
            moving.merge(target)
            run.kill(name)
            time.sleep(0.5)
    assert all(kill.fallen == set(target.components) for kill in run.kills)
    verdict = run.verdict()
    assert verdict.outside == [] and len(verdict.failed) <= FAILURES * len(run.kills), verdict.text()
    assert sum(ticks >= WAIT for ticks, _, _ in verdict.waits()) <= LOST, verdict.text()
    assert run.left_behind(True) == []


def test_no_packet_is_lost(target):
    """Nobody has to send again because one of those has begun anew that packets go through; the peers of a tcp that is gone are told."""
    run = kills.Run(target)
    with run:
        for _ in range(10):
            for name in ("tcp", "ip", "vnic"):
                run.kill(name)
                time.sleep(0.3)
    verdict = run.verdict()
    assert verdict.outside == [] and len(verdict.failed) <= FAILURES * len(run.kills), verdict.text()
    assert sum(ticks > RETRANSMISSION for ticks, _, _ in verdict.waits()) <= len(kills.KINDS), verdict.text()  # once, perhaps, for another reason


def test_the_supervisor_stops_with_a_panic(target):
    """It alone cannot be rebooted. An instruction of sup_kill, which nobody has executed yet, is made an undefined one."""
    listing = subprocess.run(["nm", leaks.KERNEL], capture_output=True, text=True, check=True).stdout
    at = int(re.search(r"^([0-9a-f]+) T sup_kill_call$", listing, re.M)[1], 16)
    assert target.memory[at:at + 2] != b"\x0f\x0b"
    target.memory[at:at + 2] = b"\x0f\x0b"
    target.order("static_content")
    told = rf"panic: exception 6 \(undefined instruction\), error 0x0, in the supervisor at 0x{at:x};"
    for _ in range(500):
        if re.search(told, target.running.console()):
            break
        time.sleep(0.01)
    assert re.search(told, target.running.console()), target.running.console()[-2000:]
    assert not target.running.answers()
