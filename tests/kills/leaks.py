# SPDX-License-Identifier: BSD-2-Clause
"""What is in use in an idle system: memory, domains, tables of permissions, threads, and the entries of the tables that components
keep for each other. Read from the system's memory, so no component is asked, and none can hide anything.
"""

import dataclasses
import functools
import json
import re
import subprocess
import time

from elftools.elf.elffile import ELFFile
from profiler import program
from target import REPOSITORY

KERNEL = REPOSITORY / "build/kernel/shoji.sym.elf"
THREAD_OVER = 5  # enum thread_state


@dataclasses.dataclass(frozen=True)
class Table:
    """An array of a component (None: the kernel): a variable, or a field of one that is a struct. `member`: what is read of each element."""

    component: object
    what: str
    variable: str
    element: str            # its type, as C writes it
    member: str = ""
    within: tuple = ()      # (the variable's type, field)


TAKEN = (  # an element that is not zero is in use
    Table("tcp", "connections", "connections", "struct connection", "pcb"),
    Table("fd_api", "descriptors", "descriptors", "struct descriptor", "owner"),
    Table("cgi_fd_api_a", "descriptors", "descriptors", "struct descriptor", "owner"),
    Table("cgi_fd_api_b", "descriptors", "descriptors", "struct descriptor", "owner"),
    Table("event_manager", "groups", "events", "struct event_group", "owner", ("struct events", "group")),
    Table("async_invocation_a", "slots", "slots", "struct slot", "state"),
    Table("async_invocation_b", "slots", "slots", "struct slot", "state"),
    Table("http_parser", "streams", "streams", "struct stream", "owner"),
    Table("connection_manager", "connections", "table", "struct connection", "fd"),
    Table("mpd_manager", "connections", "control_table", "struct connection", "fd"),
    Table("mpd_manager", "viewers", "viewers", "struct viewer", "open"),
)
# An fd_api keeps an event for each entry that was ever used: as many as were needed at once are no leak; those that nobody knows are.
# A mutex keeps a lock from its first contention on, until its component or lock begins anew: a lock is left behind if no mutex of its owner has it.
EVENTS = Table("event_manager", "events", "events", "uint16_t", "", ("struct events", "events_of"))
KEPT_EVENTS = [Table(name, "events", "descriptors", "struct descriptor", "event") for name in ("fd_api", "cgi_fd_api_a", "cgi_fd_api_b")]
LOCKS = Table("lock", "locks", "locks", "struct lock", "owner")
LOCK_NUMBER = 1023  # of a lock's id: above it is which life of lock it is of
LOCKS_COUNTED = Table("lock", "locks counted", "owned", "uint32_t")     # by owner
THREADS = Table(None, "threads", "threads", "struct thread", "state")


# The threads `scheduler` and `reboot` wait in one each, perhaps, until there is something for them to do.
ALLOWED = {"stale domains": 2}


@functools.lru_cache(maxsize=None)
def symbols(path):
    """{name: (address, bytes)} of variables; what the compiler appends to a name is left out. A name that two have is nobody's."""
    found = {}
    with open(path, "rb") as file:
        for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols():
            if symbol["st_info"]["type"] == "STT_OBJECT":
                found.setdefault(symbol.name.split(".")[0], []).append((symbol["st_value"], symbol["st_size"]))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


@functools.lru_cache(maxsize=None)
def mutexes(file):
    """The names of all mutexes of a component, whoever wrote them: by its debug information."""
    command = ["gdb", "-nx", "-batch", str(file), "-ex", "info variables -q"]
    listing = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"^\d+:\s+(?:static )?struct mutex (\w+);$", listing, re.M))


@functools.lru_cache(maxsize=None)
def numbers(file, *expressions):
    """As gdb works them out of the debug information."""
    command = ["gdb", "-nx", "-batch", str(file)]
    for expression in expressions:
        command += ["-ex", f'printf "%lu\\n", (unsigned long)({expression})']
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    found = [int(line) for line in re.findall(r"^(\d+)$", done.stdout, re.M)]
    if len(found) != len(expressions):
        raise AssertionError(f"{file}: gdb does not know one of {expressions}: {done.stderr}")
    return found


