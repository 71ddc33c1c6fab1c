# SPDX-License-Identifier: BSD-2-Clause
"""The processor's numbers, read from the one header that holds them: arch.MMP_DD_SIZE and so on."""
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DEFINE = re.compile(r'^#define (\w+) (0x[0-9a-fA-F]+|\d+)u?(?:\s|$)', re.M)


def numbers(header):
    """Each plain number that a header defines, by its name."""
    return {name: int(value, 0) for name, value in DEFINE.findall((REPOSITORY / header).read_text())}


globals().update(numbers('mmp_hw/include/mmp/arch.h'))
globals().update(numbers('kernel/memory_map.h'))
