# SPDX-License-Identifier: BSD-2-Clause
"""Boot tests of the MMP CPU: tests/boot/cpu/ is a kernel of its own, each of whose lines is a test here.

The emulator is $QEMU or build/qemu/bin/qemu-system-x86_64.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "boot"))

from ports import free_port  # noqa: E402

SOURCES = pathlib.Path(__file__).resolve().parent / "cpu"
QEMU = os.environ.get("QEMU", str(REPOSITORY / "build/qemu/bin/qemu-system-x86_64"))
FIRMWARE = [
    option
    for folder in ("/usr/share/seabios", "/usr/share/qemu")
    if os.path.isdir(folder)
    for option in ("-L", folder)
]
CFLAGS = (
    "-ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector "
    "-fno-asynchronous-unwind-tables -fcf-protection=none -O2 -Wall -Wextra -Werror -Wa,--noexecstack"
).split()

# Ways of translating that differ in what is cached and chained. The counter is exact in all of them.
WAYS = {
    "plain": [],
    "icount": ["-icount", "shift=0,sleep=off"],
    "one-by-one": ["-accel", "tcg,one-insn-per-tb=on"],
    "logged": ["-d", "int,exec", "-D", os.devnull],
}


@pytest.fixture(scope="session")
def kernel(tmp_path_factory):
    """The test kernel, linked as the 32-bit ELF that multiboot wants."""
    out = tmp_path_factory.mktemp("cpu")
    objects = []
    for source in ("start.S", "snippets.S", "rig.c", "grants.c", "steps.c", "model.c", "main.c"):
        objects.append(out / f"{source}.o")
        command = ["gcc", *CFLAGS, f"-I{REPOSITORY}/mmp_hw/include", "-c", SOURCES / source, "-o", objects[-1]]
        subprocess.run(command, check=True)
    image64, image = out / "cpu.elf64", out / "cpu.elf"
    link = ["ld", "-nostdlib", "-static", "-z", "max-page-size=4096", "-T", SOURCES / "link.ld", "-o", image64]
    subprocess.run([*link, *objects], check=True)
    subprocess.run(["objcopy", "-O", "elf32-i386", image64, image], check=True)
    return image


def machine(kernel, *options, cpu="mmp"):
    """The command that boots the kernel; its serial port is standard output."""
    return [
        *(QEMU, *FIRMWARE, "-cpu", cpu, "-m", "256", "-display", "none", "-vga", "none", "-net", "none"),
        *("-no-reboot", "-kernel", str(kernel), *options),
    ]


def boot(kernel, *options):
    command = machine(kernel, "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4", *options)
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout.splitlines(), done.stderr


# Machines around the unit whose shapes differ: what is denied is the same with each.
MACHINES = {
    "fast": "",
    "mondrix": ",model=on,plb-check=on",
    "tiny": ",model=on,plb-entries=4,plb-ways=2,glb-entries=1,call-stack-frames=0,sidecars=register,l1d-bytes=1024",
    "round-robin": ",model=on,plb-replacement=round-robin,plb-sizes=64,sidecars=access,l2-ways=1,cache-line=32",
}


@pytest.mark.parametrize(
    ("way", "shape"),
    [(way, "fast") for way in WAYS] + [("plain", shape) for shape in MACHINES if shape != "fast"] + [("icount", "mondrix")],
)
def test_kernel(kernel, way, shape):
    lines, errors = boot(kernel, *WAYS[way], "-cpu", f"mmp{MACHINES[shape]}")
    assert errors.count("stale PLB entry") == (1 if "plb-check" in MACHINES[shape] else 0), errors
    assert [line for line in lines if line.startswith("FAIL")] == []
    assert lines and lines[-1] == "done", errors
    assert len([line for line in lines if line.startswith("ok ")]) >= 50


@pytest.mark.parametrize("cpu", ["mmp", "mmp,model=on"])
def test_devices(kernel, cpu):
    lines, errors = boot(kernel, "-cpu", cpu, "-device", "mmp-dma", "-device", "edu")
    assert lines and lines[-1] == "done", [line for line in lines if line.startswith("FAIL")] + [errors]
    assert len([line for line in lines if "ok devices" in line]) == (4 if "model" in cpu else 3)


def test_devices_come_after_what_checks_them(kernel):
    lines, errors = boot(kernel, "-device", "virtio-rng-pci", "-device", "mmp-dma")
    assert lines == [] and "must come before" in errors
    assert boot(kernel, "-device", "mmp-dma", "-device", "virtio-rng-pci")[0][-1] == "done"


def test_one_processor_only(kernel):
    lines, errors = boot(kernel, "-smp", "2")
    assert lines == [] and "one processor" in errors


def talk(kernel, console, text, *options, cpu="mmp"):
    """What QEMU's standard output answers to text once the kernel has run; it has no way to exit, and halts."""
    command = machine(kernel, "-serial", f"file:{console}", *options, cpu=cpu)
    process = subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for _ in range(600):
            if console.exists() and "done" in console.read_text():
                break
            time.sleep(0.1)
        out, _ = process.communicate(text, timeout=300)
    finally:
        process.kill()
    return out


