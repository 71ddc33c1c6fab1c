# SPDX-License-Identifier: BSD-2-Clause
"""Rules that an audit (audit.py) must satisfy, one a line: a name, a colon, and one of these sentences. `#` starts a comment.

    NAME: no path from COMPONENT... to COMPONENT...         no chain of gates leads from any of the first to any of the second
    NAME: no access to REGION... [but by COMPONENT...]      nobody else may touch a word of the regions
    NAME: no writing to REGION... [but by COMPONENT...] [but handed over by COMPONENT...]
                                                            nobody else may write one; `handed over`: but for words that this component, whose they
                                                            are, may not write itself, and one domain alone may
    NAME: one writer for each word [but REGION...]          no word is writable by two domains, but in these regions
    NAME: no code that somebody may write                   no word is executable for one and writable for another
    NAME: calls of FUNCTION... only by COMPONENT...         gates to these functions
    NAME: devices only for COMPONENT...                     words outside memory
    NAME: devices reach only REGION...                      by themselves (DMA)

A REGION is `component:NAME`, `gates:NAME`, `pool:NAME`, `supervisor`, `stacks`, `global`, `device`; `*` matches any part of a name.
"""
import fnmatch
import re


class Unreadable(Exception):
    """A line that is no rule; the message names file, line, and what was expected."""


FORMS = (
    ('path', r'no path from (?P<a>.+) to (?P<b>.+)'),
    ('access', r'no (?P<kind>access|writing) to (?P<a>.+?)(?: but by (?P<b>.+?))?(?: but handed over by (?P<c>.+))?'),
    ('writers', r'one writer for each word(?: but (?P<a>.+))?'),
    ('code', r'no code that somebody may write'),
    ('calls', r'calls of (?P<a>.+) only by (?P<b>.+)'),
    ('devices', r'devices only for (?P<a>.+)'),
    ('dma', r'devices reach only (?P<a>.+)'),
)
REGION = re.compile(r'(component|gates|pool):[\w*]+|supervisor|stacks|global|device')


class Rule:
    def __init__(self, name, form, words):
        self.name, self.form, self.words = name, form, words

    def list(self, key):
        return (self.words.get(key) or '').split()


def read(path, components):
    """The rules of a file. `components`: the names there are, so that a wrong one is found."""
    rules = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.split('#')[0].strip()
        if not text:
            continue
        name, colon, sentence = text.partition(':')
        where = f'{path}:{number}'
        if not colon or not re.fullmatch(r'[\w-]+', name.strip()):
            raise Unreadable(f'{where}: expected `NAME: sentence`')
        for form, pattern in FORMS:
            found = re.fullmatch(pattern, ' '.join(sentence.split()))
            if found:
                rules.append(Rule(name.strip(), form, found.groupdict()))
                break
        else:
            raise Unreadable(f'{where}: `{" ".join(sentence.split())}` is none of the sentences; boot/audit --help lists them')
        check_names(rules[-1], where, components)
    return rules


def check_names(rule, where, components):
    regions = {'access': 'a', 'writers': 'a', 'dma': 'a'}.get(rule.form)
    for key in ('a', 'b', 'c'):
        for word in rule.list(key):
            if key == regions:
                if not REGION.fullmatch(word):
                    raise Unreadable(f'{where}: `{word}` is no region: expected component:NAME, gates:NAME, pool:NAME, supervisor, ...')
                word = word.partition(':')[2] if word.startswith(('component:', 'gates:')) else None
            if word and not (rule.form == 'calls' and key == 'a') and not fnmatch.filter(components, word):
                raise Unreadable(f'{where}: no component `{word}`')


# ---- Checking: each gives a sentence for each breach ----

def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def region_of(grant):
    return grant['what'].replace(' ', ':', 1)


def grants(audit):
    for domain in audit['domains']:
        for grant in domain['memory']:
            yield domain, grant


def place(grant):
    return f'[0x{grant["from"]:x}, 0x{grant["to"]:x}) of {grant["what"]}'


