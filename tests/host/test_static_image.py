# SPDX-License-Identifier: BSD-2-Clause
"""The file system image of static_content: every path is found again by a reader that knows only the description of the
format, and packing is repeatable."""

import gzip
import importlib.machinery
import importlib.util
import pathlib
import random
import struct

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACK = ROOT / "webserver/static_content/pack"


@pytest.fixture(scope="module")
def pack():
    loader = importlib.machinery.SourceFileLoader("pack", str(PACK))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("pack", loader))
    loader.exec_module(module)
    return module


def read(image, path):
    """Content and tag, or None."""
    magic, slots, _ = struct.unpack_from("<8sII", image)
    assert magic == b"SHOJIFS1" and slots & (slots - 1) == 0
    value = len(path)
    for byte in path.encode():
        value = (value * 31 + byte) % 2**32
    for step in range(slots):
        at, length, content, count, tag = struct.unpack_from("<IIIIQ", image, 16 + (value + step) % slots * 24)
        if length == 0:
            return None
        if image[at:at + length] == path.encode():
            assert content % 16 == 0
            return image[content:content + count], tag
    raise AssertionError("no empty slot")


def test_every_path_is_found(pack):
    draw = random.Random(3)
    for count in (0, 1, 2, 3, 7, 100, 700):
        files = {f"/{draw.randrange(10**9):x}/{i}": draw.randbytes(draw.randrange(100)) for i in range(count)}
        files["/a/index.html"] = b"index"
        image = pack.pack(files)
        for path, content in files.items():
            found, tag = read(image, path)
            assert found == content and tag
        assert read(image, "/a/")[0] == b"index"
        for path in ("/", "", "/a", "/none", "/a/index.htm"):
            assert read(image, path) is None
        assert pack.pack(files) == image


def test_tags_tell_contents_apart(pack):
    image = pack.pack({"/a": b"1", "/b": b"2", "/c": b"1"})
    tags = [read(image, path)[1] for path in ("/a", "/b", "/c")]
    assert tags[0] == tags[2] != tags[1]


def test_site(pack):
    files = pack.contents(ROOT / "webserver/static_content/files")
    assert files["/hw"] == b"hello world" and "/index.html" in files
    image = pack.pack(files)
    assert len(image) < pack.LIMIT
    assert read(image, "/")[0] == files["/index.html"]


def test_files_made_up(pack):
    data = pack.made_up(1000)
    assert len(data) == 1000 and data[999] == (7 * 999 + 3) % 256


def test_a_folder_below_a_name(pack, tmp_path):
    """Its files are at that name, compressed too where that is shorter, and at no path of the site."""
    (tmp_path / "index.html").write_bytes(b"<p>" * 1000)
    (tmp_path / "short").write_bytes(b"x")
    pack.main(tmp_path / "out.image", ROOT / "webserver/static_content/files", f"dashboard:{tmp_path}")
    image = (tmp_path / "out.image").read_bytes()
    assert read(image, "dashboard:/index.html")[0] == read(image, "dashboard:/")[0] == b"<p>" * 1000
    assert gzip.decompress(read(image, "dashboard:/index.html.gz")[0]) == b"<p>" * 1000
    assert read(image, "dashboard:/short")[0] == b"x" and read(image, "dashboard:/short.gz") is None
    assert read(image, "/hw")[0] == b"hello world" and read(image, "/short") is None and read(image, "/hw.gz") is None
    assert read(image, "/")[0] != b"<p>" * 1000
    pack.main(tmp_path / "again.image", ROOT / "webserver/static_content/files", f"dashboard:{tmp_path}")
    assert len(read((tmp_path / "again.image").read_bytes(), "dashboard:/index.html.gz")[0]) < 1000
