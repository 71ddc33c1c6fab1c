# SPDX-License-Identifier: BSD-2-Clause
"""What everybody in a running system can reach, as plain data: read from the processor's tables, not from the manifest, which gives names only.

    collect(emulator, system) -> {
      "components": [{"name", "id", "domain"}],
      "domains":    [{"domain", "tag", "root", "components": [name], "memory": [grant], "stacks"}],
      "gates":      [{"client", "server", "function", "invocations", "gated"}],     for each gate that its domain may execute
      "exports":    [grant with "owner"],       words of a component's slot that others may touch
      "devices":    [grant]                     words outside memory that a domain may touch
      "dma":        [{"device", "memory": [grant]}]     what devices may touch by themselves; memory is null: everything
      "tables":     {"bytes", "pages"}          what the permission tables take
    }

A grant is {"component": names joined by +, "from", "to", "words", "right", "what"}.
"""
import re
import subprocess

from . import arch, system as places, tables

RIGHTS = tables.NAMES
ROM_BASE = 0xa0000


def supervisor_functions(kernel):
    """Address: name of the supervisor calls, by the kernel's symbols."""
    told = subprocess.run(['nm', kernel], capture_output=True, text=True, check=True).stdout
    return {int(address, 16): name for address, name in re.findall(r'^(\w+) [tT] (\w+)_entry$', told, re.M)}


def server_functions(image):
    """Offset: name of what an image exports."""
    told = subprocess.run(['nm', '-D', '--defined-only', image], capture_output=True, text=True, check=True).stdout
    return {int(address, 16): name for address, name in re.findall(r'^(\w+) [TW] (\w+)$', told, re.M)}


