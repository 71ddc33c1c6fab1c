# SPDX-License-Identifier: BSD-2-Clause
"""The running web server, watched: the permission calls that its kernel makes, recorded by a plugin, and its permission
tables, read from its memory."""

import re
import shutil
import struct
import subprocess
import time

import measuring
from harness import shoji
from harness.child import BenchError
from harness.guest import Guest
from harness.load import load

REQUESTS = 200
KERNEL = measuring.REPOSITORY / "build/kernel/shoji.elf"
SYMBOLS = measuring.REPOSITORY / "build/kernel/shoji.sym.elf"
MEMORY_READ = 0x4000000  # the kernel and its tables lie below
RUN = "build/paper/shoji"
SHIPPED = "webserver"  # what `make image` builds
GUARDED = "webserver-guard"  # the same with every heap guarded (make image-heaps)
PLUGIN = measuring.REPOSITORY / "build/paper/calls.so"
# What is recorded: function, and which of its first five arguments.
RECORDED = {
    "view_set": (0, 1, 2, 3),
    "view_set_kept": (0, 1, 2, 3),
    "view_keep": (0, 1, 2),
    "heap_first_store": (),
    "view_lend": (1, 2, 3, 4),
    "view_destroy": (0,),
    "layout_share": (0, 1, 2, 3),
    "layout_merge": (0, 1),
    "layout_split": (0,),
}


class Watched(shoji.Shoji):
    """Shoji on the bench's tap device, with a machine of one's own choice."""

    def __init__(self, **machine):
        folder = measuring.REPOSITORY / RUN
        folder.mkdir(parents=True, exist_ok=True)
        self.console = folder / "console.log"
        self.console.write_text("")
        try:
            command = shoji.machine.Machine(tap=shoji.TAP, **machine).command(f"file,path={RUN}/console.log", RUN)
        except shoji.machine.Unusable as reason:
            raise BenchError(str(reason)) from None
        Guest.__init__(self, "shoji", command, RUN)


def modules(system):
    return f"build/{system}/modules.list"


def files_of(system):
    """What the system is made of."""
    listed = (measuring.REPOSITORY / modules(system)).read_text().splitlines()
    return [KERNEL, *(measuring.REPOSITORY / line.split()[0] for line in listed)]


def measured(run, system=SHIPPED):
    """{"calls": text, "phases": {...}, "tables": {...}}, or None: no network here."""
    if run.why_no_network:
        return None
    return run.steps.get(f"permission calls and tables of {system}", [*files_of(system), *RECORDED, REQUESTS], lambda: watch(run, system))


def watch(run, system):
    shoji.tap()
    functions, log = run.folder / "functions", run.folder / "record.log"
    functions.write_text("".join(f"{address(name):x}\n" for name in RECORDED))
    guest = Watched(plugin=f"{PLUGIN},functions={functions},calls={log}", modules=modules(system))
    try:
        guest.wait_ready()
        phases, tables = {}, {}
        phases["boot"] = settled(log)
        load(shoji.URL, REQUESTS, 8, False)
        phases["requests"] = settled(log)
        for mode in ("merged", "isolated"):
            guest.layout(mode)
            phases[mode] = settled(log)
            tables[mode] = tables_read(guest, run)
        guest.check()
        written = log.read_text()
        counts, start = {}, 0
        for phase, end in phases.items():
            counts[phase] = phase_counts(named(written[start:end]))
            start = end
        return {"calls": calls_text(named(written)), "phases": counts, "tables": tables}
    finally:
        guest.stop()
        functions.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def address(name):
    found = symbol(name)
    if found is None:
        raise BenchError(f"the kernel has no function {name}")
    return found


def named(written):
    """Lines of the plugin's file, with the functions' names and the arguments that are looked at."""
    lines = []
    for line in written.splitlines():
        number, *values = line.split()
        name = list(RECORDED)[int(number)]
        lines.append(" ".join([name, *(values[i] for i in RECORDED[name])]))
    return lines