class Inside:
    def __init__(self, target):
        self.target = target
        self.bases = {None: 0}

    def base(self, name):
        """Where the component's image lies."""
        if name not in self.bases:
            slot = list(self.target.components).index(name)
            at = program.SLOTS_BASE + slot * program.SLOT_BYTES
            image = REPOSITORY / "build/components" / self.target.images[name]
            region = program.component(name, image, slot, self.target.memory[at:at + program.SLOT_BYTES])[0]
            with open(image, "rb") as file:
                self.bases[name] = region.first - next(program.code(file))[0]
        return self.bases[name]

    def files(self, name):
        """(symbols, debug information)"""
        if name is None:
            return KERNEL, KERNEL
        image = self.target.images[name]
        return REPOSITORY / "build/components" / image, REPOSITORY / "build/components" / image.replace(".elf", ".debug")

    def number(self, name, variable):
        image, _ = self.files(name)
        at, size = symbols(image)[variable]
        return self.read(self.base(name) + at, size)

    def read(self, address, size):
        return int.from_bytes(self.target.memory[address:address + size], "little")

    def all(self, table):
        """The values of the table's elements."""
        image, debug = self.files(table.component)
        at, size = symbols(image)[table.variable]
        if table.within:
            outer, field = table.within
            offset, size = numbers(debug, f"&(({outer} *)0)->{field}", f"sizeof ((({outer} *)0)->{field})")
            at += offset
        if table.member:
            member = f"(({table.element} *)0)->{table.member}"
            step, offset, width = numbers(debug, f"sizeof ({table.element})", f"&{member}", f"sizeof ({member})")
        else:
            (step,) = numbers(debug, f"sizeof ({table.element})")
            offset, width = 0, step
        assert size % step == 0 and size > 0, (table, size, step)
        first = self.base(table.component) + at + offset
        return [self.read(first + i * step, width) for i in range(size // step)]


def in_use(target):
    """{what: how many}, of a system that is idle."""
    inside = Inside(target)
    status, graph = target.ask("GET", "/v1/graph")
    assert status == 200, json.dumps(graph)
    found = {f"{c['name']}: bytes of heap": c["memory"]["used"] for c in graph["components"]}
    found |= {f"{c['name']}: not running": int(c["state"] != "runs") for c in graph["components"]}
    found |= {"domains": graph["counters"]["domains"], "stale domains": graph["counters"]["stale_domains"]}
    for kind in ("mid", "leaf"):
        found[f"{kind} tables"] = inside.number(None, f"{kind}_fresh") - inside.number(None, f"{kind}_free_count")
    threads = inside.number(None, "thread_count")
    found |= {"threads": threads, "threads that are over": inside.all(THREADS)[:threads].count(THREAD_OVER)}
    for table in TAKEN:
        found[f"{table.component}: {table.what}"] = sum(1 for value in inside.all(table) if value)
    kept = sum(1 for table in KEPT_EVENTS for event in inside.all(table) if event)
    found["event_manager: events that nobody keeps"] = sum(inside.all(EVENTS)) - kept
    # How far this heap has grown tells where its holes are: what it answers is of many sizes. So what is allocated is counted.
    found["mpd_manager: bytes of heap"] = allocated(inside, "mpd_manager")
    return found | locks_left(target, inside)


def allocated(inside, name):
    """Bytes of all that malloc has given out and nobody has freed: newlib's malloc, chunk by chunk, each with its size before it, whose lowest bit
    says whether the chunk before is in use (Doug Lea's boundary tags)."""
    at, top = inside.number(name, "__malloc_sbrk_base"), inside.read(inside.base(name) + symbols(inside.files(name)[0])["__malloc_av_"][0] + 16, 8)
    total = 0
    while at < top:
        size = inside.read(at + 8, 8) & ~7
        assert 32 <= size <= top - at, f"{name}: no chunk of its heap at {at:#x}"
        total += size if inside.read(at + size + 8, 8) & 1 else 0
        at += size
    return total


def locks_left(target, inside):
    """{what: 1} for each lock that no mutex of its owner has."""
    names = {number: name for name, number in target.components.items()}
    owners = inside.all(LOCKS)
    found = {"lock: locks counted that nobody has": sum(inside.all(LOCKS_COUNTED)) - sum(1 for owner in owners if owner)}
    for number, owner in enumerate(owners, 1):
        name = names.get(owner)
        if owner and (name is None or number not in mutex_locks(inside, name)):
            found[f"lock: lock {number} of {name or owner}, which no mutex has"] = 1
    return found


def mutex_locks(inside, name):
    _, debug = inside.files(name)
    return {number & LOCK_NUMBER for mutex in mutexes(debug) for number in inside.all(Table(name, "mutex", mutex, "struct mutex", "id"))}


def settled(target, seconds=60):
    """in_use, once two looks at it in a row are the same: connections take their time to end."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        time.sleep(0.5)
        now = in_use(target)
        if now == last:
            return now
        last = now
    return last


def leaked(before, after):
    """[sentence]: what is more in use than before. Domains and threads must be as many, not fewer either."""
    exact = ("domains", "threads", "mid tables", "leaf tables")
    return [f"{what}: {before.get(what, 0)} before, {count} now" for what, count in after.items()
            if count > before.get(what, 0) + ALLOWED.get(what, 0) or (what in exact and count != before[what])]
