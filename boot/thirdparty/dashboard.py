# SPDX-License-Identifier: BSD-2-Clause
"""Bundles the dashboard (components/mpd_manager/dashboard) with the packages that it is made with: index.html, app.js, app.css and what else
build.mjs writes, flat. A cache entry for each content, like all that is built with what is not Shoji's own.
"""
import pathlib
import shutil

import cache
import npm
import steps

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / 'components/mpd_manager/dashboard'
COSTS = ROOT / 'policy/costs.txt'


def sources():
    found = [FOLDER / name for name in ('build.mjs', *npm.FILES)] + [path for path in sorted((FOLDER / 'src').rglob('*')) if path.is_file()]
    return [path.relative_to(FOLDER) for path in found]


def bundle():
    files = sources()
    key = cache.key(pathlib.Path(__file__), COSTS, *(part for file in files for part in (str(file), FOLDER / file)))
    return cache.entry('dashboard', key, lambda entry: build(files, entry))


def build(files, entry):
    """In a copy of its own beside the packages: the tree is only read."""
    packages = npm.modules('dashboard', FOLDER)
    work = entry / 'work'
    for file in files:
        (work / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FOLDER / file, work / file)
    (work / 'node_modules').symlink_to(packages / 'node_modules')
    steps.run('bundling the dashboard', ['node', 'build.mjs', entry, COSTS], log='dashboard', cwd=work)
    shutil.rmtree(work)
