# SPDX-License-Identifier: BSD-2-Clause
"""Heaps by the setting of the manifest: tests/boot/heap/user.c uses its heap, right and wrong, with each of them. What is right
works; what a setting denies ends the invocation and is reported with exactly this line; what it does not deny goes on."""

import re

import pytest
import rig

SETTINGS = ("plain", "slab", "guard")
FOLDER = rig.REPOSITORY / "tests/boot/heap"
COMPONENTS = rig.REPOSITORY / "build/components"
IMAGES = [COMPONENTS / f"{name}.elf" for name in ("terminal_printer", "memory_mapper", "heap_peer", "heap_user", "heap_driver")]

SKIPPED, FAULT = -3, -9
NOTHING = "; nothing allows it"
NOBODY = "; nobody may use it now"
UNWRITTEN = "; a store to it would allow it: what is in it means nothing yet"


def access(what, size, where, why, of="guard"):
    plural = "" if size == 1 else "s"
    return rf"{what} of {size} byte{plural} {'to' if what == 'store' else 'at'} {{at}}, a word of {of} \(heap, {where}\); no permission{why}"


def unwritten(size):
    return {"guard": access("load", 4, rf"never written, in the {size} bytes at 0x[0-9a-f]{{8}}", UNWRITTEN)}


def guarded(what, size, side, of, why=NOTHING):
    return {"guard": access(what, size, f"guard word {side} the {of} bytes at 0x[0-9a-f]{{8}}", why)}


def freed(what, of):
    return {"guard": access(what, 4, f"freed, in what were the {of} bytes at 0x[0-9a-f]{{8}}", NOTHING)}


def refused(guard):
    told = {"slab": "nothing is allocated there; it may have been freed before", "guard": guard}
    return {setting: ("undefined instruction", f"free or realloc of {{at}}: {why}") for setting, why in told.items()}


# Try: for each setting that ends it with a fault, what the report says after the place; a second text is a line before it.
EXPECTED = {
    **{name: {} for name in ("right_use", "zeroed", "aligned", "grown", "exhausted", "first_stores", "calls_refused", "lent_unwritten",
                             "merged_use", "lent_freed", "lent_moved")},
    "store_leaves_next": unwritten(64), "store_leaves_before": unwritten(64), "repeat_leaves_next": unwritten(256),
    "unwritten_load": unwritten(24), "unwritten_add": unwritten(24), "unwritten_exchange": unwritten(24), "unwritten_locked": unwritten(24),
    "unwritten_copy": unwritten(4096), "unwritten_after_realloc": unwritten(400),
    "overflow_store": guarded("store", 4, "behind", 24), "overflow_load": guarded("load", 4, "behind", 24),
    "overflow_byte": guarded("store", 1, "behind", 24), "overflow_large": guarded("store", 4, "behind", 10000),
    "overflow_string": guarded("store", 8, "behind", 64), "underflow_store": guarded("store", 4, "before", 24),
    "underflow_page": guarded("store", 4, "before", 5000), "shrunk_load": guarded("load", 4, "behind", 44),
    "freed_load": freed("load", 24), "freed_store": freed("store", 24),
    "freed_page": {**freed("load", 1900), "slab": access("load", 4, "a page with no allocation", NOTHING, "slab")},
    "merged_overflow": guarded("store", 4, "behind", 24, NOBODY + r"; they were last moved by merge guard peer, move \d+"),
    "freed_inside": refused("nothing was allocated there"),
    "freed_foreign": refused("nothing was allocated there"),
    "freed_twice": refused("it has been freed already"),
    "apart_again": {},
}
# Where a setting would not notice, and the heap be broken.
NOT_TRIED = {
    **{name: ("plain",) for name in ("overflow_store", "overflow_byte", "overflow_large", "freed_store", "freed_page", "freed_inside",
                                     "freed_foreign", "freed_twice")},
    **{name: ("plain", "slab") for name in ("overflow_string", "underflow_store", "underflow_page", "merged_overflow")},
}
STATUS = {("apart_again", "slab"): -11, ("apart_again", "guard"): -11}  # alone already
# The peer is denied what it had been lent: so many times, and what is said of the word.
PEER = {
    "lent_freed": (2, {"plain": "heap", "slab": "heap", "guard": "heap, (freed|never written|guard word|in the).*"}),
    "lent_moved": (2, {"plain": "heap", "slab": "heap", "guard": "heap, .*"}),
    "merged_use": (1, {"plain": "heap", "slab": "heap", "guard": "heap, in the 24 bytes at 0x[0-9a-f]{8}"}),
}


@pytest.fixture(scope="module", params=["plain", "one-by-one"])
def tries(request):
    """{(try, setting): (its status, the lines before that)}"""
    ways = [] if request.param == "plain" else ["-accel", "tcg,one-insn-per-tb=on"]
    status, lines = rig.boot(FOLDER / "heap.manifest", IMAGES, *ways)
    assert (status, lines[-1:]) == (rig.ENDED, ["heap_driver: all tried"]), "\n".join(lines)
    found, told = {}, []
    for line in lines:
        end = re.fullmatch(r"heap_driver: (\w+) (\w+): (-?\d+)", line)
        if line.startswith("heap_driver: try "):
            told = []
        elif end:
            found[end[1], end[2]] = (int(end[3]), told)
        else:
            told.append(line)
    return found


def test_all_are_known(tries):
    assert set(tries) == {(name, setting) for name in EXPECTED for setting in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", EXPECTED)
def test_heap(tries, name, setting):
    status, lines = tries[name, setting]
    shown = "\n".join(lines)
    at = [f"{int(line.split()[-1], 16):#010x}" for line in lines if line.startswith("heap_user: at ")]
    faults = [line for line in lines if line.startswith("fault: ")]
    expected = EXPECTED[name].get(setting)
    if setting in NOT_TRIED.get(name, ()):
        assert (status, lines) == (SKIPPED, []), shown
    elif expected is None:
        assert status == STATUS.get((name, setting), 0), shown
        times, texts = PEER.get(name, (0, {}))
        assert len(faults) == times, shown
        for fault in faults:
            assert re.search(rf"^fault: peer .*: load of 4 bytes at 0x[0-9a-f]{{8}}, a word of {setting} \({texts[setting]}\); no permission", fault)
    else:
        assert status == FAULT and len(faults) == 1, shown
        report, before = expected if isinstance(expected, tuple) else (expected, None)
        assert re.search(rf"^fault: \w+ \(domain \d+, thread init\) in \S+ at 0x[0-9a-f]{{8}} \(heap_\w+\.elf\+0x[0-9a-f]+(, \w+\.c:\d+)?\): "
                         rf"{report.replace('{at}', at[0])}; called by driver; invocation ended$", faults[0]), shown
        assert before is None or f"heap_user: {before.replace('{at}', hex(int(at[0], 16)))}" in lines, shown


def test_more_than_the_supervisor_can_keep(tmp_path):
    """The budgets of guarded heaps are looked at before anything runs: keeping a page never fails for another's sake."""
    manifest = tmp_path / "large.manifest"
    lines = [f"component c{i} {i} heap_peer.elf memory 3900K heap guard" for i in range(1, 7)]
    manifest.write_text("\n".join(["system large", *lines, ""]))
    status, console = rig.boot(manifest, [COMPONENTS / "heap_peer.elf"])
    assert status == rig.PANIC
    assert console[-1] == "panic: component c5: budgets of components with `heap guard` are more than 16M together"