def check_path(rule, audit):
    edges = {}
    for gate in audit['gates']:
        for client in gate['may call']:
            edges.setdefault(client, {})[gate['server']] = gate['function']
    for start in edges:
        if not matches(start, rule.list('a')):
            continue
        reached = {start: start}
        queue = [start]
        for client in queue:
            for server, function in edges.get(client, {}).items():
                if server not in reached:
                    reached[server] = f'{reached[client]} -> {server}.{function}'
                    queue.append(server)
        for name, path in reached.items():
            if name != start and matches(name, rule.list('b')):
                yield f'there is a path: {path}'


def writers_of(grant, audit):
    """The domains that may write one of these words."""
    return {domain['domain'] for domain, other in grants(audit) if other['right'] == 'read-write' and overlaps(grant, other)}


def handed(audit):
    """Words of a component that one other domain alone may write, its own domain neither."""
    return [grant for grant in audit['exports'] if grant['right'] == 'read-write' and grant['what'].startswith('component ')
            and len(writers_of(grant, audit)) == 1]


def is_handed_over(rule, grant, audit):
    part, _, owner = region_of(grant).partition(':')
    return part == 'component' and bool(rule.words.get('c')) and matches(owner, rule.list('c')) and len(writers_of(grant, audit)) == 1


def check_access(rule, audit):
    for domain, grant in grants(audit):
        own = {f'{part}:{name}' for name in domain['components'] for part in ('component', 'gates')}
        others = [name for name in domain['components'] if not matches(name, rule.list('b'))]
        region = region_of(grant)
        if not matches(region, rule.list('a')) or not others or region in own:
            continue
        if grant['right'] == 'read-write' and is_handed_over(rule, grant, audit):
            continue
        if rule.words['kind'] == 'access' or grant['right'] == 'read-write':
            yield f'{"+".join(others)} has the right to {grant["right"]} {place(grant)}'


def overlaps(first, second):
    return first['from'] < second['to'] and second['from'] < first['to']


def pairs(audit, right, other):
    """Grants of two domains, the one with `right` and the other with `other`, that have words in common."""
    ones = [pair for pair in grants(audit) if pair[1]['right'] == right]
    others = [pair for pair in grants(audit) if pair[1]['right'] == other]
    for n, (domain, grant) in enumerate(ones):
        for domain2, grant2 in others[n + 1 if right == other else 0:]:
            if domain['domain'] != domain2['domain'] and overlaps(grant, grant2):
                yield domain, grant, domain2, grant2


def check_writers(rule, audit):
    for domain, grant, domain2, grant2 in pairs(audit, 'read-write', 'read-write'):
        if not matches(region_of(grant), rule.list('a')):
            yield f'{"+".join(domain["components"])} and {"+".join(domain2["components"])} may both write {place(grant)}'


def check_code(rule, audit):
    for domain, grant, domain2, grant2 in pairs(audit, 'read-execute', 'read-write'):
        yield f'{"+".join(domain["components"])} may execute what {"+".join(domain2["components"])} may write: {place(grant2)}'


def check_calls(rule, audit):
    for gate in audit['gates']:
        if matches(gate['function'], rule.list('a')):
            for client in gate['may call']:
                if not matches(client, rule.list('b')):
                    yield f'{client} may call {gate["server"]}.{gate["function"]}'


def check_devices(rule, audit):
    for domain, grant in grants(audit):
        if grant['what'] == 'device' and not all(matches(name, rule.list('a')) for name in domain['components']):
            yield f'{"+".join(domain["components"])} may {grant["right"]} {place(grant)}'


def check_dma(rule, audit):
    for device in audit['dma']:
        if device['memory'] is None:
            yield f'{device["device"]} is not checked: it may access everything'
        for grant in device['memory'] or []:
            if not matches(region_of(grant), rule.list('a')):
                yield f'{device["device"]} may {grant["right"]} {place(grant)}'


CHECKS = {'path': check_path, 'access': check_access, 'writers': check_writers, 'code': check_code, 'calls': check_calls,
          'devices': check_devices, 'dma': check_dma}


def breaches(rule, audit):
    return list(CHECKS[rule.form](rule, audit))
