# SPDX-License-Identifier: BSD-2-Clause
"""Builds newlib, the C library of the components, for x86_64-elf with the host's compiler.

The system calls it needs are left undefined: a component either has an edge to who provides one, or does not link.
"""
import pathlib
import shutil

import cache
import sources
import steps

# Position-independent because components are static PIEs; no red zone because interrupts share their stacks.
CFLAGS = ('-O2 -g -ffreestanding -fPIE -mno-red-zone -fno-stack-protector -fcf-protection=none '
          '-ffunction-sections -fdata-sections')
OPTIONS = ['--target=x86_64-elf', '--disable-multilib', '--disable-libgloss', '--disable-newlib-supplied-syscalls',
           '--enable-newlib-io-long-long', '--enable-newlib-reent-small', '--enable-newlib-nano-formatted-io',
           '--disable-newlib-wide-orient']  # printf would ask for _fputwc_r, which the small stdio has not
TOOLS = ['CC_FOR_TARGET=gcc', *(f'{tool.upper()}_FOR_TARGET={tool}' for tool in
                               ('ar', 'as', 'ld', 'nm', 'objcopy', 'ranlib', 'readelf', 'strip'))]


def built():
    key = cache.key(sources.unpacked('newlib').name, sources.version('newlib'), pathlib.Path(__file__))
    return cache.entry('newlib', key, build)


def build(folder):
    work = folder / 'work'
    work.mkdir()
    script = ('"$0" --prefix=/ "$@"; '
              f'make -j{steps.JOBS} all-target-newlib; make DESTDIR="$PWD/../" install-target-newlib')
    steps.run(f'building newlib {sources.version("newlib")} (about half a minute)',
              ['sh', '-ec', script, sources.unpacked('newlib') / 'configure', *OPTIONS, *TOOLS,
               f'CFLAGS_FOR_TARGET={CFLAGS}'], log='newlib', cwd=work)
    for part in ('include', 'lib'):
        (folder / part).symlink_to(f'x86_64-elf/{part}')
    shutil.rmtree(work)