def monitor(kernel, console, *commands, options=(), cpu="mmp"):
    text = "".join(f"{command}\n" for command in (*commands, "quit"))
    return talk(kernel, console, text, "-monitor", "stdio", *options, cpu=cpu)


def query_mmp(kernel, console, *options, cpu="mmp"):
    """The answers to QMP's query-mmp and to `info mmp`, at one moment, once the kernel has run."""
    hmp = {"execute": "human-monitor-command", "arguments": {"command-line": "info mmp"}}
    commands = [{"execute": "qmp_capabilities"}, {"execute": "stop"}, {"execute": "query-mmp"}, hmp]
    text = "".join(json.dumps(command) for command in [*commands, {"execute": "quit"}])
    out = talk(kernel, console, text, "-qmp", "stdio", *options, cpu=cpu)
    answers = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    query, info = (answer for answer in answers if answer.get("return") or "error" in answer)
    return query, info["return"]


def test_monitor(kernel, tmp_path):
    out = monitor(kernel, tmp_path / "console", "info mmp", "info mmp 0x100000", "xp /4xw 0x23f0000", "migrate file:x")
    assert "MMP enabled, domain 0000" in out
    assert "frame alignment 4096" in out
    assert "last fault: kind 1 in domain 8001" in out
    assert "gated" in out and "instructions" in out
    assert "100000: not mediated" in out
    assert "0x47415445" in out  # the monitor is not mediated
    assert "-cpu mmp cannot be saved or migrated" in out


def test_other_processors_have_none(kernel):
    command = machine(kernel, "-serial", "null", "-monitor", "stdio", cpu="qemu64")
    done = subprocess.run(command, input="info mmp\nquit\n", capture_output=True, text=True, timeout=300, check=False)
    assert "no MMP unit" in done.stdout


def test_query(kernel, tmp_path):
    query, info = query_mmp(kernel, tmp_path / "console")
    query = query["return"]
    counters = query["counters"]
    said = {name: int(value) for name, value in re.findall(r"(instructions|gated|passed|returns|faults|switches) (\d+)", info)}
    assert said == {name: counters[name] for name in said} and len(said) == 6
    assert counters["gated"] > 100000 and counters["mixed"] > 0
    assert sum(counters["faults-by-kind"]) == counters["faults"]
    assert [kind for kind, count in enumerate(counters["faults-by-kind"]) if count] == [*range(1, 14)]
    assert query["grants"] == []
    assert query["enabled"] and query["domain"] == 0 and query["root"] == 0 and query["alignment"] == 4096
    assert query["fb"] == query["sl"] + 0x10000 == 0x2810000
    assert query["call-stack"] == [] and query["xsp"] == query["xbase"]
    assert query["fault"]["kind"] == 1 and query["fault"]["domain"] == 0x8001


