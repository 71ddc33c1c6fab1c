# SPDX-License-Identifier: BSD-2-Clause
"""What components/stubs derives from headers (docs/interfaces.md): held against the compiler, which knows nothing of it; and headers that
nothing can be derived from are refused, with the line."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DERIVE = ROOT / "components/stubs/derive"
INTERFACES = sorted(path for path in (ROOT / "components/interface").glob("*.h") if path.name != "export.h")
LIBRARIES = [ROOT / "kernel/include/shoji/status.h", ROOT / "kernel/include/shoji/supervisor.h", ROOT / "components/runtime/runtime.h"]
FLAGS = ["-std=gnu11", "-O2", "-fPIC", "-ffreestanding", "-fcf-protection=none", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/components/interface",
         f"-I{ROOT}/kernel/include"]


def derive(out, *headers):
    return subprocess.run([DERIVE, "stubs", out, *(path.relative_to(ROOT) if ROOT in path.parents else path for path in headers)],
                          cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def derived(tmp_path_factory):
    out = tmp_path_factory.mktemp("interface")
    done = derive(out, *INTERFACES, *LIBRARIES)
    assert done.returncode == 0, done.stderr
    return out


def declared(header):
    """Names of the functions that the compiler finds in a header: those that a file may call which includes only this."""
    source = f'#include "{header.name}"\n'
    done = subprocess.run(["gcc", *FLAGS, "-E", "-xc", "-"], input=source, capture_output=True, text=True, check=True).stdout
    own, inside = "", False
    for line in done.splitlines():
        if line.startswith("# "):
            inside = line.split('"')[1] == str(header)
        elif inside:
            own += line + "\n"
    return set(re.findall(r"^long (\w+)\(|^uint64_t (\w+)\(", own, re.M))


def compiled(tmp_path, text, *flags):
    (tmp_path / "it.c").write_text(text)
    done = subprocess.run(["gcc", *FLAGS, *flags, "-c", "it.c", "-o", "it.o"], cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("header", INTERFACES, ids=lambda path: path.stem)
def test_every_function_is_derived(derived, header):
    names = {a or b for a, b in declared(header)}
    said = set(re.findall(r"SHOJI_BADGE_(\w+)", (derived / "served" / header.name).read_text())) if names else set()
    assert said == names


ARGUMENTS = [(1, "first"), (2, "second"), (3, "third"), (4, "fourth"), (5, "fifth")]


@pytest.mark.parametrize("count", range(6))
def test_badge_comes_behind_the_arguments(tmp_path, count):
    """Called as C calls: the badge is what the caller has in eax, whatever the arguments are."""
    words = [f"uint64_t {name}" for _, name in ARGUMENTS[:count]]
    (tmp_path / "adds.h").write_text('#include "shoji/supervisor.h"\n/* Adds. */\nlong adds(%s);\n' % (", ".join(words) or "void"))
    assert derive(tmp_path, tmp_path / "adds.h").returncode == 0
    sums = " + ".join(["1000 * client", *(f"{number} * {name}" for number, name in ARGUMENTS[:count])])
    numbers = [7 + 10 * i for i in range(count)]
    load = "".join(f"mov ${value}, %%{register}\\n" for value, register in zip(numbers, ("rdi", "rsi", "rdx", "rcx", "r8")))
    (tmp_path / "main.c").write_text(f'''
#include "served/adds.h"
#include "export.h"
SHOJI_EXPORT_BADGED(adds);
long adds_badged({", ".join([*words, "component_t client"])})
{{
    return {sums};
}}
int main(void)
{{
    long result;
    __asm__ volatile("{load}mov $3, %%eax\\ncall adds" : "=a"(result) : : "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    return result == {3000 + sum((i + 1) * value for i, value in enumerate(numbers))} ? 0 : 1;
}}
''')
    subprocess.run(["gcc", *FLAGS, "-mno-red-zone", f"-I{tmp_path}", "main.c", "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 0


def test_a_server_that_differs_does_not_compile(tmp_path, derived):
    good = '#include "served/tcp.h"\n#include "export.h"\nSHOJI_EXPORT_BADGED(tcp_take);\nlong tcp_take_badged(%s)\n{\n    return (long)client + listener + event;\n}\n'
    assert compiled(tmp_path, good % "long listener, long event, component_t client", f"-I{derived}") == (0, "")
    for wrong in ("long listener, component_t client, long event", "long listener, long event, uint64_t unused, component_t client"):
        status, said = compiled(tmp_path, good % wrong, f"-I{derived}")
        assert status != 0 and "conflicting types" in said


def test_instances(tmp_path, derived):
    text = '#include "instances/async_invocation.h"\nASYNC_INVOCATION_INSTANCE(x_);\nlong both(long event);\nlong both(long event)\n{\n    return x_async_serve(event) + x_async_call(1, 2, event);\n}\n'
    assert compiled(tmp_path, text, f"-I{derived}") == (0, "")


@pytest.mark.skipif(not (shutil.which("rustc") or (Path.home() / ".cargo/bin/rustc").exists()), reason="there is no rustc on this machine")
def test_rust_sees_what_c_sees(tmp_path, derived):
    """Sizes and offsets of structures, and values of constants: printed by both, from the same headers."""
    rustc = shutil.which("rustc") or str(Path.home() / ".cargo/bin/rustc")
    shapes = {"async_record": ["slot", "status", "bytes"], "program_request": ["method", "path_bytes", "query_bytes", "body_bytes"],
              "sup_component": ["name", "id", "memory_used", "state", "reason", "parent"], "sup_trace": ["name", "state", "frame"],
              "sup_test_hit": ["rip", "thread", "status"], "sup_sched": ["lock", "cut", "idle_until"]}
    constants = ["ASYNC_SLOTS", "ASYNC_MORE", "CONTENT_LATER", "PROGRAM_POST", "SHOJI_ESAME", "VNIC_SUM_TCP", "SUP_STACK", "PD_ALL"]
    rust = "fn main() {\n" + "".join(f'    println!("{c} {{}}", {c} as i64);\n' for c in constants)
    c = "#include <stdio.h>\n#include <stddef.h>\n" + "".join(f'#include "{path.name}"\n' for path in INTERFACES) + "int main(void)\n{\n" + "".join(
        f'    printf("{name} %ld\\n", (long){name});\n' for name in constants)
    for name, members in shapes.items():
        rust += f'    println!("{name} {{}}", core::mem::size_of::<{name}>());\n' + "".join(
            f'    println!("{name}.{m} {{}}", {{ let it = core::mem::MaybeUninit::<{name}>::uninit(); unsafe {{ core::ptr::addr_of!((*it.as_ptr()).{m}) as usize - it.as_ptr() as usize }} }});\n' for m in members)
        c += f'    printf("{name} %ld\\n", (long)sizeof(struct {name}));\n' + "".join(
            f'    printf("{name}.{m} %ld\\n", (long)offsetof(struct {name}, {m}));\n' for m in members)
    crate = (derived / "rust/shoji.rs").read_text().replace("#![no_std]\n", "")
    (tmp_path / "it.rs").write_text(crate + rust + "}\n")
    (tmp_path / "it.c").write_text(c + "    return 0;\n}\n")
    subprocess.run([rustc, "--edition", "2021", "-A", "warnings", "-C", "link-dead-code=no", "-o", "rust", "it.rs"], cwd=tmp_path, check=True)
    subprocess.run(["gcc", f"-I{ROOT}/components/interface", f"-I{ROOT}/kernel/include", "it.c", "-o", "c"], cwd=tmp_path, check=True)
    said = [subprocess.run([tmp_path / program], capture_output=True, text=True, check=True).stdout for program in ("rust", "c")]
    assert said[0] == said[1] and len(said[0].splitlines()) > 25


PREFIX = '#include "shoji/supervisor.h"\n'


@pytest.mark.parametrize("text, sentence", [
    ("long f(void);\n", "bad.h:2: f has no contract"),
    ("/* About another. */\n\nlong f(void);\n", "bad.h:4: f has no contract"),
    ("/* Seven. */\nlong f(long a, long b, long c, long d, long e, long g, long h);\n", "bad.h:3: f has 7 arguments: a gate passes at most 6 words"),
    ("/* In xmm0. */\nlong f(double x);\n", "`double x` does not travel in a register"),
    ("struct two { long a, b; };\n/* On the stack. */\nlong f(struct two t);\n", "`struct two t` does not travel in a register"),
    ("/* Back. */\ndouble f(void);\n", "f returns what does not travel in a register"),
    ("/* No C. */\nlong f(long a;\n", "bad.h:3"),
    ('#include "nowhere.h"\n/* x */\nlong f(void);\n', "nowhere.h"),
])
def test_refused(tmp_path, text, sentence):
    (tmp_path / "bad.h").write_text(PREFIX + text)
    done = derive(tmp_path / "out", tmp_path / "bad.h")
    assert done.returncode == 1 and sentence in done.stderr, done.stderr
    assert done.stderr.startswith("stubs: ") and not (tmp_path / "out").exists()


def test_one_name_in_two_headers(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.h").write_text("/* The same. */\nlong f(void);\n")
    done = derive(tmp_path / "out", tmp_path / "one.h", tmp_path / "two.h")
    assert done.returncode == 1 and f"f is already in {tmp_path}/one.h" in done.stderr


def test_contracts(tmp_path):
    """Which comment is about which function."""
    (tmp_path / "it.h").write_text(PREFIX + """/* Both. */
