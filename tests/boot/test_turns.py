# SPDX-License-Identifier: BSD-2-Clause
"""What threads are promised, on the system's own scheduler, lock, event manager and memory mapper (tests/boot/turns): an uncontended lock
invokes nothing; priorities are kept, who has the same takes turns; events are edges; a budget used up is told to who used it."""

import re

import rig

SERVERS = "scheduler terminal_printer memory_mapper lock timed_block event_manager turns_judge turns_eater".split()


def test_turns():
    images = [rig.REPOSITORY / f"build/components/{name}.elf" for name in SERVERS]
    status, lines = rig.boot(rig.REPOSITORY / "tests/boot/turns/turns.manifest", images, "-icount", "shift=0,sleep=off")
    assert status == rig.ENDED, "\n".join(lines)
    checks = re.fullmatch(r"turns_judge: (\d+) checks", lines[-1])
    assert checks and int(checks[1]) > 60, lines[-1]
    faults = [line for line in lines if line.startswith("fault: ")]
    assert len(faults) == 1 and faults[0].startswith("fault: eater (") and "; rebooting eater" in faults[0]
    assert "turns_eater: tests/boot/turns/eater.c" in "\n".join(lines)