def settled(log, seconds=0.5):
    """Bytes of the log once it has not grown for a while."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        now = log.stat().st_size
        if now != size:
            size, since = now, time.monotonic()
        time.sleep(0.05)
    return size


def phase_counts(lines):
    """How often each function was called."""
    return {name: sum(line.split()[0] == name for line in lines) for name in RECORDED}


def calls_text(lines):
    """The recorded calls in the tool's own form: a table of the kernel's views is a domain there. A view_lend that did
    nothing is followed by the view_set that does it instead."""
    domains, calls = {}, []
    for i, line in enumerate(lines):
        name, *words = line.split()
        values = [int(word) for word in words]
        if name == "view_lend":
            following = [other.split() for other in lines[i + 1:i + 3]]
            if any(other[0] == "view_set" and other[2:] == words[1:] for other in following):
                continue
        if name == "view_keep":
            values.append(0)
        if name in ("view_set", "view_set_kept", "view_keep", "view_lend"):
            domain = domains.setdefault(values[0], len(domains))
            calls.append(f"set {domain} {values[1]:#x} {values[2]} {values[3]}")
        elif name == "view_destroy" and values[0] in domains:
            calls.append(f"clear {domains[values[0]]}")
    return "".join(call + "\n" for call in calls)


# ---- The tables, in the machine's memory (docs/mmp-manual.md 3 and 4) ----

def tables_read(guest, run):
    file = run.folder / "memory.bin"
    guest.pause()
    guest.monitor.command(f'pmemsave 0 {MEMORY_READ} "{file}"')
    described = guest.monitor.command("info mmp")
    guest.resume()
    try:
        memory = file.read_bytes()
    finally:
        file.unlink(missing_ok=True)
    found = re.search(r"(?:domain table|domains?)\D*(0x)?([0-9a-f]{5,16})\D+(\d+)", described)
    at = symbol("descriptors")
    if found is None and at is None:
        raise BenchError(f"`info mmp` tells no domain table:\n{described}")
    return tables_use(memory, at if at is not None else int(found[2], 16), 0x8000)


def symbol(name):
    listing = subprocess.run([shutil.which("nm") or "nm", str(SYMBOLS)], capture_output=True, text=True).stdout
    found = re.search(rf"^([0-9a-f]+) \w {name}$", listing, re.M)
    return int(found[1], 16) if found else None


def tables_use(memory, domain_table, count):
    """Bytes of the tables below all valid descriptors, each table once, and of the words that some domain may use."""
    roots = set()
    for index in range(count):
        at = domain_table + 16 * index
        if at + 16 > len(memory):
            break
        root, _, flags, rest = struct.unpack_from("<IHHQ", memory, at)
        if rest != 0 or root % 4096 != 0:
            break  # past the table's end
        if flags & 1 and root:
            roots.add(root)
    mids, leaf_pages, words = {}, {}, {}
    for root in roots:
        for slot, entry in enumerate(struct.unpack_from("<1024I", memory, root)):
            if entry & 3 == 0 and entry:
                mids[entry] = slot
            elif entry & 3 == 1:
                for eighth in range(8):
                    if entry >> 16 + 2 * eighth & 3:
                        words[slot << 22 | eighth << 19] = 0x80000
    for mid, slot in mids.items():
        for page, entry in enumerate(struct.unpack_from("<1024I", memory, mid)):
            at = slot << 22 | page << 12
            if entry & 3 == 0 and entry:
                leaf_pages[entry] = at
                leaf = struct.unpack_from("<64I", memory, entry)
                granted = sum(4 for chunk in leaf for k in range(16) if chunk >> 2 * k & 3)
            elif entry & 3 == 1:
                granted = sum(512 for k in range(8) if entry >> 16 + 2 * k & 3)
            else:
                granted = 0
            if granted:
                words[at] = max(words.get(at, 0), granted)
    return {"domains": len(roots), "root": 4096 * len(roots), "mid": 4096 * len(mids), "leaf": 256 * len(leaf_pages),
            "granted": sum(words.values()),
            "heap_leaves": sum(1 for at in leaf_pages.values() if at & 0x3fffff < 0x3f0000)}
