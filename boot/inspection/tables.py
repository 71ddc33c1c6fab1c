# SPDX-License-Identifier: BSD-2-Clause
"""Permission tables as the processor walks them (manual 3 to 6), read from a memory: any object with read(address, bytes).

Permissions are the numbers of manual 2; a *run* is (start, end, permission) with end behind the last byte.
"""
import collections
import struct

from . import arch

NAMES = ('none', 'read', 'read-write', 'read-execute')
SPACE = 1 << 32

Descriptor = collections.namedtuple('Descriptor', 'index root tag valid')
Gate = collections.namedtuple('Gate', 'address kind target pd badge invocations gated')
Frame = collections.namedtuple('Frame', 'address rip rsp fb pd kind flags rbx rbp r12 r13 r14 r15 gate')


class Malformed(Exception):
    """A table entry that the processor would refuse; the message says where it is."""


def words(memory, address, count):
    return struct.unpack(f'<{count}I', memory.read(address, 4 * count))


def bitmap(entry, count, shift=0):
    return [entry >> shift + 2 * i & 3 for i in range(count)]


def runs_entry(entry, address):
    """Permissions of the three runs of an entry: (unit, permission), in units of 1/1024 (manual 4.7)."""
    mid = entry >> arch.MMP_RUNS_MID_OFFSET & arch.MMP_RUNS_OFFSET_MASK
    last = entry >> arch.MMP_RUNS_LAST_OFFSET & arch.MMP_RUNS_OFFSET_MASK
    if entry & arch.MMP_RUNS_ZERO or last < mid:
        raise Malformed(f'the entry at 0x{address:x} is no runs entry: 0x{entry:08x}')
    return [(0, entry >> arch.MMP_RUNS_FIRST_PERM & 3), (mid, entry >> arch.MMP_RUNS_MID_PERM & 3),
            (last, entry >> arch.MMP_RUNS_LAST_PERM & 3)]


def check_pointer(entry, bytes_, address):
    if entry & ~3 & bytes_ - 1:
        raise Malformed(f'the entry at 0x{address:x} points to no table of {bytes_} bytes: 0x{entry:08x}')
    return entry & ~(bytes_ - 1)


