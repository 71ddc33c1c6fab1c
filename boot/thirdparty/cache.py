# SPDX-License-Identifier: BSD-2-Clause
"""The user's cache: finished entries `<name>-<key>`, where the key is a hash of all that the entry is made from.

It never holds anything half done under a final name.
Invariants:
 1. An entry appears by one rename, complete, and is not changed afterwards.
 2. Whoever fills an entry holds its lock, so two builds never make the same one at the same time.
 3. What a killed build left behind is named `.<name>-<key>.part` and goes when the same entry is filled again.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil


def root():
    base = os.environ.get('XDG_CACHE_HOME') or os.path.join(os.path.expanduser('~'), '.cache')
    path = pathlib.Path(base, 'shoji')
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def key(*parts):
    """A short hash of strings and of the contents of files; each part counts with its length, so none runs into the next."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, pathlib.Path) else str(part).encode()
        digest.update(b'%d:' % len(data))
        digest.update(data)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def lock(name):
    """Holds the lock `name`, waiting for whoever has it."""
    with open(root() / f'.{name}.lock', 'w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f'  waiting for another build, which is making {name}', flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def path(name, entry_key):
    return root() / f'{name}-{entry_key}'


def entry(name, entry_key, fill):
    """The folder of an entry; `fill(folder)` makes it when it is not there."""
    final = path(name, entry_key)
    if final.exists():
        return final
    with lock(final.name):
        if final.exists():
            return final
        part = root() / f'.{final.name}.part'
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            fill(part)
            os.rename(part, final)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return final
