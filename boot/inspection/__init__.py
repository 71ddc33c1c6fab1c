# SPDX-License-Identifier: BSD-2-Clause
"""Looks into a running system from outside: its permission tables, domains, gates and call stacks, as they are in memory.

    arch     the processor's numbers, from mmp_hw/include/mmp/arch.h
    tables   walks permission tables, domain descriptors, gate records, call-stack frames
    system   which component lies where, by the manifest and the kernel's memory map
    emulator the memory and registers of a running QEMU, by its monitor

Nothing here changes the system, and nothing here shares code with the kernel or the model: what it says is what the tables say.
"""
