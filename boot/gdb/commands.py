# SPDX-License-Identifier: BSD-2-Clause
"""The commands `shoji ...`. Each reads what the processor reads: descriptors, tables, gate records, call stacks."""
import gdb
from inspection import arch, system, tables

import stacks
import symbols


class Shoji(gdb.Command):
    """Components, domains, gates and threads of the system that runs."""

    def __init__(self):
        super().__init__('shoji', gdb.COMMAND_DATA, prefix=True)


class View(gdb.Command):
    """Common to all: invoke() says in a sentence what is wrong. show() gets the argument as words, or as it is."""
    has_words = True

    def invoke(self, argument, from_tty):
        try:
            self.show(gdb.string_to_argv(argument) if self.has_words else argument.strip())
        except gdb.MemoryError as reason:
            raise gdb.GdbError(f'{reason}: is the emulator connected, and has it booted?')
        except gdb.error as reason:
            raise gdb.GdbError(str(reason))
        except tables.Malformed as reason:
            raise gdb.GdbError(f'malformed permission table: {reason}')


def row(*columns):
    print('  '.join(str(text).ljust(width) for text, width in columns).rstrip())


def named(name):
    for component in symbols.components():
        if name in (component.name, str(component.id)):
            return component
    raise gdb.GdbError(f'no component {name}: shoji components lists them')


def descriptors():
    """The domain table, while the kernel has it: {index: Descriptor}."""
    table = symbols.value("&'kernel/mmp/domain.c'::descriptors")
    count = table.dereference().type.sizeof // arch.MMP_DD_SIZE
    return {entry.index: entry for entry in stacks.walker().descriptors(int(table), count)}


def domains():
    """[(tag, root, components)] of the domains that components are in now."""
    known = descriptors()
    found = {}
    for component in symbols.components():
        entry = known.get(component.id)
        if entry:
            found.setdefault((entry.tag, entry.root), []).append(component)
    return [(tag, root, members) for (tag, root), members in sorted(found.items())]


def devices():
    """[(text, root)] of the devices that have domains, which are numbered behind those of components (kernel/memory_map.h)."""
    first = system.TAG_FIRST + arch.PD_COUNT
    return [(f'device {index - first}, by itself', entry.root) for index, entry in sorted(descriptors().items()) if index >= first and entry.valid]


def pd_text(pd):
    index = pd & arch.MMP_PD_INDEX_MASK
    if pd == arch.MMP_PD_SUPERVISOR:
        return 'supervisor'
    for tag, _, members in domains():
        if tag == pd:
            return f'domain {index - system.TAG_FIRST} ({", ".join(c.name for c in members)})'
    return f'domain {index - system.TAG_FIRST} (stale)' if index >= system.TAG_FIRST else f'PD-ID 0x{pd:x}'


def address_text(address):
    return gdb.execute(f'info symbol 0x{address:x}', to_string=True).strip().split(' in section')[0]


class Components(View):
    """shoji components: index, id, name, domain, address of the image and of the gates."""

    def __init__(self):
        super().__init__('shoji components', gdb.COMMAND_DATA)

    def show(self, words):
        known = descriptors()
        row(('id', 3), ('component', 20), ('domain', 6), ('image at', 10), ('gates at', 10), ('gates', 5), ('symbols', 7))
        for c in symbols.components():
            entry = known.get(c.id)
            domain = (entry.tag & arch.MMP_PD_INDEX_MASK) - system.TAG_FIRST if entry else '-'
            row((c.id, 3), (c.name, 20), (domain, 6), (f'0x{c.base:08x}', 10), (f'0x{c.gates:08x}', 10), (c.gate_count, 5),
                ('yes' if c.index in symbols.added else 'no', 7))


class Domains(View):
    """shoji domains: the domains that components are in, with tag, root table, and how much each may do. * runs now."""

    def __init__(self):
        super().__init__('shoji domains', gdb.COMMAND_DATA)

    def show(self, words):
        walker = stacks.walker()
        running = stacks.register('mmp_pdid')
        row(('', 1), ('domain', 6), ('tag', 6), ('root', 10), ('read', 8), ('write', 8), ('execute', 8), ('components', 10))
        for tag, root, members in domains():
            bytes_ = [0, 0, 0, 0]
            for start, end, permission in walker.runs(root):
                bytes_[permission] += end - start
            row(('*' if tag == running else '', 1), ((tag & arch.MMP_PD_INDEX_MASK) - system.TAG_FIRST, 6), (f'0x{tag:04x}', 6),
                (f'0x{root:08x}', 10), *((f'{bytes_[p] // 1024}K', 8) for p in (1, 2, 3)),
                (' '.join(c.name for c in members), 10))
        if running == 0:
            print('the supervisor runs')


class Gates(View):
    """shoji gates [COMPONENT]: its gates, or everybody's: server, function, and how often it was invoked, how often across domains."""

    def __init__(self):
        super().__init__('shoji gates', gdb.COMMAND_DATA)

    def show(self, words):
        walker = stacks.walker()
        row(('gate', 10), ('client', 20), ('server', 20), ('function', 24), ('invocations', 11), ('gated', 11))
        names = {c.id: c.name for c in symbols.components()}
        for client in [named(words[0])] if words else symbols.components():
            for n in range(client.gate_count):
                gate = walker.gate(client.gates + n * arch.MMP_GATE_BYTES)
                row((f'0x{gate.address:08x}', 10), (client.name, 20), (names.get(gate.pd & arch.MMP_PD_INDEX_MASK, 'supervisor'), 20),
                    (address_text(gate.target), 24), (gate.invocations, 11), (gate.gated, 11))


