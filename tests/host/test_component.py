# SPDX-License-Identifier: BSD-2-Clause
"""`make component`: what it makes and takes out again in a copy of the tree, and that what it refuses leaves nothing behind. That what it
makes builds, passes its tests and runs is tests/boot/test_component.py's and the tutorial's."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    for folder in ("components", "webserver", "kernel/include"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for manifest in [*tmp_path.glob("components/*/*.manifest"), *tmp_path.glob("webserver/*/*.manifest")]:     # what somebody has added here
        shutil.rmtree(manifest.parent)
        (tmp_path / f"components/interface/{manifest.stem}.h").unlink(missing_ok=True)
    (tmp_path / "build/newlib/include").mkdir(parents=True)
    (tmp_path / "build/newlib/include/string.h").touch()
    return tmp_path


def new(tree, *arguments):
    done = subprocess.run([tree / "components/new", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def contents(tree):
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and "removed" not in path.parts}


@pytest.mark.parametrize("kind, home", [("program", "webserver"), ("server", "components")])
def test_made_and_taken_out(tree, kind, home):
    before = contents(tree)
    status, said, _ = new(tree, "counter", "--kind", kind)
    assert status == 0
    made = {path: text for path, text in contents(tree).items() if path not in before}
    assert {"components/interface/counter.h", f"{home}/counter/counter.c", f"{home}/counter/counter.manifest", f"{home}/counter/counter.mk",
            "tests/host/test_counter.c", "tests/boot/test_counter.py", "docs/components/counter.md"} <= set(made)
    for path, text in made.items():
        assert f"  {path}\n" in said
        assert b"@" not in text.replace(b"@pytest.fixture", b"") and b"NAME" not in text
        assert b"SPDX-License-Identifier" in text.splitlines()[0] or path.endswith(".md")
    assert b"component counter 64 counter.elf" in made[f"{home}/counter/counter.manifest"]
    (tree / f"{home}/counter/more.c").write_text("/* mine */\n")
    status, said, _ = new(tree, "counter", "--remove")
    assert status == 0 and contents(tree) == before
    kept = {
        path.relative_to(tree / "build/removed/counter").as_posix() for path in (tree / "build/removed/counter").rglob("*") if path.is_file()}
    assert kept == {*made, f"{home}/counter/more.c"}
    assert new(tree, "counter", "--kind", kind)[0] == 0 and new(tree, "counter", "--remove")[0] == 0     # again, and neither is lost
    assert (tree / "build/removed/counter-2").exists()


def test_ids(tree):
    assert new(tree, "one")[0] == new(tree, "two")[0] == new(tree, "three", "--id", "77")[0] == 0
    for name, number in (("one", 64), ("two", 65), ("three", 77)):
        assert f"component {name} {number} " in (tree / f"webserver/{name}/{name}.manifest").read_text()


@pytest.mark.parametrize("arguments, sentence", [
    (("tcp",), "there is already a component or pool `tcp`: webserver/webserver.manifest:"),
    (("net",), "there is already a component or pool `net`: webserver/webserver.manifest:"),
    (("newlib",), "there is already a component or pool `newlib`: components/examples/newlib/newlib.manifest:"),
    (("program",), "components/interface/program.h is there already: choose another name"),
    (("stubs", "--kind", "server"), "components/stubs/stubs.mk is there already: choose another name"),
    (("string",), "string.h is there already, which a header string.h would hide"),
    (("mutex",), "components/runtime/mutex.h is there already, which a header mutex.h would hide"),
    (("while",), "`while` is a word of C or of the manifest"),
    (("Counter",), "`Counter` is no name of a component"),
    (("../up",), "`../up` is no name of a component"),
    (("a b",), "`a b` is no name of a component"),
    (("9lives",), "`9lives` is no name of a component"),
    (("a" * 21,), "is too long: expected at most 20 characters"),
    (("fine", "--id", "7"), "id 7 is taken by tcp: webserver/webserver.manifest:"),
    (("fine", "--id", "256"), "`256` is no id: expected a number from 1 to 255"),
    (("fine", "--id", "x"), "`x` is no id"),
    (("fine", "--kind", "thread"), "`thread` is no kind of component: expected program or server"),
    (("tcp", "--remove"), "no component `tcp` was added to this tree"),
    (("fine", "--remove"), "no component `fine` was added to this tree"),
])
def test_refused(tree, arguments, sentence):
    before = contents(tree)
    status, said, error = new(tree, *arguments)
    assert status == 1 and said == "" and error.startswith("component: ") and sentence in error, error
    assert contents(tree) == before


def test_nothing_half_made(tree):
    (tree / "tests").mkdir()
    (tree / "tests/host").write_text("no folder\n")     # nothing can be written there
    before, folders = contents(tree), {path for path in tree.rglob("*") if path.is_dir()}
    status, _, error = new(tree, "counter")
    assert status == 1 and "nothing is left of what was written" in error
    assert contents(tree) == before and {path for path in tree.rglob("*") if path.is_dir()} == folders


def test_help(tree):
    assert new(tree)[0] == 1 and "make component NAME=counter" in new(tree)[2]
    status, said, _ = new(tree, "--help")
    assert status == 0 and "REMOVE=1" in said


def compose(tmp_path, system, *parts):
    (tmp_path / "system").write_text(system)
    for number, part in enumerate(parts):
        (tmp_path / f"part{number}").write_text(part)
    done = subprocess.run([ROOT / "components/compose", "out", "system", *(f"part{number}" for number in range(len(parts)))], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    return done.returncode, (tmp_path / "out").read_text() if (tmp_path / "out").exists() else "", done.stderr


SYSTEM = "# S\nsystem s\n\n# c\ncomponent a 1 a.elf memory 4K\nedge a supervisor:console\n# p\npool p 512K rw a\nthread t a main priority 3\nrule r apart a\n"


def test_composed(tmp_path):
    assert compose(tmp_path, SYSTEM) == (0, SYSTEM, "")
    part = "# b\ncomponent b 2 b.elf memory 4K\nedge b a\npool q 512K rw a ro b\nedge a b as b_\n"
    status, text, _ = compose(tmp_path, SYSTEM, part)
    assert status == 0
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [
        "system s", "component a 1 a.elf memory 4K", "component b 2 b.elf memory 4K", "edge a supervisor:console", "edge b a", "edge a b as b_",
        "pool p 512K rw a", "pool q 512K rw a ro b", "thread t a main priority 3", "rule r apart a"]
    assert text.index("# b") < text.index("component b")


@pytest.mark.parametrize("part, sentence", [
    ("component a 2 b.elf memory 4K\n", "part0:1: component a is already declared: system:5"),
    ("\ncomponent b 1 b.elf memory 4K\n", "part0:2: id 1 is already declared: system:5"),
    ("pool p 512K rw a\n", "part0:1: pool p is already declared: system:8"),
    ("thread t a main priority 4\n", "part0:1: thread t is already declared: system:9"),
    ("system other\n", "part0:1: a part has no `system` line"),
    ("compnent b 2 b.elf memory 4K\n", "part0:1: `compnent`: expected one of system, component, edge"),
])
def test_not_composed(tmp_path, part, sentence):
    status, text, error = compose(tmp_path, SYSTEM, part)
    assert status == 1 and text == "" and sentence in error and error.startswith("compose: ")


def test_the_web_server_is_what_it_was(tmp_path):
    """Composed of itself alone, line for line; and its manifest has nothing added."""
    manifest = ROOT / "webserver/webserver.manifest"
    subprocess.run([ROOT / "components/compose", tmp_path / "out", manifest], check=True)
    assert (tmp_path / "out").read_text() == manifest.read_text()
