# SPDX-License-Identifier: BSD-2-Clause
"""Reads another Debian suite with a private apt configuration: own sources.list, own lists, own cache.

It never touches the machine's own apt set-up. apt checks the suite's signature against Debian's keyring and, through
the signed index, the hash of each file; what the callers get is therefore as trusted as a package.
The mirrors are those of the machine's own Debian 12 sources; DEBIAN_MIRROR and DEBIAN_SECURITY_MIRROR name others.
"""
import os
import pathlib
import re
import shutil
import subprocess

import cache
from steps import Failed, say

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
# Archive: the suite whose mirror it is read from, the variable that names another.
ARCHIVES = {'main': ('bookworm', 'DEBIAN_MIRROR'), 'security': ('bookworm-security', 'DEBIAN_SECURITY_MIRROR')}


def available():
    return shutil.which('apt-get') is not None and pathlib.Path(KEYRING).exists()


def mirrors():
    """The machine's own archive addresses: main, and security, which may be None."""
    listing = subprocess.run(['apt-get', 'indextargets', '--format', '$(REPO_URI) $(CODENAME)'], capture_output=True, text=True)
    found = {}
    for line in reversed(listing.stdout.splitlines()):
        uri, _, codename = line.rpartition(' ')
        found[codename] = uri
    chosen = {archive: os.environ.get(variable) or found.get(suite) for archive, (suite, variable) in ARCHIVES.items()}
    if not chosen['main']:
        raise Failed('apt knows no mirror of bookworm: run apt-get update, add one to its sources, or set DEBIAN_MIRROR=URL')
    return chosen


class Suites:
    """The suites Shoji takes sources from, read once for each run of the program."""

    def __init__(self):
        self.folder = cache.root() / 'apt'
        self.ready = False

    def options(self):
        folder = self.folder
        settings = {
            'Dir::Etc::sourcelist': folder / 'sources.list', 'Dir::Etc::sourceparts': '/dev/null',
            'Dir::Etc::preferences': '/dev/null', 'Dir::Etc::preferencesparts': '/dev/null',
            'Dir::State::lists': folder / 'lists', 'Dir::Cache': folder / 'cache',
            'Dir::State::extended_states': folder / 'extended_states', 'Acquire::Languages': 'none',
            # The lists and downloads lie in a folder of the user's, where apt's own sandbox user may not write.
            'APT::Sandbox::User': 'root' if os.geteuid() == 0 else '',
        }
        return [word for name, value in settings.items() for word in ('-o', f'{name}={value}')]

    def apt(self, tool, *arguments, cwd=None):
        return subprocess.run([tool, *self.options(), *arguments], cwd=cwd, capture_output=True, text=True)

    def read(self):
        if self.ready:
            return
        if not available():
            raise Failed('no apt here')
        for name in ('lists/partial', 'cache/archives/partial'):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        uri = mirrors()
        lines = [f'deb-src [signed-by={KEYRING}] {uri["main"]} trixie main',
                 f'deb-src [signed-by={KEYRING}] {uri["main"]} trixie-updates main',
                 f'deb [signed-by={KEYRING}] {uri["main"]} trixie main',
                 f'deb [signed-by={KEYRING}] {uri["main"]} bookworm-backports main']
        if uri['security']:
            lines.append(f'deb-src [signed-by={KEYRING}] {uri["security"]} trixie-security main')
        (self.folder / 'sources.list').write_text('\n'.join(lines) + '\n')
        say(f'reading the package lists of Debian 13 from {uri["main"]}')
        result = self.apt('apt-get', 'update')
        if result.returncode != 0:
            raise Failed(f'apt could not read them:\n{result.stderr.strip()}')
        self.ready = True

    def source_versions(self, package):
        """{version: {file name: SHA-256}} of a source package."""
        self.read()
        versions = {}
        for record in self.apt('apt-cache', 'showsrc', '--only-source', package).stdout.split('\n\n'):
            version = re.search(r'^Version: (\S+)$', record, re.M)
            sums = re.search(r'^Checksums-Sha256:\s*\n((?: .*\n?)+)', record, re.M)
            if version and sums:
                versions[version[1]] = {name: digest for digest, _, name in map(str.split, sums[1].splitlines())}
        return versions

    def binary_versions(self, package):
        """{version: {file name: SHA-256}} of a binary package."""
        self.read()
        versions = {}
        for record in self.apt('apt-cache', 'show', '--all-versions', package).stdout.split('\n\n'):
            fields = dict(re.findall(r'^(Version|Filename|SHA256): (\S+)$', record, re.M))
            if len(fields) == 3:
                versions[fields['Version']] = {os.path.basename(fields['Filename']): fields['SHA256']}
        return versions

    def download(self, kind, package, version, folder):
        """Lets apt fetch the files of a version into the folder. Some may be missing from a mirror: callers look."""
        command = ['source', '--download-only', '--only-source'] if kind == 'source' else ['download']
        return self.apt('apt-get', *command, f'{package}={version}', cwd=folder)
