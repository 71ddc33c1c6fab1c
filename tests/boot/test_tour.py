# SPDX-License-Identifier: BSD-2-Clause
"""docs/tour.md, as a visitor takes it (walk.py); and its pictures are there."""

import re

import test_web
import walk

LIMIT = 300 * 1024  # bytes of a picture


def test_tour(tmp_path):
    tree = walk.copy_tree(tmp_path / "shoji")
    assert len(walk.steps((tree / "docs/tour.md").read_text())) > 30
    walk.walk("docs/tour.md", tree, {8080: test_web.free_port(), 8081: test_web.free_port()})
    assert not (tree / "build/run/pid").exists()


def test_pictures():
    """Each picture of a page is there, small enough to be looked at on the way, and each that is there is in a page."""
    folder = walk.REPOSITORY / "docs"
    pages = [walk.REPOSITORY / "README.md", *folder.glob("*.md")]
    named = {(page.parent / name).resolve() for page in pages for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text())}
    there = {path for path in (folder / "pictures").iterdir() if path.suffix in (".png", ".svg")}
    assert {path for path in named if path.suffix in (".png", ".svg")} == there
    assert all(path.stat().st_size < LIMIT for path in there)