class Walker:
    """The tables of one memory. What has been read is kept: make a new one when the system has gone on."""

    def __init__(self, memory):
        self.memory = memory
        self.mids = {}      # address of a mid table: its runs, relative

    def runs(self, root):
        """All runs of a root table with a permission, neighbours of one permission joined, lowest first."""
        return joined(self.root_runs(root))

    def permission(self, root, address):
        """Of the word that holds the address; 0 above 4 GiB."""
        for start, end, permission in self.runs(root):
            if start <= address < end:
                return permission
        return 0

    def root_runs(self, root):
        size = 1 << arch.MMP_ROOT_SHIFT
        for i, entry in enumerate(words(self.memory, root, arch.MMP_ROOT_ENTRIES)):
            if entry == 0:
                continue
            place = root + 4 * i
            kind = entry & arch.MMP_ENTRY_TYPE_MASK
            if kind == arch.MMP_ENTRY_POINTER:
                mid = check_pointer(entry, arch.MMP_MID_BYTES, place)
                if mid not in self.mids:
                    self.mids[mid] = list(joined(self.mid_runs(mid)))
                yield from ((i * size + start, i * size + end, p) for start, end, p in self.mids[mid])
            else:
                yield from upper(entry, kind, place, i * size, size)

    def mid_runs(self, mid):
        size = 1 << arch.MMP_MID_SHIFT
        for i, entry in enumerate(words(self.memory, mid, arch.MMP_MID_ENTRIES)):
            if entry == 0:
                continue
            place = mid + 4 * i
            kind = entry & arch.MMP_ENTRY_TYPE_MASK
            if kind == arch.MMP_ENTRY_POINTER:
                leaf = check_pointer(entry, arch.MMP_LEAF_BYTES, place)
                permissions = [p for word in words(self.memory, leaf, arch.MMP_LEAF_ENTRIES) for p in bitmap(word, 16)]
            elif kind == arch.MMP_ENTRY_RUNLENGTH:
                permissions = self.run_length(entry, place)
            else:
                yield from upper(entry, kind, place, i * size, size)
                continue
            yield from ((i * size + 4 * n, i * size + 4 * n + 4, p) for n, p in enumerate(permissions))

    def run_length(self, entry, place):
        """The 1024 permissions of a page whose table holds run-length entries (manual 4.8)."""
        wide = bool(entry & arch.MMP_RUNLENGTH_WIDE)
        count, size = (arch.MMP_WIDE_ENTRIES, arch.MMP_WIDE_BYTES) if wide else (arch.MMP_LEAF_ENTRIES, arch.MMP_LEAF_BYTES)
        table = check_pointer(entry & ~arch.MMP_RUNLENGTH_WIDE, size, place)
        if table == 0:
            raise Malformed(f'the run-length entry at 0x{place:x} names no table')
        each = 1024 // count
        permissions = []
        for one in words(self.memory, table, count):
            kind = one & arch.MMP_ENTRY_TYPE_MASK
            if kind == arch.MMP_RL_TYPE:
                permissions += wide_entry(one) if wide else narrow_entry(one)
            elif kind == 0 and one:
                permissions += [p for word in words(self.memory, one, each // 16) for p in bitmap(word, 16)]
            else:
                permissions += [0] * each
        return permissions

    # domains, gates, call stacks

    def descriptors(self, table, count):
        """The domain table's descriptors that are not all zero."""
        data = self.memory.read(table, count * arch.MMP_DD_SIZE)
        for i in range(count):
            root, tag, flags = struct.unpack_from('<IHH', data, i * arch.MMP_DD_SIZE)
            if root or tag or flags:
                yield Descriptor(i, root, tag, bool(flags & arch.MMP_DD_VALID))

    def gate(self, address):
        kind, target, pd, _, badge, invocations, gated = struct.unpack('<IIHHIQQ', self.memory.read(address, arch.MMP_GATE_BYTES))
        return Gate(address, kind, target, pd, badge, invocations, gated)

    def gates(self, start, end):
        """The gate records of [start, end) up to the first that is none."""
        for address in range(start, end, arch.MMP_GATE_BYTES):
            gate = self.gate(address)
            if gate.kind != arch.MMP_GATE_CALL:
                return
            yield gate

    def frames(self, base, top):
        """The frames of a call stack, the newest first."""
        for address in range(top - arch.MMP_XFRAME_BYTES, base - 1, -arch.MMP_XFRAME_BYTES):
            yield Frame(address, *struct.unpack('<QQQHHIQQQQQQQ', self.memory.read(address, 88)))


def upper(entry, kind, place, start, size):
    """Runs of a bitmap or runs entry, in a root or a mid table."""
    if kind == arch.MMP_ENTRY_BITMAP:
        if entry & 0xfffc:
            raise Malformed(f'the entry at 0x{place:x} is no bitmap: 0x{entry:08x}')
        for n, permission in enumerate(bitmap(entry, 8, arch.MMP_BITMAP_SHIFT)):
            yield start + n * size // 8, start + (n + 1) * size // 8, permission
    elif kind == arch.MMP_ENTRY_RUNS:
        found = runs_entry(entry, place)
        ends = [unit for unit, _ in found[1:]] + [1024]
        for (unit, permission), end in zip(found, ends):
            yield start + unit * size // 1024, start + end * size // 1024, permission
    else:
        raise Malformed(f'the entry at 0x{place:x} is of no type that a root table has: 0x{entry:08x}')


def segments(count, first, others):
    """Each word has the permission of the last segment in order that begins at or below it."""
    permissions = [first] * count
    for offset, permission in others:
        permissions[offset:] = [permission] * (count - offset)
    return permissions


def narrow_entry(one):
    return segments(16, one >> arch.MMP_RL_FIRST_PERM & 3,
                    [(one >> arch.MMP_RL_MID0_OFFSET & 15, one >> arch.MMP_RL_MID0_PERM & 3),
                     (one >> arch.MMP_RL_MID1_OFFSET & 15, one >> arch.MMP_RL_MID1_PERM & 3),
                     (one >> arch.MMP_RL_LAST_OFFSET & 15, one >> arch.MMP_RL_LAST_PERM & 3)])


def wide_entry(one):
    return segments(64, one >> arch.MMP_WIDE_FIRST_PERM & 3,
                    [(one >> arch.MMP_WIDE_MID0_OFFSET & 63, one >> arch.MMP_WIDE_MID0_PERM & 3),
                     (one >> arch.MMP_WIDE_MID1_OFFSET & 63, one >> arch.MMP_WIDE_MID1_PERM & 3),
                     (one >> arch.MMP_WIDE_LAST_OFFSET & 63, one >> arch.MMP_WIDE_LAST_PERM & 3)])


def joined(runs):
    """Neighbouring runs of one permission as one; those without any left out."""
    last = None
    for start, end, permission in runs:
        if start == end or not permission:
            continue
        if last and last[1] == start and last[2] == permission:
            last = (last[0], end, permission)
            continue
        if last:
            yield last
        last = (start, end, permission)
    if last:
        yield last
