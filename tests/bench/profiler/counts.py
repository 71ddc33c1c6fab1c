# SPDX-License-Identifier: BSD-2-Clause
"""How often each instruction was executed, as the plugin addresses.so counts it. Knows no names."""

import pathlib
import struct

from harness.child import BenchError


class AddressCounts:
    """The plugin's file: how to ask QEMU for it, and what it says."""

    def __init__(self, plugin, file):
        self.file = pathlib.Path(file)
        self.argument = f"{plugin},counts={file}"

    def read(self):
        """{address: executions} since the guest's start. It must be stopped, else the records are not of one moment."""
        data = self.file.read_bytes()
        made, lost = struct.unpack_from("=2Q", data)
        if lost:
            raise BenchError(f"the plugin had no room for {lost} executed instructions")
        return dict(struct.iter_unpack("=2Q", data[16:16 * (made + 1)]))


def difference(after, before):
    """What was executed in between; addresses that were not are left out."""
    found = {address: count - before.get(address, 0) for address, count in after.items()}
    return {address: count for address, count in found.items() if count}
