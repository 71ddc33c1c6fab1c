# SPDX-License-Identifier: BSD-2-Clause
"""Part `web`: the web server in model mode, in the columns of Mondrix's evaluation, at its three levels of protection."""

import json
import re
import socket
import statistics
import struct
import subprocess

import measuring
from figures import NOT_HERE, Table, plot
from harness import shoji
from harness.load import load
from parts import levels, live
from steps import progress

WARM_UP, REQUESTS, CONCURRENCY, ROUNDS = 50, 400, 1, 3
MODES = ("merged", "isolated")
CAUSES = ("instructions", "fetch misses", "data misses", "PLB walks", "gates", "interrupts")
PLUGIN = measuring.REPOSITORY / "build/paper/classes.so"
CLASSES = ("other", "Mbot", "Mtop", "kernel", "components")
ENTRIES = (16, 32, 64, 128)


def measure(run):
    if run.why_no_network:
        run.write(nothing(run.why_no_network))
        return
    if not model_mode():
        run.write(nothing(f"{NOT_HERE}: the emulator has no -cpu mmp,model=on"))
        return
    systems = {}
    for system in (*levels.SYSTEMS, live.SHIPPED):
        files = [measuring.REPOSITORY / shoji.machine.QEMU, *live.files_of(system), REQUESTS, CONCURRENCY, ROUNDS]
        systems[system] = {
            "modelled": run.steps.get(f"model mode: {system}", files, lambda: modelled_run(system, rounds=ROUNDS)),
            "classed": run.steps.get(f"instructions by code: {system}", [*files, PLUGIN], lambda: classed_run(run, system)),
        }
    sweep = {e: run.steps.get(f"model mode, PLB of {e} entries: {live.SHIPPED}", files,
                              lambda: modelled_run(live.SHIPPED, f",plb-entries={e},plb-ways={e}"))
             for e in ENTRIES if has_property("plb-entries")}
    modelled = systems[live.SHIPPED]["modelled"]
    levels.columns(run, systems, {system: live.measured(run, system) for system in (live.SHIPPED, live.GUARDED)})
    references(run, modelled, systems[levels.LEVELS[1].system]["modelled"], sweep)
    causes(run, modelled)


def nothing(why):
    table = Table("web", "The web server in model mode", "modelled cycles", ["level", "why there is no figure"])
    for level in levels.LEVELS:
        table.add(level.name, why)
    return table


# ---- What the emulator can ----

def emulator_help():
    qemu = str(measuring.REPOSITORY / shoji.machine.QEMU)
    return subprocess.run([qemu, "-device", "mmp-x86_64-cpu,help"], capture_output=True, text=True).stdout


def has_property(name):
    return re.search(rf"^\s*{name}=", emulator_help(), re.M) is not None


def model_mode():
    return has_property("mmp-model")


# ---- Runs ----

