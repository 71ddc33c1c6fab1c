# SPDX-License-Identifier: BSD-2-Clause
"""Builds libslirp, QEMU's user-mode network, with Shoji's patches, as a static library that only our QEMU uses."""
import os
import pathlib
import shutil

import cache
import sources
import steps
import unpack

HERE = pathlib.Path(__file__).parent
PATCHES = sorted((HERE / 'libslirp').glob('*.patch'))


def meson_environment():
    """Debian 12's meson is too old for QEMU: a newer one's modules go before it, for these builds only."""
    return {'PYTHONPATH': str(meson_modules())}


def meson_modules():
    return sources.unpacked('meson') / 'usr/lib/python3/dist-packages'


def libslirp_key():
    return cache.key(sources.unpacked('libslirp').name, sources.version('libslirp'), pathlib.Path(__file__), *PATCHES)


def built():
    return cache.entry('libslirp', libslirp_key(), build)


def build(folder):
    work = folder / 'work'
    shutil.copytree(sources.unpacked('libslirp'), work, symlinks=True)
    for patch in PATCHES:
        unpack.quietly('patch', '-p1', '-s', '--no-backup-if-mismatch', '-d', work, '-i', patch)
    meson = ['/usr/bin/python3', '-m', 'mesonbuild.mesonmain']
    steps.run(f'building libslirp {sources.version("libslirp")} with Shoji\'s patch (a few seconds)',
              ['sh', '-ec', '"$@" setup out --prefix="$PREFIX" --libdir=lib --buildtype=release --default-library=static '
               '-Dpkgconfig.relocatable=true; ninja -C out install', 'sh', *meson],
              log='libslirp', cwd=work, env={**meson_environment(), 'PREFIX': os.fspath(folder)})
    shutil.rmtree(work)
