# SPDX-License-Identifier: BSD-2-Clause
"""Packages from npm's registry, as a package-lock.json pins them: versions and checksums, no registry's address, so that it is the one
that the user's npm is set up with.

    modules(NAME, FOLDER)     the cache's folder with node_modules for FOLDER/package.json and FOLDER/package-lock.json; with `all`,
                              also what only tests need (devDependencies)

Nothing of a package is run when it is installed.
"""
import pathlib
import re
import shutil
import subprocess

import cache
import steps

NODE = 18   # Debian 12's
FILES = ('package.json', 'package-lock.json')


def modules(name, folder, all=False):
    folder = pathlib.Path(folder)
    key = cache.key(*(folder / file for file in FILES), pathlib.Path(__file__), all)
    return cache.entry(f'{name}-modules', key, lambda entry: install(name, folder, entry, [] if all else ['--omit=dev']))


def install(name, folder, entry, options):
    there()
    for file in FILES:
        shutil.copy(folder / file, entry)
    try:
        steps.run(f'fetching what {folder.name} is made with, from npm', ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier',
                                                                         '--prefer-offline', '--fetch-retries=2', '--fetch-timeout=60000', *options], log=f'{name}-modules', cwd=entry)
    except steps.Failed as reason:
        raise steps.Failed(f'{reason}\nnpm could not fetch the packages that {folder}/package-lock.json names. They come from the registry that '
                           '`npm config get registry` tells:\nwithout network, point npm to one that can be reached, or fill its cache where there is network '
                           f'(`npm ci` in that folder), copy ~/.npm here, and try again.') from None


def there():
    """Says what to install, where Node.js or npm is missing or too old."""
    wanted = f'Node.js {NODE} or newer and npm bundle the dashboard (Debian: nodejs and npm). Please install them and try again'
    for tool in ('node', 'npm'):
        if not shutil.which(tool):
            raise steps.Failed(f'`{tool}` is missing. {wanted}.')
    version = subprocess.run(['node', '--version'], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r'v(\d+)\.', version)
    if not major or int(major[1]) < NODE:
        raise steps.Failed(f'`node --version` says {version or "nothing"}. {wanted}.')
