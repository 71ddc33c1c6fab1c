# SPDX-License-Identifier: BSD-2-Clause
"""Which component is which: names and ids by the manifest, places by the kernel's memory map (kernel/memory_map.h).

A component is `id`, `name`, `index`; its slot and its gates follow from the index. Pools lie behind the components. Components that others made while
the system runs lie behind the pools, where the tables show them (Auditor.made in audit.py); they have no image here.
"""
import collections
import pathlib

from . import arch

TAG_FIRST = 256     # ids below name components, ids from here on are tags of domains (kernel/mmp/domain.c)

Component = collections.namedtuple('Component', 'index id name image')
Pool = collections.namedtuple('Pool', 'slot name bytes')

SIZES = {'K': 1 << 10, 'M': 1 << 20}


def size(text):
    return int(text[:-1]) * SIZES[text[-1]] if text[-1] in SIZES else int(text)


class System:
    """What a manifest says of names and places. The kernel has checked it: here it is only read."""

    def __init__(self, manifest):
        self.components, self.pools, self.devices, self.edges = [], [], [], []
        for line in pathlib.Path(manifest).read_text().splitlines():
            said = line.split('#')[0].split()
            if said[:1] == ['component']:
                self.components.append(Component(len(self.components), int(said[2]), said[1], said[3]))
            elif said[:1] == ['pool']:
                self.pools.append(Pool(len(self.components) + len(self.pools), said[1], size(said[2])))
            elif said[:1] == ['device']:
                self.devices.append(f'{said[2]} of {said[1]}')
            elif said[:1] == ['edge']:
                self.edges += [(said[1], server) for server in said[2:]]
        self.by_id = {component.id: component for component in self.components}
        self.by_name = {component.name: component for component in self.components}
        self.made = {}      # by slot

    def add_made(self, slot, id_, name):
        component = self.made[slot] = Component(slot, id_, name, None)
        self.by_id[id_] = self.by_name[name] = component

    def everybody(self):
        return [*self.components, *self.made.values()]

    def component_in(self, slot):
        """The component whose slot it is, or None."""
        return self.components[slot] if slot < len(self.components) else self.made.get(slot)

    @staticmethod
    def slot(index):
        return arch.ARENA_BASE + index * arch.SLOT_BYTES

    def gates_of(self, component):
        """Where the component's gates begin and end: some pages into gate space (GATE_COLOURS)."""
        base = self.slot(component.index) + arch.GATES_OFFSET
        return base + component.index % arch.GATE_COLOURS * arch.PAGE_BYTES, base + arch.MMP_GATE_SPACE_BYTES

    def pd_name(self, pd):
        """A PD-ID in words: a component's home, a domain's tag, or the supervisor."""
        index = pd & arch.MMP_PD_INDEX_MASK
        if pd == arch.MMP_PD_SUPERVISOR:
            return 'supervisor'
        if index >= TAG_FIRST:
            return f'domain {index - TAG_FIRST}'
        return self.by_id[index].name if index in self.by_id else f'component {index}'

    def members(self, descriptors):
        """Of each tag that components run under: those components."""
        found = collections.defaultdict(list)
        for descriptor in descriptors:
            if descriptor.index in self.by_id:
                found[descriptor.tag].append(self.by_id[descriptor.index])
        return dict(found)

    def place(self, address):
        """Whose address this is, in words."""
        slot = (address - arch.ARENA_BASE) // arch.SLOT_BYTES
        if arch.ARENA_BASE <= address < arch.ARENA_END:
            offset = address - self.slot(slot)
            if self.component_in(slot):
                return f'{self.component_in(slot).name}{" gates" if offset >= arch.GATES_OFFSET else ""}+0x{offset:x}'
            for pool in self.pools:
                if pool.slot == slot:
                    return f'pool {pool.name}+0x{offset:x}'
            return f'empty slot {slot}'
        if address >= 1 << 32:
            return 'above 4 GiB: in no table'
        if arch.KERNEL_BASE <= address < arch.MODULES_END:
            return "the supervisor's memory"
        if arch.STACKS_BASE <= address < arch.SUPERVISOR_STACK_END:
            number = (address - arch.STACKS_BASE) // arch.STACK_BYTES
            return f'stack of thread {number}' if number < arch.STACK_COUNT else "the supervisor's stack"
        if arch.GLOBAL_BASE <= address < arch.GLOBAL_BASE + arch.PAGE_BYTES:
            return 'shoji_global'
        return 'a device, or nothing'