class Who(View):
    """shoji who ADDRESS: whose the word is, and which domains and devices may read, write or execute it, by walking every domain's table."""

    def __init__(self):
        super().__init__('shoji who', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    has_words = False

    def show(self, expression):
        if not expression:
            raise gdb.GdbError('shoji who ADDRESS: an address or an expression, as &tcp_table')
        address = int(symbols.value(expression).cast(gdb.lookup_type('unsigned long')))
        told = address_text(address)
        print(f'0x{address:x}: {place(address)}' + (f' ({told})' if not told.startswith('No symbol') else ''))
        walker = stacks.walker()
        nobody = True
        for tag, root, members in domains():
            permission = walker.permission(root, address & ~3)
            if permission:
                nobody = False
                print(f'  {tables.NAMES[permission]:13} {pd_text(tag)}')
        for text, root in devices():
            permission = walker.permission(root, address & ~3)
            if permission:
                nobody = False
                print(f'  {tables.NAMES[permission]:13} {text}')
        sl, fb = stacks.register('mmp_sl'), stacks.register('mmp_fb')
        if sl <= address < fb:
            nobody = False
            print('  read-write    whoever runs now: the word lies in [sl, fb)')
        if nobody:
            print('  nobody but the supervisor')


def place(address):
    slot = (address - arch.ARENA_BASE) // arch.SLOT_BYTES
    found = symbols.components()
    for c in found:
        if arch.ARENA_BASE <= address < arch.ARENA_END and c.index == slot:
            offset = address % arch.SLOT_BYTES
            return f'gates of {c.name}' if offset >= arch.GATES_OFFSET else f'{c.name}, slot +0x{offset:x}'
    if arch.ARENA_BASE <= address < arch.ARENA_END:
        manifest = symbols.value('system_state.manifest')
        number = slot - len(found)
        if 0 <= number < int(manifest['pool_count']):
            return f'pool {manifest["pools"][number]["name"].string()} +0x{address % arch.SLOT_BYTES:x}'
        return 'an empty slot'
    if arch.STACKS_BASE <= address < arch.SUPERVISOR_STACK_END:
        number = (address - arch.STACKS_BASE) // arch.STACK_BYTES
        return f'stack of thread {number}' if number < arch.STACK_COUNT else "the supervisor's stack"
    if arch.GLOBAL_BASE <= address < arch.GLOBAL_BASE + arch.PAGE_BYTES:
        return 'shoji_global'
    if arch.KERNEL_BASE <= address < arch.MODULES_END:
        return "the supervisor's memory"
    return 'above 4 GiB: in no table' if address >= 1 << 32 else 'a device, or nothing'


def thread_number(words):
    if not words:
        return stacks.thread_current()
    count = len(stacks.threads())
    if not words[0].isdigit() or int(words[0]) >= count:
        raise gdb.GdbError(f'no thread {words[0]}: there are 0 to {count - 1}')
    return int(words[0])


class Threads(View):
    """shoji threads: the kernel's threads, what each is doing, and where. * runs now."""

    def __init__(self):
        super().__init__('shoji threads', gdb.COMMAND_DATA)

    def show(self, words):
        current = stacks.thread_current()
        names = symbols.components()
        row(('', 1), ('number', 6), ('thread', 12), ('begins in', 20), ('state', 12), ('frames', 6), ('is in', 10))
        for number, thread in enumerate(stacks.threads()):
            state = str(thread['state']).removeprefix('THREAD_').lower()
            frames, _ = stacks.running_frames() if number == current else stacks.thread_frames(thread)
            index = int(thread['component'])
            try:
                where = 'now' if number == current else address_text(stacks.thread_registers(thread)[0]['rip'])
            except gdb.GdbError as reason:
                where = str(reason)
            row(('*' if number == current else '', 1), (number, 6), (thread['name'].string(), 12),
                (names[index].name if index < len(names) else '-', 20), (state, 12), (len(frames), 6), (where, 10))


class Stack(View):
    """shoji stack [THREAD]: the frames of a thread's cross-domain call stack, the newest first."""

    def __init__(self):
        super().__init__('shoji stack', gdb.COMMAND_DATA)

    def show(self, words):
        number = thread_number(words)
        current = number == stacks.thread_current()
        frames, base = stacks.running_frames() if current else stacks.thread_frames(stacks.threads()[number])
        print(f'thread {number}: frame base 0x{base:x}')
        for n, frame in enumerate(frames):
            what = stacks.gate_text(frame) if frame.kind == arch.MMP_XFRAME_CALL else 'interrupt'
            print(f'#{n}  {what}\n      returns to 0x{frame.rip:x} {address_text(frame.rip)}, rsp 0x{frame.rsp:x}, fb 0x{frame.fb:x}, in '
                  f'{pd_text(frame.pd)}')
        if not frames:
            print('  empty')


class Backtrace(View):
    """shoji backtrace [THREAD]: a thread's functions through all domains. `backtrace` shows the same of what runs now."""

    def __init__(self):
        super().__init__('shoji backtrace', gdb.COMMAND_STACK)

    def show(self, words):
        number = thread_number(words)
        if number == stacks.thread_current():
            gdb.execute('backtrace')
        else:
            stacks.backtrace_of(number)


class Symbols(View):
    """shoji symbols: adds the symbols of components that were loaded since."""

    def __init__(self):
        super().__init__('shoji symbols', gdb.COMMAND_FILES)

    def show(self, words):
        symbols.load_and_say()


def start():
    for command in (Shoji, Components, Domains, Gates, Who, Threads, Stack, Backtrace, Symbols):
        command()
