# SPDX-License-Identifier: BSD-2-Clause
"""Tables 1 and 2 of TSE11: merge, split, and invocations between and within domains."""

from figures import Table
from harness import micro, shoji
from harness.guest import REPOSITORY

from mpd import site

MODEL_REQUESTS = 400
GHZ = 2.4  # the paper's Pentium 4


def measure(run):
    modules = str(REPOSITORY / "build/bench/micro/modules.list")
    made_from = [REPOSITORY / "build/kernel/shoji.elf", *sorted((REPOSITORY / "build/components").glob("bench_*.elf"))]
    _, most = run.steps.get("primitives", made_from, lambda: micro.results(modules))
    worst = {kind: max(n for key, n in most.items() if key.startswith(f"{kind}_")) for kind in ("merge_16", "split_16")}
    least = {kind: max(n for key, n in most.items() if key.startswith(f"{kind}_")) for kind in ("merge_2", "split_2")}
    table = Table("tables-1-2", "Primitives (TSE11, Tables 1 and 2)", "guest instructions; the paper's microseconds at 2.4 GHz as cycles",
                  ["operation", "here", "here, 16 components", "TSE11, cycles", "TSE11, us"])
    stale = most.get("split_stale") or max((n for key, n in most.items() if "stale" in key), default=None)
    table.add("merge", least["merge_2"], worst["merge_16"], 1440, 0.6)
    table.add("split, a domain is reused", least["split_2"], worst["split_16"], 3360, 1.4)
    table.add("split, the old domain stays for threads in it", stale, None, 5040, 2.1)
    table.add("invocation between domains", most["gated"], None, 1680, 0.7)
    table.add("invocation within a domain", most["merged"], None, 20, 0.008)
    table.add("direct call", most["direct"], None, None, None)
    share = run.steps.get("hardware's share", [REPOSITORY / "build/kernel/shoji.elf"], hardware_share) if run.network else None
    table.remarks.append(
        "Here the gate is hardware and one instruction; the paper's invocation goes through its kernel, and of its 1,680 cycles 1,200 are the "
        "processor's (71 %). All the instructions here are the caller's and the callee's own.")
    if share:
        table.remarks.append(
            f"In model mode (-cpu mmp,model=on), serving /hw with everything isolated, the hardware spends {share['gate']:.1f} cycles a crossing on "
            f"gates and returns and {share['plb']:.1f} on refilling the PLB, of {share['cycles']:,.0f} cycles from one crossing to the next: "
            f"{100 * share['gate'] / share['cycles']:.1f} % and {100 * share['plb'] / share['cycles']:.1f} %.")
    run.write(table)


def hardware_share():
    """Cycles a crossing, by cause, of the model."""
    shoji.tap()
    guest = site.Site(cpu="mmp,model=on")
    try:
        guest.set(mode="isolated")
        site.STATIC.ask(200)
        before = guest.model()
        site.STATIC.ask(MODEL_REQUESTS)
        after = guest.model()
    finally:
        guest.stop()
    crossings = after["gated"] - before["gated"]
    return {"gate": (after["gate"] - before["gate"]) / crossings, "plb": (after["plb"] - before["plb"]) / crossings,
            "cycles": (after["cycles"] - before["cycles"]) / crossings}
