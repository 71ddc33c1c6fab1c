# SPDX-License-Identifier: BSD-2-Clause
"""What the processor and the kernel must deny: tests/boot/denials/attacker.c tries it, one attack after the other. Each
must end the invocation, be reported with exactly this line, and leave the victim's memory as it was."""

import re

import pytest
import rig

WAYS = {"plain": [], "one-by-one": ["-accel", "tcg,one-insn-per-tb=on"]}
PRIVILEGED = "general protection: an instruction that only the supervisor may execute, or no address"
VICTIM = r"a word of victim \(data\)"
STACK = "a word of thread init's stack"


def denied(access, size, owner, address="{address}"):
    plural = "" if size == 1 else "s"
    return rf"{access} of {size} byte{plural} {'to' if access == 'store' else 'at'} {address}, {owner}; no permission"


# Attack: what the report says after the place. {address} is where the attack aims.
EXPECTED = {
    "store": denied("store", 4, VICTIM),
    "load": denied("load", 4, VICTIM),
    "fetch_text": denied("fetch", 1, r"a word of victim \(text, \?\)"),
    "fetch_middle": denied("fetch", 1, r"a word of victim \(text, \?\)"),
    "fetch_data": denied("fetch", 1, VICTIM),
    "fetch_own_data": denied("fetch", 1, r"a word of attacker \(data\)"),
    "fetch_stack": denied("fetch", 1, STACK, r"0x0400[0-9a-f]{4}"),
    "store_read_only": denied("store", 4, VICTIM),
    "store_own_text": denied("store", 4, r"a word of attacker \(text, aim_own_data\+0x[0-9a-f]+\)"),
    "store_byte_past": denied("store", 1, VICTIM),
    "load_byte_past": denied("load", 1, VICTIM),
    "store_across_word": denied("store", 4, VICTIM),
    "load_across_word": denied("load", 8, VICTIM),
    "store_across_page": denied("store", 8, VICTIM),
    "load_across_page": denied("load", 8, VICTIM),
    "store_across_table": denied("store", 8, "a word of pool far"),
    "load_across_table": denied("load", 8, "a word of pool far"),
    "store_known_pool": denied("store", 4, "a word of pool far"),  # `at`: it knows where the pool is
    "load_known_pool": denied("load", 4, "a word of pool far"),
    "push": denied("store", 8, VICTIM),
    "fxsave": denied("store", 512, VICTIM),
    "locked": denied("(load|store)", 8, VICTIM).replace(" at ", " (at|to) "),
    "string_store": denied("store", 1, VICTIM),
    "string_load": denied("load", 1, VICTIM),
    "frame_store": denied("store", 8, STACK, r"0x0400f000"),
    "frame_load": denied("load", 1, STACK, r"0x0400f000"),
    "return_forged": r"return to another address than the caller's \({address}\)",
    "gate_foreign": denied("fetch", 1, r"a word of driver \(gates\)"),
    "gate_victims": denied("fetch", 1, r"a word of victim \(gates\)"),
    "gate_missing": denied("fetch", 1, r"a word of attacker \(gate space\)"),
    "gate_middle": r"jump into the middle of a gate \({address}\)",
    "gate_store": denied("store", 4, r"a word of attacker \(gates\)"),
    "supervisor_call": denied("fetch", 1, "a word of the supervisor"),
    "supervisor_store": denied("store", 4, "a word of the supervisor"),
    "supervisor_load": denied("load", 4, "a word of the supervisor"),
    "supervisor_stack": denied("store", 4, "a word of the supervisor"),
    "global_store": denied("store", 4, "a word of the global page"),
    "beyond": "access to 0x100000000, beyond the memory; not mapped",
    "stack_elsewhere": r"stack pointer outside the stack \(0x[0-9a-f]{8}\)",
    "stack_overflow": denied("store", 8, "a word of the supervisor"),
    "revoked_fetch": denied("fetch", 1, r"a word of victim \(text, \?\)"),
    "revoked_store": denied("store", 4, VICTIM),
    "revoked_load": denied("load", 4, VICTIM),
    "ring_store": denied("store", 4, "a word of the supervisor"),
    "ring_load": denied("load", 4, "a word of the supervisor"),
    "ring_fetch": denied("fetch", 1, "a word of the supervisor"),
    **{
        name: PRIVILEGED
        for name in "ring_elsewhere ring_off ring_count cli sti hlt in out rdmsr wrmsr cr3 lgdt lidt int int_timer int_mmp iretq far_return swapgs breakpoint no_address".split()
    },
    "syscall": "undefined instruction",
    "sysenter": "undefined instruction",
    "undefined": "undefined instruction",
    "divide": "division error",
    "single_step": "debug exception",
}


MOVED = r"(; they were last moved by split (victim|attacker), move \d+)?"


def allowed(name, what):
    """What the report says would have allowed it."""
    if not what.endswith("; no permission"):
        return ""
    if name.startswith("gate_") and not name.endswith(("missing", "store")):
        return "; only its own gates are attacker's to use" + MOVED
    if "word of victim" in what and what.startswith("fetch"):
        return "; an edge attacker victim allows what it exports, through gates; a merge all" + MOVED
    if "word of victim" in what:
        return "; mmp_set_perm by victim, or a merge, would allow it" + MOVED
    if "pool far" in what:
        return f"; `pool far ... {'rw' if what.startswith('store') else 'ro'} attacker` would allow it"
    if name == "gate_missing":
        return "; each edge makes gates, no other word there is one"
    if name == "stack_overflow":
        return "; the stack ends at 0x04000000, and all of it is used"
    return "; nothing allows it"


@pytest.fixture(scope="module", params=WAYS)
def attacks(request):
    """{attack: (the address it aims at, the lines from then on to its verdict)}"""
    status, lines = rig.boot_folder("denials", *WAYS[request.param])
    assert (status, lines[-1:]) == (rig.ENDED, ["all tried"]), "\n".join(lines)
    found, name = {}, None
    for line in lines:
        start = re.fullmatch(r"attack (\w+) (0x[0-9a-f]{8})", line)
        if start:
            name = start[1]
            found[name] = (start[2], [])
        elif name:
            found[name][1].append(line)
    return found


def test_all_are_known(attacks):
    assert set(attacks) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_denied(attacks, name):
    address, lines = attacks[name]
    what = EXPECTED[name].replace("{address}", address)
    report = (
        rf"fault: attacker \(domain 2, thread init\) in [^ ]+ at 0x[0-9a-f]{{8}}( \(\w+\.elf\+0x[0-9a-f]+(, \w+\.[cS]:\d+)?\))?( \(from \w+\+0x[0-9a-f]+\))?: "
        rf"{what}{allowed(name, what)}; "
        "called by driver; invocation ended"
    )
    assert re.fullmatch(report, lines[0]), lines[0]
    assert lines[1] == f"{name}: denied"