class Auditor:
    def __init__(self, emulator, system, kernel, made_names):
        self.system = system
        self.walker = tables.Walker(emulator)
        self.mmp = emulator.mmp()
        self.supervisor = supervisor_functions(kernel)
        self.descriptors = list(self.walker.descriptors(self.mmp['domain-table'], self.mmp['domain-count']))
        self.roots = {d.tag: d.root for d in self.descriptors if d.valid}
        self.made(made_names)
        self.members = system.members([d for d in self.descriptors if d.valid])

    def made(self, names):
        """Components that no manifest knows: homes of other ids, and where their code lies, in a slot that is nobody's yet. A slot of several that share
        a domain is the one's that gates of this id lead into."""
        taken = {pool.slot for pool in self.system.pools}
        for descriptor in self.descriptors:
            if not descriptor.valid or not 0 < descriptor.index < places.TAG_FIRST or descriptor.index in self.system.by_id:
                continue
            slots = {(start - arch.ARENA_BASE) // arch.SLOT_BYTES for start, _, permission in self.walker.runs(self.roots[descriptor.tag])
                     if permission == arch.MMP_PERM_RX and arch.ARENA_BASE <= start < arch.ARENA_END
                     and start % arch.SLOT_BYTES < arch.GATES_OFFSET}
            slots = {slot for slot in slots if slot not in taken and not self.system.component_in(slot)}
            led = {(gate.target - arch.ARENA_BASE) // arch.SLOT_BYTES for gate in self.gates_into(descriptor.index)} if len(slots) > 1 else set()
            for slot in sorted(slots & led or slots)[:1]:
                self.system.add_made(slot, descriptor.index, names.get(descriptor.index, f'made_{descriptor.index}'))

    def gates_into(self, id_):
        for component in self.system.components:
            for gate in self.walker.gates(*self.system.gates_of(component)):
                if gate.pd & arch.MMP_PD_INDEX_MASK == id_:
                    yield gate

    def domains(self):
        for tag, components in sorted(self.members.items()):
            yield tag, self.roots[tag], components

    def grants(self, tag):
        """What a domain's table grants, cut at the borders of slots."""
        return self.granted(tag, '+'.join(component.name for component in self.members[tag]))

    def dma(self):
        """The manifest's devices; those that are checked have domains, numbered behind those of components (kernel/memory_map.h)."""
        for n, device in enumerate(self.system.devices):
            index = places.TAG_FIRST + arch.PD_COUNT + n
            tag = next((d.tag for d in self.descriptors if d.index == index and d.valid), None)
            yield {'device': device, 'memory': None if tag is None else list(self.granted(tag, device))}

    def granted(self, tag, who):
        for start, end, permission in self.walker.runs(self.roots[tag]):
            while start < end:
                stop = min(end, self.border(start))
                yield {'component': who, 'from': start, 'to': stop, 'words': (stop - start) // 4, 'right': RIGHTS[permission],
                       'what': self.what(start)}
                start = stop

    @staticmethod
    def border(address):
        """Where the part of a slot that an address is in ends: memory and gate space are two parts."""
        slot = address & ~(arch.SLOT_BYTES - 1)
        return slot + (arch.SLOT_BYTES if address - slot >= arch.GATES_OFFSET else arch.GATES_OFFSET)

    def what(self, address):
        """`component NAME`, `gates NAME`, `pool NAME`, `supervisor`, `stacks`, `global` or `device`."""
        text = self.system.place(address)
        slot = (address - arch.ARENA_BASE) // arch.SLOT_BYTES
        if arch.ARENA_BASE <= address < arch.ARENA_END:
            if self.system.component_in(slot):
                gates = address % arch.SLOT_BYTES >= arch.GATES_OFFSET
                return f'{"gates" if gates else "component"} {self.system.component_in(slot).name}'
            return text.split('+')[0] if text.startswith('pool') else 'empty'
        if text == 'shoji_global':
            return 'global'
        if text.startswith('stack'):
            return 'stacks'
        return 'supervisor' if text.startswith('the supervisor') or address < arch.MODULES_END else 'device'

    def gates(self):
        """Each gate in gate space that some domain may execute, read from where it lies."""
        functions = {}
        for tag, _, components in self.domains():
            for grant in self.grants(tag):
                if not grant['what'].startswith('gates') or grant['right'] != 'read-execute':
                    continue
                for gate in self.walker.gates(grant['from'], grant['to']):
                    yield {'client': self.client(gate), 'may call': [c.name for c in components], 'server': self.system.pd_name(gate.pd),
                           'function': self.function(gate, functions), 'invocations': gate.invocations, 'gated': gate.gated}

    def client(self, gate):
        return self.system.by_id[gate.badge].name if gate.badge in self.system.by_id else f'badge {gate.badge}'

    def function(self, gate, known):
        if gate.pd == arch.MMP_PD_SUPERVISOR:
            return self.supervisor.get(gate.target, f'0x{gate.target:x}')
        server = self.system.by_id.get(gate.pd & arch.MMP_PD_INDEX_MASK)
        if server is None or server.image is None:
            return f'0x{gate.target:x}'
        if server.image not in known:
            known[server.image] = server_functions(arch.REPOSITORY / 'build/components' / server.image)
        base = self.base(server)
        return known[server.image].get(gate.target - base, f'0x{gate.target:x}')

    def base(self, component):
        """Where its image begins: its first executable page, less where that is in the image."""
        slot = self.system.slot(component.index)
        tag = next(tag for tag, members in self.members.items() if component in members)
        first = min(start for start, end, permission in self.walker.runs(self.roots[tag])
                    if permission == arch.MMP_PERM_RX and slot <= start < slot + arch.GATES_OFFSET)
        return first - text_offset(arch.REPOSITORY / 'build/components' / component.image)

    def tables(self):
        """Tables that domains in use reach, each once."""
        mids, leaves = set(), set()
        for _, root, _ in self.domains():
            for entry in tables.words(self.walker.memory, root, arch.MMP_ROOT_ENTRIES):
                if entry and entry & 3 == arch.MMP_ENTRY_POINTER:
                    mids.add(entry)
        for mid in mids:
            for entry in tables.words(self.walker.memory, mid, arch.MMP_MID_ENTRIES):
                if entry and entry & 3 in (arch.MMP_ENTRY_POINTER, arch.MMP_ENTRY_RUNLENGTH):
                    leaves.add(entry)
        roots = len(self.members)
        wide = sum(entry & 7 == arch.MMP_ENTRY_RUNLENGTH | arch.MMP_RUNLENGTH_WIDE for entry in leaves)
        bytes_ = roots * arch.MMP_ROOT_BYTES + len(mids) * arch.MMP_MID_BYTES + (len(leaves) - wide) * arch.MMP_LEAF_BYTES
        return {'root': roots, 'mid': len(mids), 'leaf': len(leaves), 'bytes': bytes_ + wide * arch.MMP_WIDE_BYTES}


def text_offset(image):
    """Offset of the first executable segment within an image."""
    told = subprocess.run(['readelf', '-lW', image], capture_output=True, text=True, check=True).stdout
    return min(int(address, 16) for address in re.findall(r'^\s+LOAD\s+\w+ (0x\w+) .* R E ', told, re.M))


def collect(emulator, system, kernel, made_names=None):
    """made_names: id: name of components that others have made, as far as they are known."""
    auditor = Auditor(emulator, system, kernel, made_names or {})
    domains, exports, devices = [], [], []
    for tag, root, components in auditor.domains():
        grants = list(auditor.grants(tag))
        domains.append({'domain': (tag & arch.MMP_PD_INDEX_MASK) - places.TAG_FIRST, 'tag': tag, 'root': root,
                        'components': [c.name for c in components], 'memory': grants})
        own = {f'{part} {c.name}' for c in components for part in ('component', 'gates')}
        for grant in grants:
            part, _, owner = grant['what'].partition(' ')
            if part in ('component', 'gates') and grant['what'] not in own:
                exports.append({**grant, 'owner': owner})
            if part == 'device':
                devices.append(grant)
    return {
        'components': [{'name': c.name, 'id': c.id, 'domain': d['domain']}
                       for d in domains for c in system.everybody() if c.name in d['components']],
        'domains': domains, 'gates': list(auditor.gates()), 'exports': exports, 'devices': devices, 'dma': list(auditor.dma()),
        'tables': auditor.tables(),
    }
