# SPDX-License-Identifier: BSD-2-Clause
"""Fetches a source of the catalogue, checks it and unpacks it into the cache with Debian's patches applied.

Archives come from, in this order: the cache's `archives` folder, where a user may put them; Debian, through apt.
Every archive is checked by SHA-256 before it is opened: against the catalogue there, against the signed index here.
An unpacked source holds a file SHOJI-VERSION that says which version it is.
"""
import hashlib
import pathlib
import re
import shutil
import tempfile

import cache
from catalogue import SOURCES
from debian import Suites
from steps import Failed, say
import unpack

MARK = 'SHOJI-VERSION'
suites = Suites()


class Missing(Failed):
    """A source that neither the archives folder nor apt has."""

    def __init__(self, source, reason):
        super().__init__(f'{source.name}: {reason}')


def source_key(source):
    return cache.key(repr(source), pathlib.Path(unpack.__file__))


def unpacked(name):
    """The folder of the unpacked source `name`."""
    source = SOURCES[name]
    return cache.entry(f'{name}-source', source_key(source), lambda folder: fill(source, folder))


def version(name):
    return (unpacked(name) / MARK).read_text().strip()


def fill(source, folder):
    with tempfile.TemporaryDirectory(dir=cache.root(), prefix='.fetch-') as scratch:
        scratch = pathlib.Path(scratch)
        used = from_archives(source, scratch) or from_debian(source, scratch)
        tree = scratch / 'tree'
        unpack.unpack(source, scratch, tree)
        kept = tree / source.keep
        for item in kept.iterdir():
            shutil.move(item, folder / item.name)
        (folder / MARK).write_text(used.split(':')[-1] + '\n')     # without Debian's epoch


def matches(path, digest):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest() == digest


def archives_folder():
    folder = cache.root() / 'archives'
    folder.mkdir(exist_ok=True)
    return folder


def from_archives(source, scratch):
    """Takes what the user has put into the archives folder; None unless all of it is there and right."""
    paths = {archives_folder() / name: digest for name, digest in source.archives.items()}
    if not all(path.exists() for path in paths):
        return None
    for path, digest in paths.items():
        if not matches(path, digest):
            raise Failed(f'{path} is not the archive it should be (its SHA-256 differs); remove or replace it')
    for path in paths:
        shutil.copy(path, scratch)
    say(f'{source.name} {source.version}, from {archives_folder()}')
    return source.version


def from_debian(source, scratch):
    """Lets apt fetch the named version, or the next that does. A mirror may lack some files of a version: a whole one is
    preferred, but the upstream archive alone, vouched for by the signed index, does too."""
    try:
        versions = (suites.source_versions if source.kind == 'source' else suites.binary_versions)(source.package)
    except Failed as reason:
        raise Missing(source, reason) from None
    candidates = sorted((one for one in versions if one.startswith(source.versions)), reverse=True)
    candidates.sort(key=lambda one: one != source.version)
    partial = None
    for candidate in candidates:
        files = versions[candidate]
        folder = scratch / f'download-{candidates.index(candidate)}'
        folder.mkdir()
        suites.download(source.kind, source.package, candidate, folder)
        there = {name for name, digest in files.items() if (folder / name).exists() and matches(folder / name, digest)}
        lacking = sorted(set(files) - there)
        if not lacking:
            return take(source, candidate, folder, there, scratch, '')
        if partial is None and any(is_upstream(name) for name in there):
            partial = candidate, folder, there, f'; the mirror lacks {", ".join(lacking)}'
    if partial:
        return take(source, partial[0], partial[1], partial[2], scratch, partial[3])
    raise Missing(source, f'the mirror has no version {source.versions}* of Debian\'s {source.package}')


def take(source, candidate, folder, names, scratch, remark):
    for name in names:
        shutil.move(folder / name, scratch / name)
    other = '' if candidate == source.version else f' (instead of {source.version})'
    package = '' if source.package == source.name else f', from {source.package}'
    say(f'{source.name}{package} {candidate}{other}{remark}')
    return candidate


def is_upstream(name):
    return re.search(r'\.orig\.tar\.\w+$', name) is not None


def wanted():
    """What to tell a user without apt: all the archives still to be found, where to put them, their hashes."""
    lines = ['', 'These source archives are wanted. Any Debian mirror has them below pool/main; put them into',
             f'    {archives_folder()}', 'and start again; they are checked by their SHA-256:', '']
    for source in SOURCES.values():
        if not cache.path(f'{source.name}-source', source_key(source)).exists():
            lines += [f'    {digest}  {name}' for name, digest in source.archives.items()
                      if not (archives_folder() / name).exists()]
    return '\n'.join(lines)
