# SPDX-License-Identifier: BSD-2-Clause
"""docs/tutorial.md, as a reader walks it; and that a walk notices when a page is not true (walk.py)."""

import re

import pytest
import test_web
import walk


@pytest.fixture
def tree(tmp_path):
    return walk.copy_tree(tmp_path / "shoji")


def ports():
    return {8080: test_web.free_port(), 8081: test_web.free_port()}


def test_tutorial(tree):
    asked = walk.steps((tree / "docs/tutorial.md").read_text())
    assert len(asked) > 30
    walk.walk("docs/tutorial.md", tree, ports())
    assert not (tree / "build/run/pid").exists()    # nothing is left running
    assert not list(tree.glob("webserver/*/counter.*"))


PAGE = """
```
$ false, and not walked: no console
```
<!-- varies: \\d+ -->
```console
$ echo 7 \\
> eggs
8 eggs
$ X=3; cd docs
$ printf 'a\\nb\\nc\\n'; echo $X; cat <<END
> of two lines
> END
a
...
4
of two lines
```
```console
$ basename $PWD; echo http://127.0.0.1:$PORT
docs
http://127.0.0.1:8080
```
"""


@pytest.mark.parametrize("wrong", [None, ("8 eggs", "8 ducks"), ("a\n...", "..\nb"), ("4\nof two lines\n```", "of two lines\n4\n```"), ("docs\nhttp", "http"), ("of two lines\n```", "of two lines\nmore\n```"),
                                   ("127.0.0.1:8080\n```", "127.0.0.1:8082\n```")])
def test_walk_notices(tmp_path, wrong):
    (tmp_path / "docs").mkdir()
    page = PAGE if wrong is None else PAGE.replace(*wrong, 1)
    assert wrong is None or page != PAGE
    (tmp_path / "docs/page.md").write_text(page)
    if wrong is None:
        walk.walk("docs/page.md", tmp_path, ports(), 20)
        return
    with pytest.raises(AssertionError, match=r"(?s)docs/page.md:\d+: .* prints other than the page shows"):
        walk.walk("docs/page.md", tmp_path, ports(), 20)


def test_walk_ends_what_does_not_end(tmp_path):
    (tmp_path / "page.md").write_text("```console\n$ sleep 100\n```\n")
    with pytest.raises(AssertionError, match="has not ended after 1 s"):
        walk.walk("page.md", tmp_path, ports(), 1)


def test_every_page_that_shows_commands_is_walked():
    """Blocks that look like walked ones but are not: a page says ```console and nobody runs it."""
    walked = {name for test in walk.REPOSITORY.glob("tests/boot/test_*.py") for name in re.findall(r'walk\("(docs/[\w.]+)"', test.read_text())}
    pages = {f"docs/{path.name}" for path in (walk.REPOSITORY / "docs").glob("*.md") if "```console" in path.read_text()}
    assert pages <= walked
