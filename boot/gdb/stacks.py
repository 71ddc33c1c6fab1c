# SPDX-License-Identifier: BSD-2-Clause
"""Cross-domain call stacks, and backtraces through them.

A callee does not see its caller's stack pointer: the gate pushed a second return address on a fresh page and kept the caller's registers in a
frame of the cross-domain call stack (manual 5.3). gdb, unwinding the callee's outermost function, so finds the right address and wrong
registers. Unwinder knows these places (address, base of the activation), and puts the frame's registers there. The place itself stays in the
backtrace as one line that says which gate it was.
"""
import gdb
import gdb.unwinder
from gdb.FrameDecorator import FrameDecorator
from inspection import arch, tables

import symbols

REGISTERS = ('rbx', 'rbp', 'r12', 'r13', 'r14', 'r15')
other_thread = []   # frames and base that replace the running thread's while its backtrace is shown


class Memory:
    """For tables.Walker: the emulator's memory, through gdb."""

    @staticmethod
    def read(address, bytes_):
        return bytes(gdb.selected_inferior().read_memory(address, bytes_))


def walker():
    return tables.Walker(Memory())


def register(name):
    return int(symbols.value(f"${name}")) & (1 << 64) - 1


def running_frames():
    """The running thread's frames, the newest first, and its frame base."""
    return list(walker().frames(register('mmp_xbase'), register('mmp_xsp'))), register('mmp_fb')


def thread_frames(thread):
    """The same of a thread that does not run: its saved call stack (struct thread)."""
    stack = thread['stack']
    return list(walker().frames(int(stack['base']), int(stack['top']))), int(stack['frame_base'])


def activations(frames, base):
    """Where each activation's outermost return is: {(return address, base of the activation): call frame}."""
    found = {}
    for frame in frames:
        if frame.kind == arch.MMP_XFRAME_CALL and frame.rsp != base:
            found[frame.rip, base] = frame
        base = frame.fb
    return found


def places():
    try:
        return activations(*(other_thread[-1] if other_thread else running_frames()))
    except gdb.error:
        return {}       # not connected, or no MMP registers


class Place:
    """A frame's id, as gdb.PendingFrame wants it."""

    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Unwinder(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__('shoji-gates')

    def __call__(self, pending):
        pc, sp = (pending.read_register(name) for name in ('rip', 'rsp'))
        frame = places().get((int(pc), int(sp)))
        if frame is None:
            return None
        info = pending.create_unwind_info(Place(sp, pc))
        info.add_saved_register('rip', gdb.Value(frame.rip).cast(pc.type))
        info.add_saved_register('rsp', gdb.Value(frame.rsp).cast(sp.type))
        for name in REGISTERS:
            old = pending.read_register(name)
            info.add_saved_register(name, gdb.Value(getattr(frame, name)).cast(old.type))
        return info


def gate_text(frame):
    """Who called whom through the frame's gate."""
    if not frame.gate:
        return 'the base of the thread'
    gate = walker().gate(frame.gate)
    names = {component.id: component.name for component in symbols.components()}

    def name(pd):
        return 'supervisor' if pd == 0 else names.get(pd & arch.MMP_PD_INDEX_MASK, f'PD-ID 0x{pd:x}')
    function = gdb.execute(f'info symbol 0x{gate.target:x}', to_string=True).split(' ')[0]
    if function == 'No':
        function = f'0x{gate.target:x}'
    return f'gate: {names.get(gate.badge, gate.badge)} -> {name(gate.pd)}, {function}'


class GateLine(FrameDecorator):
    """The line of a backtrace that stands for a gate."""

    def __init__(self, base, frame):
        super().__init__(base)
        self.frame = frame

    def function(self):
        return f'<{gate_text(self.frame)}>'

    def filename(self):
        return None

    def line(self):
        return None

    def frame_args(self):
        return None

    def frame_locals(self):
        return None


class GateFilter:
    """Finds those lines."""

    def __init__(self):
        self.name, self.priority, self.enabled = 'shoji-gates', 100, True
        gdb.frame_filters[self.name] = self

    def filter(self, iterator):
        known = places()
        for decorated in iterator:
            frame = decorated.inferior_frame()
            key = int(frame.read_register('rip')), int(frame.read_register('rsp'))
            found = known.get(key)
            # The caller's own frame has the same address, but another stack pointer. Functions inlined there are of no interest.
            if not found:
                yield decorated
            elif frame.type() != gdb.INLINE_FRAME:
                yield GateLine(decorated, found)


# ---- Threads ----

def threads():
    """The kernel's threads as gdb values, by number."""
    count = int(symbols.value("'kernel/thread.c'::thread_count"))
    return [symbols.value(f"'kernel/thread.c'::threads[{i}]") for i in range(count)]


def thread_current():
    pointer = symbols.value("'kernel/thread.c'::current")
    return int(pointer - symbols.value("&'kernel/thread.c'::threads[0]")) if int(pointer) else 0


def thread_registers(thread):
    """Where a thread that does not run goes on, and with which registers; its frames and base from there on."""
    frames, base = thread_frames(thread)
    if not frames:
        raise gdb.GdbError('its call stack is empty')
    top = frames[0]
    if top.kind == arch.MMP_XFRAME_INTERRUPT:
        saved = thread['registers']
        values = {name: int(saved[name]) for name in ('rip', 'rsp', *REGISTERS)}
    else:
        values = {'rip': top.rip, 'rsp': top.rsp, **{name: getattr(top, name) for name in REGISTERS}}
    return values, frames[1:], top.fb


def backtrace_of(number, arguments=''):
    """A backtrace of a thread that does not run: its registers are put into the processor's for as long as gdb looks at them."""
    values, frames, base = thread_registers(threads()[number])
    kept = {name: register(name) for name in values}
    other_thread.append((frames, base))
    try:
        for name, new in values.items():
            gdb.execute(f'set ${name} = 0x{new & (1 << 64) - 1:x}', to_string=True)
        gdb.invalidate_cached_frames()
        gdb.execute(f'backtrace {arguments}')
    finally:
        other_thread.pop()
        for name, old in kept.items():
            gdb.execute(f'set ${name} = 0x{old:x}', to_string=True)
        gdb.invalidate_cached_frames()


def start():
    gdb.unwinder.register_unwinder(None, Unwinder(), replace=True)
    GateFilter()
