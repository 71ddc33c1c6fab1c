# SPDX-License-Identifier: BSD-2-Clause
"""Builds the emulator: Debian's QEMU 10.0.x, plain, or with the MMP CPU of mmp_hw/.

An entry of the cache holds the finished program only. Beside it stays one work folder for the patched one, source and
objects, in which a changed patch or model costs only what depends on it:
 1. The work source is the pristine source plus the overlay of mmp_hw; a file is rewritten only when its content
    changes, so ninja sees exactly the difference.
 2. The list of files that differ from the pristine source is written before any of them is: a killed run is made good
    by the next.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import cache
import libslirp
import sources
import steps
import unpack

REPOSITORY = pathlib.Path(__file__).parents[2]
MMP = REPOSITORY / 'mmp_hw'
GLUE = 'target/i386/tcg/system/mmp'
OPTIONS = ['--python=/usr/bin/python3', '--target-list=x86_64-softmmu', '--without-default-features', '--enable-tcg',
           '--enable-slirp', '--enable-plugins', '--disable-docs', '--disable-install-blobs', '--disable-download']


def base_key():
    """What both builds share: source, libraries, options, and how it is done."""
    return cache.key(sources.unpacked('qemu').name, sources.version('qemu'), libslirp.built().name,
                     sources.unpacked('meson').name, pathlib.Path(__file__), *OPTIONS)


def overlay():
    """{path in QEMU's source: content} of the files we add; the patches come on top."""
    files = {}
    for root, target, patterns in ((MMP / 'qemu/files', '', ['**/*']), (MMP / 'model', f'{GLUE}/model', ['*.c', '*.h']),
                                   (MMP / 'include/mmp', f'{GLUE}/include/mmp', ['*.h'])):
        for pattern in patterns:
            for path in sorted(root.glob(pattern)):
                if path.is_file():
                    files[os.path.join(target, path.relative_to(root))] = path.read_bytes()
    return files


def patches():
    """{name: content}, in the order to apply them."""
    return {path.name: path.read_bytes() for path in sorted((MMP / 'qemu/patches').glob('*.patch'))}


def mmp():
    """The emulator with the MMP CPU. Our files are read once, so that the key names what is built even if they change
    meanwhile."""
    added, changes = overlay(), patches()
    base = base_key()
    key = cache.key(base, repr(added), repr(changes))
    return cache.entry('qemu', key, lambda folder: build(folder, f'qemu-work-{base}', 'QEMU with the MMP CPU',
                                                         lambda stage: stage_changes(stage, added, changes)))


def plain():
    """The same emulator without any of ours, to compare with."""
    def build_once(folder):
        work = f'qemu-plain-work-{base_key()}'
        build(folder, work, 'plain QEMU', lambda stage: None)
        shutil.rmtree(cache.root() / work)
    return cache.entry('qemu-plain', base_key(), build_once)


def build(folder, work_name, title, fill_stage):
    with cache.lock(work_name):
        work = cache.root() / work_name
        fresh = not (work / 'src').exists()
        if fresh:
            start_source(work)
        with tempfile.TemporaryDirectory(dir=cache.root(), prefix='.stage-') as stage:
            fill_stage(pathlib.Path(stage))
            synchronize(work, pathlib.Path(stage))
        if not (work / 'build/configured').exists():
            configure(work, title)
        length = 'about 3 minutes on two cores, once' if fresh else 'what has changed'
        steps.run(f'building {title} {sources.version("qemu")} ({length})',
                  ['ninja', f'-j{steps.JOBS}', '-C', work / 'build', 'qemu-system-x86_64'], log=folder.name.lstrip('.'))
        for name, origin in (('bin/qemu-system-x86_64', 'build/qemu-system-x86_64'),
                             ('include/qemu-plugin.h', 'src/include/qemu/qemu-plugin.h')):
            (folder / name).parent.mkdir()
            shutil.copy2(work / origin, folder / name)


def start_source(work):
    work.mkdir(exist_ok=True)
    shutil.rmtree(work / 'part', ignore_errors=True)
    subprocess.run(['cp', '-a', '--reflink=auto', sources.unpacked('qemu'), work / 'part'], check=True)
    os.rename(work / 'part', work / 'src')


def configure(work, title):
    shutil.rmtree(work / 'build', ignore_errors=True)
    (work / 'build').mkdir()
    environment = {**libslirp.meson_environment(), 'PKG_CONFIG_PATH': str(libslirp.built() / 'lib/pkgconfig')}
    steps.run(f'configuring {title} (about 15 seconds)', [work / 'src/configure', *OPTIONS], log='qemu-configure',
              cwd=work / 'build', env=environment)
    # A changed meson.build makes ninja run meson again, from the build's own Python: let that one find it too.
    for site in (work / 'build/pyvenv/lib').glob('python3*/site-packages'):
        (site / 'newer-meson.pth').write_text(f'{libslirp.meson_modules()}\n')
    (work / 'build/configured').touch()


def stage_changes(stage, added, changes):
    """Puts the wanted content of every file that differs from the pristine source into `stage`."""
    pristine = sources.unpacked('qemu')
    for change in changes.values():
        for path in patched_files(change.decode()):
            if (pristine / path).exists():
                place(stage / path, (pristine / path).read_bytes())
    for path, content in added.items():
        place(stage / path, content)
    for name, change in changes.items():
        steps.say(f'applying {name}')
        file = stage / name
        place(file, change)
        unpack.quietly('patch', '-p1', '-s', '--no-backup-if-mismatch', '-d', stage, '-i', file)
        file.unlink()


def patched_files(change):
    for line in change.splitlines():
        if line.startswith(('--- a/', '+++ b/')):
            yield line[6:].split('\t')[0]


def place(target, content):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def synchronize(work, stage):
    """Makes work/src the pristine source plus the stage, touching only what differs."""
    pristine = sources.unpacked('qemu')
    record = work / 'changed.json'
    before = set(json.loads(record.read_text())) if record.exists() else set()
    now = {os.path.relpath(path, stage) for path in stage.rglob('*') if path.is_file()}
    write(record, json.dumps(sorted(before | now)).encode())
    for path in before - now:
        if (pristine / path).exists():
            update(pristine / path, work / 'src' / path)
        else:
            (work / 'src' / path).unlink(missing_ok=True)
    for path in now:
        update(stage / path, work / 'src' / path)
    write(record, json.dumps(sorted(now)).encode())


def update(origin, target):
    content = origin.read_bytes()
    if not target.exists() or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, content)


def write(target, content):
    part = target.with_name(target.name + '.part')
    part.write_bytes(content)
    if target.exists():
        shutil.copymode(target, part)
    os.replace(part, target)
