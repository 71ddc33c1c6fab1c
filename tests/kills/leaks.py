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
)
# An fd_api keeps an event for each entry that was ever used, a mutex a lock from its first contention on: as many as were needed at
# once are no leak; those that nobody knows are.
EVENTS = Table("event_manager", "events", "events", "uint16_t", "", ("struct events", "events_of"))
KEPT_EVENTS = [Table(name, "events", "descriptors", "struct descriptor", "event") for name in ("fd_api", "cgi_fd_api_a", "cgi_fd_api_b")]
LOCKS = Table("lock", "locks", "owned", "uint32_t")
MUTEXES = [Table(name, "mutex", variable, "struct mutex", "id") for name, variable in (
    ("tcp", "mutex"), ("event_manager", "mutex"), ("port_manager", "mutex"), ("vnic", "rx_mutex"), ("vnic", "tx_mutex"),
    ("async_invocation_a", "mutex"), ("async_invocation_b", "mutex"))]
THREADS = Table(None, "threads", "threads", "struct thread", "state")


@functools.lru_cache(maxsize=None)
def symbols(path):
    """{name: (address, bytes)} of variables; what the compiler appends to a name is left out."""
    with open(path, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return {s.name.split(".")[0]: (s["st_value"], s["st_size"]) for s in table.iter_symbols() if s["st_info"]["type"] == "STT_OBJECT"}


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
    found["lock: locks of no mutex"] = sum(inside.all(LOCKS)) - sum(1 for table in MUTEXES for lock in inside.all(table) if lock)
    return found


def settled(target, seconds=8):
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
    return [f"{what}: {before[what]} before, {count} now" for what, count in after.items()
            if count > before[what] or (what in exact and count != before[what])]
