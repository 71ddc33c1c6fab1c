# SPDX-License-Identifier: BSD-2-Clause
"""Words that were granted and never touched in a recorded run (boot/plugin/touched.c), and the narrower grant that would have done.

The recording tells accesses by the component whose code made them, so it is compared with tables in which every component has a domain of its own.
"""


LOADED, STORED, FETCHED = range(3)
WORDS = 1024


def read(path):
    """{slot: {page number: (loaded, stored, fetched)}}, each a number with a bit for each word of the page."""
    found = {}
    for line in path.read_text().splitlines():
        slot, page, *bits = line.split()
        found.setdefault(int(slot), {})[int(page, 16)] = tuple(int(text, 16) for text in bits)
    return found


def count(pages, start, end, kinds):
    """How many words of [start, end) were touched in one of these ways."""
    total = 0
    for page in range(start >> 12, (end + 4095) >> 12):
        if page not in pages:
            continue
        bits = 0
        for kind in kinds:
            bits |= pages[page][kind]
        low, high = max(start - (page << 12), 0) // 4, min(end - (page << 12), 4096) // 4
        total += (bits >> low & (1 << high - low) - 1).bit_count()
    return total


def span(pages, start, end):
    """The least range of whole words within [start, end) that holds all that was touched, or None."""
    touched = []
    for page in range(start >> 12, (end + 4095) >> 12):
        if page in pages:
            bits = pages[page][LOADED] | pages[page][STORED] | pages[page][FETCHED]
            while bits:
                low = bits & -bits
                address = (page << 12) + 4 * (low.bit_length() - 1)
                if start <= address < end:
                    touched.append(address)
                    break
                bits ^= low
            bits = pages[page][LOADED] | pages[page][STORED] | pages[page][FETCHED]
            address = (page << 12) + 4 * (bits.bit_length() - 1)
            if start <= address < end:
                touched.append(address)
    return (min(touched), max(touched) + 4) if touched else None


def narrower(grant, words):
    """The least right that the recorded accesses needed."""
    if words['stored']:
        return 'read-write'
    if words['executed']:
        return 'read-execute'
    return 'read' if words['loaded'] else 'none'


def compare(audit, recording, system):
    """For each grant: how many of its words were loaded, stored, executed, never touched; and what would have been enough."""
    index = {component.name: component.index for component in system.components}
    report = []
    for domain in audit['domains']:
        (name,) = domain['components']
        pages = recording.get(index[name], {})
        for grant in domain['memory']:
            start, end = grant['from'], grant['to']
            if grant['what'].startswith('gates'):
                continue    # a gate is fetched by the hardware, and its own counts tell whether it was used
            words = {'loaded': count(pages, start, end, (LOADED,)), 'stored': count(pages, start, end, (STORED,)),
                     'executed': count(pages, start, end, (FETCHED,))}
            touched = count(pages, start, end, (LOADED, STORED, FETCHED))
            least = span(pages, start, end)
            report.append({**grant, **words, 'untouched': grant['words'] - touched,
                           'enough': {'right': narrower(grant, words), **({'from': least[0], 'to': least[1]} if least else {})}})
    return report


def gates_unused(audit):
    """Gates that nobody went through: edges that the manifest need not draw, as far as this run tells."""
    return [gate for gate in audit['gates'] if gate['invocations'] == 0]