def test_gates(kernel, tmp_path):
    """Each gate that was entered is listed, with its own counts; both forms say the same."""
    hmp = {"execute": "human-monitor-command", "arguments": {"command-line": "info mmp-gates"}}
    commands = [{"execute": "qmp_capabilities"}, {"execute": "stop"}, {"execute": "query-mmp-gates"}, hmp, {"execute": "quit"}]
    out = talk(kernel, tmp_path / "console", "".join(json.dumps(command) for command in commands), "-qmp", "stdio")
    gates, info = (answer["return"] for answer in map(json.loads, re.findall(r"^\{.*", out, re.M)) if answer.get("return"))
    assert len(gates) > 10 and all(gate["count"] >= gate["crossed"] and gate["count"] > 0 for gate in gates)
    assert [gate["address"] for gate in gates] == sorted(0x23F0000 + 32 * (gate["address"] % 0x10000 // 32) for gate in gates)
    first = gates[0]
    assert first["address"] == 0x23F0000 and first["domain"] == 0x8002 and first["count"] > 1000000
    line = f"{first['address']:08x}: into domain 8002 at {first['target']:08x}, badge {first['badge']:x}: {first['count']} invocations"
    assert len(info.splitlines()) == len(gates) and info.startswith(line)


def test_query_of_another_processor(kernel):
    commands = '{"execute":"qmp_capabilities"}{"execute":"query-mmp"}{"execute":"quit"}'
    command = machine(kernel, "-serial", "null", "-qmp", "stdio", cpu="qemu64")
    done = subprocess.run(command, input=commands, capture_output=True, text=True, timeout=300, check=False)
    assert "This processor has no MMP unit" in done.stdout


def test_trace(kernel, tmp_path):
    """The trace events of rare things, each as often as the counter says."""
    log = tmp_path / "trace"
    events = ("mmp_fault", "mmp_gate_pass", "mmp_invalidate")
    options = [word for event in events for word in ("-trace", event)]
    query, _ = query_mmp(kernel, tmp_path / "console", *options, "-D", str(log))
    lines = log.read_text().splitlines()
    counters = query["return"]["counters"]
    assert len([line for line in lines if line.startswith("mmp_fault ")]) == counters["faults"]
    assert len([line for line in lines if line.startswith("mmp_gate_pass ")]) == counters["passed"]
    assert any(re.fullmatch(r"mmp_invalidate domain 0x0000, 0x0 bytes 0x100000000", line) for line in lines)
    assert any(re.fullmatch(r"mmp_fault kind 1 in domain 0x8001, access 1 of 8 at 0x1003000, gate 0x0", line) for line in lines)


def test_model_is_deterministic(kernel, tmp_path):
    """With a clock that counts instructions, two runs are the same to the cycle; and what is counted adds up."""
    icount = ("-icount", "shift=0,sleep=off")
    runs = [query_mmp(kernel, tmp_path / f"console{i}", *icount, cpu="mmp,model=on,plb-check=on") for i in range(2)]
    first, second = (query["return"] for query, _ in runs)
    model = first["model"]
    assert "cycles " in runs[0][1] and "PLB " in runs[0][1]
    for part in ("cycles-by-domain", "l1d", "plb", "cycles"):
        assert model[part] == second["model"][part], part
    assert model["cycles"] == sum(model["cycles-by-cause"])
    assert model["cycles"] == sum(domain["cycles"] for domain in model["cycles-by-domain"])
    for name in ("references", "checked"):
        said = re.search(rf"^{name}: loads (\d+), stores (\d+), fetches (\d+)", runs[0][1], re.M)
        assert [int(number) for number in said.groups()] == model[name]
    for name, value in (("stale", model["stale"]), ("confirmed", model["plb-confirmed"]), ("dropped", model["glb-dropped"])):
        assert f"{name} {value}," in runs[0][1]
    assert model["stale"] == 1 and model["plb"]["misses"] > 100 and model["glb"]["hits"] > 100000
    assert model["cycles-by-cause"][0] == model["references"][2] > 10000000
    assert model["references"][0] > model["checked"][0] > 0


def test_crossings_cost_what_is_asked(kernel, tmp_path):
    """crossing-cycles is added once for each round trip, and changes nothing else."""
    icount = ("-icount", "shift=0,sleep=off")
    cheap, dear = (query_mmp(kernel, tmp_path / f"console{n}", *icount, cpu=f"mmp,model=on,crossing-cycles={n}")[0]["return"]
                   for n in (8, 109))
    counters = cheap["counters"]
    assert counters == dear["counters"] and counters["returns"] > 100000
    by_cause = [after - before for before, after in zip(cheap["model"]["cycles-by-cause"], dear["model"]["cycles-by-cause"])]
    assert by_cause == [0, 0, 0, 0, 51 * counters["gated"] + 50 * counters["returns"], 0]


@pytest.mark.parametrize(("option", "said"), [
    ("model=on,plb-ways=3", "no machine can be made"), ("model=on,plb-replacement=best", "lru, round-robin or random"),
    ("model=on,sidecars=many", "none, access or register"), ("model=on,l1d-ways=0", "no machine can be made"),
    ("model=on,crossing-cycles=9,gate-cycles=1", "give it or them"), ("plb-entries=16", "plb-entries"),
    ("crossing-cycles=9", "give model=on too"), ("sidecars=access", "give model=on too"),
])
def test_machines_that_cannot_be_made(kernel, option, said):
    lines, errors = boot(kernel, "-cpu", f"mmp,{option}")
    assert lines == [] and "-cpu mmp" in errors and said in errors


@pytest.mark.skipif(shutil.which("gdb") is None, reason="no gdb here")
def test_gdb(kernel, tmp_path):
    """gdb stops in whatever domain runs the code, says which one that is, and disturbs nothing."""
    console, log = tmp_path / "console", tmp_path / "trace"
    port = free_port()
    trace = ("-trace", "mmp_gate_cross", "-trace", "mmp_gate_return", "-trace", "mmp_switch", "-D", str(log))
    command = machine(kernel, "-serial", f"file:{console}", "-S", "-gdb", f"tcp:127.0.0.1:{port}", *trace)
    show = ["-ex", 'printf "domain %x fb %lx sl %lx xsp %lx\\n", $mmp_pdid, $mmp_fb, $mmp_sl, $mmp_xsp']
    steps = [
        *("set confirm off", f"file {kernel.with_suffix('.elf64')}", f"target remote 127.0.0.1:{port}"),
        *("hbreak callee_badge", "continue"),  # the second call through a gate
    ]
    script = [word for step in steps for word in ("-ex", step)]
    at_return = [word for step in ("delete", "stepi", "info registers rip") for word in ("-ex", step)]
    again = [word for step in ("break call_gate_at", "continue") for word in ("-ex", step)]
    process = subprocess.Popen(command)
    try:
        done = subprocess.run(
            ["gdb", "-nx", "-batch", *script, *show, *at_return, *show, *again, *show, "-ex", "kill"],
            capture_output=True, text=True, timeout=120, check=False,
        )
    finally:
        process.kill()
        process.wait()
    found = re.findall(r"domain (\w+) fb (\w+) sl (\w+) xsp (\w+)", done.stdout)
    assert found == [
        ("8002", "280f000", "2800000", "2900080"),  # Bob, a frame on the call stack
        ("8001", "2810000", "2800000", "2900000"),  # back in Alice after the `ret`
        ("8001", "2810000", "2800000", "2900000"),
    ], done.stdout + done.stderr
    text = log.read_text()
    assert re.search(r"mmp_gate_cross gate 0x23f0020 from domain 0x8001 to 0x8002, rip 0x\w+ rsp 0x280eff8", text)
    assert re.search(r"mmp_gate_return from domain 0x8002 to 0x8001", text)
    assert "mmp_switch from domain 0x8001 to 0x8002" in text
