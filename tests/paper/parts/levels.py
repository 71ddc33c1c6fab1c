# SPDX-License-Identifier: BSD-2-Clause
"""The table of part `web` in Mondrix's columns, at its three levels of protection. What it is made from is measured by web.py."""

import dataclasses

from figures import Table, plot
from parts import live

# The Mondrix slides, "Performance": thttpd. Slowdown, Mbot, Mtop, kernel, memory, crossings, cycles a crossing, PLB.
MONDRIX = (14.8, 9.3, 2.0, 3.7, 1.1, 0.8, 939, 3.8)
CLASSES = ("other", "Mbot", "Mtop", "kernel", "components")


@dataclasses.dataclass
class Level:
    name: str
    system: str  # the folder of build/ that has its modules
    mode: str = "isolated"
    mondrix: str = ""  # what the slides say of its cost


# All of the same program: tcp's packets and connections are allocations of its heap.
LEVELS = (
    Level("one domain: no walls", "webserver-plain-unchecked", "merged"),
    Level("loader only: gates, segments", "webserver-plain-unchecked", mondrix="about 0.1 %"),
    Level("with the allocators, by slabs", "webserver-slab-unchecked"),
    Level("with the allocators: guard words", "webserver-guard-unchecked", mondrix="about 1 %"),
    Level("per-component policies", "webserver-guard", mondrix="about 10 %"),
)
SHIPPED = Level("as shipped: pools, policies, plain heaps", live.SHIPPED)
SYSTEMS = tuple(dict.fromkeys(level.system for level in LEVELS))


def slowdown(systems, level):
    base = LEVELS[0]
    return 100 * (systems[level.system]["modelled"][level.mode]["cycles"] / systems[base.system]["modelled"][base.mode]["cycles"] - 1)


def columns(run, systems, watched):
    table = Table("web", "The web server at Mondrix's levels of protection; a connection for each request, 1 at a time",
                  "modelled cycles a request; Mbot, Mtop and kernel: instructions, by where the code lies",
                  ["level", "slowdown, %", "cycles", "Mbot, %", "Mtop, %", "kernel, %", "table references, %", "crossings",
                   "gates, % of cycles", "cycles/crossing", "PLB, % of cycles", "first stores", "Mondrix says"])
    for level in (*LEVELS, SHIPPED):
        m, c = systems[level.system]["modelled"][level.mode], systems[level.system]["classed"][level.mode]
        everything = sum(c[name]["instructions"] for name in CLASSES)
        table.add(level.name, slowdown(systems, level), m["cycles"],
                  *(100 * c[name]["instructions"] / everything for name in ("Mbot", "Mtop", "kernel")),
                  100 * m["table-references"] / (m["references"] + m["table-references"]), m["gated"],
                  100 * m["cycles of gates"] / m["cycles"], m["cycles"] / m["gated"], 100 * m["cycles of PLB walks"] / m["cycles"],
                  m["faults"], level.mondrix)
    slow, mbot, mtop, kern, memory, gates, each, plb = MONDRIX
    table.add("Mondrix, thttpd, all levels", slow, "0.23e9 in all", mbot, mtop, kern, memory, None, gates, each, plb, None, "14.8 %")
    table.remarks += remarks(systems, watched)
    run.write(table)

    def draw(axes):
        shown = [*LEVELS[1:], SHIPPED]
        axes.barh([level.name for level in shown], [slowdown(systems, level) for level in shown], color="C0", label="here")
        for level in shown:
            if level.mondrix:
                axes.plot(float(level.mondrix.split()[1]), level.name, "D", color="C1", label="Mondrix" if level is LEVELS[1] else None)
        axes.invert_yaxis()
        axes.set_xlabel("slowdown, % (modelled cycles)")
        axes.legend(fontsize=8)

    plot(run.folder, "web", draw, width=8)


def remarks(systems, watched):
    """How to read it, with the numbers of this run."""
    loader, slabs, guard, rules = (systems[level.system]["modelled"]["isolated"] for level in LEVELS[1:])
    spread = "; ".join(f"{level.name.split(':')[0]} {m['least cycles']:,.0f} to {m['most cycles']:,.0f}"
                       for level in LEVELS for m in [systems[level.system]["modelled"][level.mode]])
    calls = {system: sum(count for name, count in found["phases"]["requests"].items() if name != "heap_first_store") / live.REQUESTS
             for system, found in watched.items() if found}
    said = [
        f"Cycles are the median of some rounds in which the layouts take turns ({spread}): when packets and timer ticks "
        "come depends on the host, so requests are not all alike.",
        "Every row but the last of this system is the same program, whose tcp takes connections, segments and packets to send from its "
        "heap; as shipped it has pools for them, which are granted once. Slowdown is against that program in one domain, where only calls of the "
        "supervisor cross; Mondrix's is against Linux without MMP. Mbot is kernel/mmp, which writes tables and registers; Mtop is kernel/layout "
        "with the supervisor's calls about rights; kernel is the rest of domain 0: scheduling, interrupts, traps, the console. Crossings are gated "
        "calls a request, the allocators' to the supervisor among them; first stores are traps at the first store to a word that was allocated. "
        "Mondrix's column Mem has no legend in the slides; it is taken for memory references here.",
        f"Loader only: Mondrix isolates modules that a request of thttpd enters every {MONDRIX[6]} cycles; this server is made of components that "
        f"call each other every {loader['cycles'] / loader['gated']:.0f}. So walls alone cost more than its 0.1 %: gates, the PLB, and caches after them.",
        f"Allocators: slabs, whose pages are opened when they are first used, cost {100 * (slabs['cycles'] / loader['cycles'] - 1):.1f} % over loader only, most of it "
        f"the allocator's own work in place of pools. Guard words and unwritten words cost {100 * (guard['cycles'] / loader['cycles'] - 1):.0f} %, where Mondrix says 1 %: each "
        f"allocation and free is a call of the supervisor, and each first store to one, {guard['faults']:.0f} a request, a trap, since MMP has no "
        "permission to write only; a structure is written field by field. Mondrix's slab allocator set rights for whole pages and, say the slides, "
        "allowed some writes to uninitialized memory: the slabs' row is the nearer one.",
        f"Policies: Mondrix's cost 10 % because each packet and argument was lent and taken back by calls. Here they hold for as long as the "
        f"system runs: the network card's and vnic's words are told once, at boot (docs/architecture.md), and pools once: "
        f"{100 * (rules['cycles'] / guard['cycles'] - 1):+.1f} % over the row before. The card's accesses are checked besides, by the same PLB: their "
        "walks are in the column of table references and take none of the processor's cycles, but their entries take the place of its own. "
        "What software pays for lending each packet is in `writing` (packets).",
    ]
    if calls:
        said.append("Calls that write tables, a request: " + "; ".join(f"{system} {count:.1f}" for system, count in calls.items()) + ".")
    return said
