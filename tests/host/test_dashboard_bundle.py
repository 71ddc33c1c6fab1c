# SPDX-License-Identifier: BSD-2-Clause
"""The dashboard's bundle: small, whole, asking nobody else for anything, nothing that a strict content security policy would refuse; the types
that its sources state hold; docs/dependencies.md names what is in it; and the homes that dagre gives the web server's components."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / 'components/mpd_manager/dashboard'
sys.path.insert(0, str(ROOT / 'boot/thirdparty'))
import dashboard    # noqa: E402
import npm          # noqa: E402


@pytest.fixture(scope='module')
def bundle():
    return dashboard.bundle()


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    """The sources beside the packages that they are made with."""
    folder = tmp_path_factory.mktemp('dashboard') / 'work'
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns('node_modules'))
    (folder / 'node_modules').symlink_to(npm.modules('dashboard', SOURCES, all=True) / 'node_modules')
    return folder


def test_it_is_whole_and_small(bundle):
    assert {path.name for path in bundle.iterdir()} == {'index.html', 'app.js', 'app.css', 'icon.svg', 'licences.txt'}
    packed = sum(len(gzip.compress(path.read_bytes(), 9)) for path in bundle.iterdir())
    assert packed < 120_000, f'{packed} bytes compressed'


def test_a_bundle_is_made_once(bundle):
    assert dashboard.bundle() == bundle and bundle.stat().st_mtime == dashboard.bundle().stat().st_mtime


def test_the_page_has_nothing_inline_and_asks_nobody_else(bundle):
    page = (bundle / 'index.html').read_text()
    assert not re.search(r'\son\w+=|\sstyle=|<style|javascript:', page)
    assert not re.search(r'<script(?![^>]*\ssrc=)', page)
    for link in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert re.fullmatch(r'#\w+|[\w.]+', link) and (link.startswith('#') or (bundle / link).exists()), link
    assert not re.search(r'url\((?!#)|@import|@font-face', (bundle / 'app.css').read_text())
    code = (bundle / 'app.js').read_text()
    assert not re.search(r'\beval\(|new Function|importScripts|document\.write', code)
    for path in (SOURCES / 'src').rglob('*.js'):
        assert not re.search(r'innerHTML|outerHTML|insertAdjacentHTML|\.html\(|DOMParser', path.read_text()), f'{path.name}: what came over the wire is text'
    assert set(re.findall(r'https?://[\w./-]*', code)) <= {'http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xhtml', 'http://www.w3.org/1999/xlink',
                                                          'http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/'}


def test_every_id_that_the_sources_ask_for_is_in_the_page(bundle):
    page = (bundle / 'index.html').read_text()
    asked = {name for path in (SOURCES / 'src').rglob('*.js') for name in re.findall(r"(?:byId|getElementById)\(.?'([\w-]+)'\)", path.read_text())}
    assert len(asked) > 20
    assert asked - set(re.findall(r'id="([\w-]+)"', page)) == set()


def test_types(work):
    done = subprocess.run(['node', 'node_modules/typescript/bin/tsc', '--noEmit'], cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_layout(work):
    done = subprocess.run(['node', 'node_modules/prettier/bin/prettier.cjs', '--config', '.prettierrc.json', '--check', 'build.mjs', 'src/**/*.js',
                           *map(str, sorted((ROOT / 'tests/host').glob('test_dashboard_*.mjs')))], cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f'{done.stderr}\n`npm run format` in {SOURCES.relative_to(ROOT)} puts it right'


def test_dependencies_are_documented(bundle):
    text = (ROOT / 'docs/dependencies.md').read_text()
    lock = json.loads((SOURCES / 'package-lock.json').read_text())['packages']
    wanted = json.loads((SOURCES / 'package.json').read_text())
    for name, version in {**wanted['dependencies'], **wanted['devDependencies']}.items():
        assert lock[f'node_modules/{name}']['version'] == version, 'package.json states exact versions'
        if not name.startswith('@types/'):
            assert re.search(rf'^\|[^|]*{re.escape(name)}\b[^|]*\|[^|]*{re.escape(version)}', text, re.M | re.I), f'{name} {version}'
    for name in re.findall(r'^(\S+) \S+ \([\w.-]+\)$', (bundle / 'licences.txt').read_text(), re.M):
        assert name.lower() in text.lower(), f'{name} is in the page'
    assert not any('resolved' in entry for entry in lock.values()), 'the lock names no registry'


HOMES = '''
import fs from 'node:fs';
import { homesOf, settled } from './src/model/homes.js';
const { components, edges, sizes, columns } = JSON.parse(fs.readFileSync(0));
const homes = homesOf(components, edges, sizes, columns);
const more = settled(homes, [...components.slice(1), { name: 'made', parent: components[3].name }], edges, sizes);
console.log(JSON.stringify([[...homes], [...more]]));
'''
SIZES = {'wide': ({'width': 96, 'height': 32, 'gap': 24, 'pad': 6, 'head': 14, 'between': 12, 'row': 20, 'across': 1}, 8),
         'narrow': ({'width': 80, 'height': 34, 'gap': 12, 'pad': 4, 'head': 14, 'between': 6, 'row': 30, 'across': 3}, 4)}


def manifest():
    """Components and edges of the web server, as far as homes need them."""
    lines = [line.split('#')[0].split() for line in (ROOT / 'webserver/webserver.manifest').read_text().splitlines()]
    components = [{'name': words[1]} for words in lines if words[:1] == ['component']]
    names = {component['name'] for component in components}
    edges = [{'client': words[1], 'server': server} for words in lines if words[:1] == ['edge'] for server in words[2:] if server in names]
    return components, edges


def homes(work, width, components, edges):
    sizes, columns = SIZES[width]
    done = subprocess.run(['node', '--input-type=module', '-e', HOMES], cwd=work, capture_output=True, text=True, check=False,
                          input=json.dumps({'components': components, 'edges': edges, 'sizes': sizes, 'columns': columns}))
    assert done.returncode == 0, done.stderr
    return sizes, columns, *(dict(places) for places in json.loads(done.stdout))


@pytest.mark.parametrize('width', SIZES)
def test_homes(work, width):
    components, edges = manifest()
    assert len(components) == 25 and len(edges) > 90
    sizes, columns, first, more = homes(work, width, components, edges)
    assert set(first) == {component['name'] for component in components}
    assert set(more) == set(first) - {components[0]['name']} | {'made'}
    assert all(more[name] == first[name] for name in set(more) & set(first)), 'a home stays'
    room = sizes['width'] + 2 * sizes['pad'], sizes['height'] + 2 * sizes['pad']
    for places in (first, more):
        every = sorted(places.items())
        for i, (a, at) in enumerate(every):
            for b, other in every[:i]:
                assert abs(at['x'] - other['x']) >= room[0] or abs(at['y'] - other['y']) >= room[1], f'{a} and {b} are at one place'
    across = max(place['x'] for place in first.values()) - min(place['x'] for place in first.values())
    assert across <= (columns + 1) * (room[0] + sizes['between'])
    lowest = max(place['y'] for place in first.values())
    assert first['scheduler']['y'] == first['lock']['y'] == lowest, 'whom all invoke is the ground'
    assert first['fd_api']['y'] < first['tcp']['y'] < first['ip']['y'] < first['vnic']['y'] < lowest
