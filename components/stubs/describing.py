# SPDX-License-Identifier: BSD-2-Clause
"""What all interfaces say, in one JSON and one page: each function, its parameters, contract and statuses, and who offers it. Who does is
not said in the headers: it is read from the images, by nm, and from the manifest.
"""
import json
import pathlib
import subprocess

from reading import GENERATOR


def symbols(image, *options):
    said = subprocess.run(['nm', *options, str(image)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in said.splitlines() if line.split()[-2] in 'TtWw'}


def offered(manifest, components):
    """{function: [component of the manifest that exports it]}, and those that learn who calls."""
    servers, badged, known = {}, set(), {}
    for line in pathlib.Path(manifest).read_text().splitlines():
        words = line.split('#')[0].split()
        if words[:1] != ['component']:
            continue
        image = pathlib.Path(components) / words[3]
        if image not in known:
            known[image] = symbols(image, '-D', '--defined-only'), symbols(image, '--defined-only')
        exports, every = known[image]
        for name in exports:
            servers.setdefault(name, []).append(words[1])
            if f'{name}_badged' in every:
                badged.add(name)
    return servers, badged


def statuses_in(words, statuses):
    """The statuses that a contract names, in the list's order."""
    marks = ''.join(c if c.isalnum() or c == '_' else ' ' for c in words).split()
    return [status for status in statuses if status in marks]


def function_of(function, servers, badged, statuses):
    return {
        'name': function.name,
        'declaration': function.declaration,
        'returns': GENERATOR.visit(function.returns),
        'parameters': [{'name': getattr(p, 'name', None), 'type': GENERATOR.visit(p.type).replace(p.name or '\0', '').strip()}
                       for p in function.parameters],
        'contract': function.contract,
        'errors': [status for status in statuses_in(function.contract, statuses) if statuses[status] < 0],
        'components': servers.get(function.name, []),
        'learns_who_calls': function.name in badged,
        'line': function.line,
    }


def description(headers, manifest, components):
    servers, badged = offered(manifest, components)
    statuses = next(header.constants for header in headers if header.path.name == 'status.h')
    return {
        'manifest': str(manifest),
        'statuses': statuses,
        'interfaces': [{
            'name': header.path.stem,
            'header': str(header.path),
            'about': header.about,
            'constants': header.constants,
            'functions': [function_of(function, servers, badged, statuses) for function in header.functions],
        } for header in headers if header.functions],
    }


def page(whole):
    lines = ['# Interfaces', '', 'Derived from the headers by `make interfaces` ([how](../../docs/interfaces.md)).']
    for interface in whole['interfaces']:
        lines += ['', f'## {interface["name"]}', '', f'`{interface["header"]}`: {interface["about"]}', '',
                  '| function | components | contract |', '|---|---|---|']
        for function in interface['functions']:
            cells = [f'`{function["declaration"]}`', ', '.join(function['components']) or '-', function['contract'].replace('|', '\\|')]
            lines.append(f'| {" | ".join(cells)} |')
    return lines


def files(headers, manifest, components):
    whole = description(headers, manifest, components)
    return {'interfaces.json': json.dumps(whole, indent=1).splitlines(), 'interfaces.md': page(whole)}
