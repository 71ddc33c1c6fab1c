# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's own records as gdb reads them, and the symbols of components: build/components/NAME.debug at where the loader put it."""
import collections
import pathlib

import gdb

BUILD = pathlib.Path(__file__).resolve().parents[2] / 'build'
LOADED = 'protection_start'     # the kernel calls this once all components are loaded, before the first one runs

Component = collections.namedtuple('Component', 'index id name image base gates gate_count')

added = {}      # index of a component: (file, base) of the symbols that gdb has of it


def value(expression):
    return gdb.parse_and_eval(expression)


def components():
    """Those that the kernel has loaded, in the order of their slots."""
    manifest = value('system_state.manifest')
    found = []
    for i in range(int(manifest['component_count'])):
        said, is_ = manifest['components'][i], value(f'system_state.components[{i}]')
        found.append(Component(i, int(said['id']), said['name'].string(), said['image'].string(), int(is_['base']),
                               int(is_['gates']), int(is_['gate_count'])))
    return [component for component in found if component.base]


def file_of(component):
    """The file with the debug sections of a component's image: beside the image, where component.mk puts it."""
    stem = component.image.removesuffix('.elf')
    for path in (BUILD / 'components' / f'{stem}.debug', *sorted(BUILD.glob(f'tests/*/{component.image}')),
                 *sorted(BUILD.glob(f'*/{component.image}'))):
        if path.exists():
            return path
    return None


def load():
    """Adds what gdb does not have yet. Returns the components without a file."""
    missing = []
    for component in components():
        path = file_of(component)
        if path is None:
            missing.append(component.name)
        elif added.get(component.index) != (path, component.base):
            gdb.execute(f"add-symbol-file '{path}' -o 0x{component.base:x}", to_string=True)
            added[component.index] = (path, component.base)
    return missing


def load_and_say():
    missing = load()
    print(f'symbols of {len(added)} components' + (f'; no file for {", ".join(missing)}' if missing else ''))


class Loaded(gdb.Breakpoint):
    """Unseen: adds the symbols when the components are there, and goes on. It is a hardware breakpoint: the emulator has as many as one likes."""

    def __init__(self):
        super().__init__(LOADED, type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True

    def stop(self):
        load_and_say()
        return False


def start():
    gdb.execute('set confirm off')
    gdb.execute('set breakpoint pending on')    # a component's function, before it is loaded
    gdb.execute('set pagination off')
    if components():
        load_and_say()
    else:
        Loaded()