def qmp(path, command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(20)
        link.connect(str(path))
        file = link.makefile("rw")
        file.readline()
        for name in ("qmp_capabilities", command):
            file.write(json.dumps({"execute": name}) + "\n")
            file.flush()
            while "return" not in (answer := json.loads(file.readline())):
                if "error" in answer:
                    raise RuntimeError(f"QMP {name}: {answer['error']}")
        return answer["return"]


def numbers(said):
    """What the model and the unit have counted, flat."""
    model, unit = said["model"], said["counters"]
    flat = {name: value for name, value in {**model, **unit}.items() if isinstance(value, int)}
    flat["references"] = sum(model["references"][:2])  # loads and stores
    flat |= {f"{cache} {what}": model[cache][what] for cache in ("l1i", "l1d", "l2", "plb", "glb") for what in ("hits", "misses")}
    flat |= {f"cycles of {cause}": value for cause, value in zip(CAUSES, model["cycles-by-cause"])}
    flat["supervisor cycles"] = sum(d["cycles"] for d in model["cycles-by-domain"] if d["domain"] == 0)
    return flat


def modelled_run(system, more="", rounds=1):
    """Each figure a request, the median of some rounds in which the layouts take turns."""
    shoji.tap()
    guest = live.Watched(cpu=f"mmp,model=on{more}", modules=live.modules(system))
    found = {}
    try:
        guest.wait_ready()
        for mode in MODES * rounds:
            progress(f"{system}, model mode{more.replace(',', ' ')}, {mode}")
            guest.layout(mode)
            load(shoji.URL, WARM_UP, CONCURRENCY, False)
            before = numbers(qmp(guest.folder / "qmp.sock", "query-mmp"))
            load(shoji.URL, REQUESTS, CONCURRENCY, False)
            after = numbers(qmp(guest.folder / "qmp.sock", "query-mmp"))
            found.setdefault(mode, []).append({name: (after[name] - before[name]) / REQUESTS for name in before})
        guest.check()
    finally:
        guest.stop()
    middle = {mode: {name: statistics.median(sample[name] for sample in each) for name in each[0]} for mode, each in found.items()}
    for mode, each in found.items():
        middle[mode] |= {"least cycles": min(s["cycles"] for s in each), "most cycles": max(s["cycles"] for s in each)}
    return middle


# Of the supervisor's calls, those that decide about rights; the others are the kernel's.
MTOP = tuple(f"supervisor/{name}.c" for name in ("memory", "pages", "layout", "share", "group", "pd", "gates", "stack", "frames", "heap", "words"))


def class_of(source):
    if source.startswith("mmp/"):
        return "Mbot"
    if source.startswith("layout/") or source in MTOP:
        return "Mtop"
    return "kernel"


def class_ranges():
    """Lines for the plugin: each function of the kernel is of the class of the file that it is compiled from."""
    objects = measuring.REPOSITORY / "build/kernel"
    of_name = {}
    for file in objects.rglob("*.o"):
        source = str(file.relative_to(objects)).removesuffix(".o")
        for line in nm(file):
            of_name.setdefault(line[-1], class_of(source))
    text = sorted((int(line[0], 16), of_name.get(line[-1], "kernel")) for line in nm(live.SYMBOLS))
    ends = [first for first, _ in text[1:]] + [text[-1][0] + 0x1000]
    lines = [f"{first:x} {end:x} {CLASSES.index(name)}" for (first, name), end in zip(text, ends) if end > first]
    return "\n".join([*lines, f"8000000 18000000 {CLASSES.index('components')}", ""])


def nm(file):
    said = subprocess.run(["nm", "--defined-only", str(file)], capture_output=True, text=True).stdout
    return [line.split() for line in said.splitlines() if line.split()[1] in "tT"]


def classed_run(run, system):
    shoji.tap()
    ranges, counts = run.folder / "ranges", run.folder / "counts"
    ranges.write_text(class_ranges())

    def read():
        values = struct.unpack(f"={2 * len(CLASSES)}Q", counts.read_bytes()[:16 * len(CLASSES)])
        return {name: {"instructions": values[2 * i], "accesses": values[2 * i + 1]} for i, name in enumerate(CLASSES)}

    guest = live.Watched(plugin=f"{PLUGIN},ranges={ranges},counts={counts}", modules=live.modules(system))
    found = {}
    try:
        guest.wait_ready()
        for mode in MODES:
            progress(f"{system}, instructions by code, {mode}")
            guest.layout(mode)
            load(shoji.URL, WARM_UP, CONCURRENCY, False)
            before = read()
            load(shoji.URL, REQUESTS, CONCURRENCY, False)
            after = read()
            found[mode] = {name: {what: (after[name][what] - before[name][what]) / REQUESTS for what in before[name]} for name in CLASSES}
        guest.check()
    finally:
        guest.stop()
        ranges.unlink(missing_ok=True)
        counts.unlink(missing_ok=True)
    return found


# ---- Tables ----

def references(run, modelled, unchecked, sweep):
    table = Table("plb-web", "The web server's PLB", "lookups and memory references a request, in model mode",
                  ["PLB", "layout", "references", "lookups", "that miss, %", "table references, % of all", "cycles of walks, %", "Mondrix"])
    for entries, found in [("as the model's", modelled), ("the same, card unchecked", unchecked), *((f"{e} entries", f) for e, f in sweep.items())]:
        for mode in MODES:
            m = found[mode]
            lookups = m["plb hits"] + m["plb misses"]
            table.add(entries, mode, m["references"], lookups, 100 * m["plb misses"] / lookups,
                      100 * m["table-references"] / (m["references"] + m["table-references"]),
                      100 * m["cycles of PLB walks"] / m["cycles"], "< 1 % misses, < 4 % of time (WDDD 4.2)")
    table.remarks.append("The network card's accesses are checked by the same PLB, for each packet by words: its lookups and misses are counted here, and its "
                         "entries take the place of the processor's. The row with the card unchecked is the processor's alone, as in the papers.")
    table.remarks.append("References are loads and stores; lookups are of fetches too. Components' segments are written page by page in mid tables, so "
                         "an entry covers 4 KiB of them at most, where Mondrix had one for all of the kernel's text; only pools, which root "
                         "entries grant, have larger ones. Word permissions are rare in this system, and so nothing smaller is needed either: "
                         "that is why the shares are Mondrix's and not those of vpr and twolf.")
    run.write(table)
    if not sweep:
        return

    def draw(axes):
        for mode in MODES:
            axes.plot(list(sweep), [100 * f[mode]["plb misses"] / (f[mode]["plb hits"] + f[mode]["plb misses"]) for f in sweep.values()],
                      marker="o", label=mode)
        axes.axhline(1, color="0.3", linestyle="--", linewidth=1, label="Mondrix: below 1 %")
        axes.set_xscale("log", base=2)
        axes.set_xticks(list(sweep), [str(e) for e in sweep])
        axes.set_xlabel("PLB entries")
        axes.set_ylabel("lookups that miss, %")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=8)

    plot(run.folder, "plb-web", draw)


def causes(run, modelled):
    table = Table("web-cycles", "Where the web server's cycles go", "modelled cycles a request", ["layout", "all", *CAUSES, "of all in domain 0"])
    for mode in MODES:
        m = modelled[mode]
        table.add(mode, m["cycles"], *(m[f"cycles of {cause}"] for cause in CAUSES), m["supervisor cycles"])
    run.write(table)

    def draw(axes):
        left = [0] * len(MODES)
        for cause in CAUSES:
            values = [modelled[mode][f"cycles of {cause}"] for mode in MODES]
            axes.barh(MODES, values, left=left, label=cause)
            left = [a + b for a, b in zip(left, values)]
        axes.set_xlabel("modelled cycles a request")
        axes.legend(fontsize=8, ncol=3, loc="upper center", bbox_to_anchor=(0.5, -0.18))

    plot(run.folder, "web-cycles", draw)
