# SPDX-License-Identifier: BSD-2-Clause
"""Unpacks checked archives: Debian source packages with their patches applied, and the files of a .deb.

Its text is part of the key of every unpacked source: what it does decides what they hold.
"""
import shutil
import subprocess

from steps import Failed


def unpack(source, scratch, tree):
    descriptions = list(scratch.glob('*.dsc'))
    if source.kind == 'binary':
        tree.mkdir()
        for package in scratch.glob('*.deb'):
            data = subprocess.run(['ar', 'p', package, 'data.tar.xz'], check=True, capture_output=True).stdout
            subprocess.run(['tar', '-xJ', '-C', tree], input=data, check=True)
    elif descriptions and shutil.which('dpkg-source'):
        # apt has checked the signature; dpkg-source would ask for the uploader's key, which users don't have.
        quietly('dpkg-source', '--no-check', '-x', descriptions[0], tree)
    else:
        unpack_by_hand(scratch, tree)


def unpack_by_hand(scratch, tree):
    """What dpkg-source does for format 3.0 (quilt), for archives that have come without their description."""
    tree.mkdir()
    for archive in scratch.glob('*.orig.tar.*'):
        quietly('tar', '-xf', archive, '-C', tree, '--strip-components=1')
    for archive in scratch.glob('*.debian.tar.*'):
        quietly('tar', '-xf', archive, '-C', tree)
    series = tree / 'debian/patches/series'
    for line in series.read_text().splitlines() if series.exists() else []:
        if line.strip() and not line.startswith('#'):
            quietly('patch', '-p1', '-s', '--no-backup-if-mismatch', '-d', tree, '-i', series.parent / line.split()[0])


def quietly(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        raise Failed(f'{" ".join(map(str, command))}\n{result.stdout}{result.stderr}')