#define SIZE(x) \\
    ((x) + 1)
long a(void);
long b(long x); /* Own:
                 * "long c(void);" is none. SHOJI_EBUSY */
/* Of d,
   over lines: SHOJI_EPERM, SHOJI_EINVAL. */
long d(const char *text,
       uint64_t bytes);
""")
    sys.path.insert(0, str(ROOT / "components/stubs"))
    import describing
    import reading
    header = reading.read_header(tmp_path / "it.h", [f"-I{ROOT}/kernel/include"])
    assert {f.name: f.contract for f in header.functions} == {
        "a": "Both.", "b": 'Both. Own: "long c(void);" is none. SHOJI_EBUSY', "d": "Of d, over lines: SHOJI_EPERM, SHOJI_EINVAL."}
    assert header.functions[2].declaration == "long d(const char *text, uint64_t bytes)"
    assert describing.statuses_in(header.functions[2].contract, {"SHOJI_EINVAL": -1, "SHOJI_EPERM": -2, "SHOJI_E": -3}) == ["SHOJI_EINVAL", "SHOJI_EPERM"]


def test_only_what_changes_is_written(tmp_path, derived):
    before = {path: path.stat().st_mtime_ns for path in derived.rglob("*") if path.is_file()}
    assert derive(derived, *INTERFACES, *LIBRARIES).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in derived.rglob("*") if path.is_file()} == before and len(before) > 30


def test_nothing_is_written_by_hand():
    """No padding, no thunk and no declaration of a badged function or a supervisor call but the derived ones."""
    wrong = []
    for folder in ("components", "webserver", "kernel", "tests/boot", "tests/host"):
        for path in (ROOT / folder).rglob("*.[ch]"):
            if re.search(r"^(?:__attribute__\S* )?long \w+_badged\([^{;]*\);|^long \w+_call\([^{;]*component_t(?: badge)?\);|unused_t", path.read_text(), re.M):
                wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def test_description(tmp_path):
    """What is described of images: a function that nobody offers has no component, and who learns who calls is known by its thunk."""
    (tmp_path / "it.h").write_text(PREFIX + "/* One. SHOJI_EBUSY */\nlong one(long x);\n/* Two. */\nlong two(void);\n/* Three. */\nlong three(void);\n")
    assert derive(tmp_path, tmp_path / "it.h").returncode == 0
    (tmp_path / "it.c").write_text('#include "served/it.h"\n#include "export.h"\nSHOJI_EXPORT_BADGED(one);\nlong one_badged(long x, component_t client)\n{\n    return x + client;\n}\n'
                                   "SHOJI_EXPORT long two(void)\n{\n    return 2;\n}\nlong three(void)\n{\n    return 3;\n}\n")
    subprocess.run(["gcc", *FLAGS, "-fvisibility=hidden", "-shared", "-nostdlib", f"-I{tmp_path}", "it.c", "-o", "it.elf"], cwd=tmp_path, check=True)
    (tmp_path / "m").write_text("component first 1 it.elf memory 64K\ncomponent second 2 it.elf memory 64K\n")
    done = subprocess.run([DERIVE, "describe", tmp_path / "out", tmp_path / "m", tmp_path, "kernel/include/shoji/status.h", tmp_path / "it.h"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (interface,) = json.loads((tmp_path / "out/interfaces.json").read_text())["interfaces"]
    one, two, three = interface["functions"]
    assert (one["components"], one["learns_who_calls"], one["errors"]) == (["first", "second"], True, ["SHOJI_EBUSY"])
    assert one["parameters"] == [{"name": "x", "type": "long"}]
    assert (two["components"], two["learns_who_calls"]) == (["first", "second"], False) and three["components"] == []
