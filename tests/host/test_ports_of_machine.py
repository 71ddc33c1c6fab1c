# SPDX-License-Identifier: BSD-2-Clause
"""boot/ports.py: ports that nobody else is given, neither by Linux nor by another program that asks for some."""
import pathlib
import socket
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / 'boot'))
import ports  # noqa: E402


def test_none_is_one_that_linux_gives():
    for low, high in ((32768, 60999), (1024, 60999), (10000, 40000), (32768, 65535)):
        for first in ports.blocks(f'{low}\t{high}\n'):
            assert 1024 < first and first + ports.BLOCK <= 65536 and not (first <= high and low < first + ports.BLOCK)
    assert len(ports.blocks('1024 65535')) > 400      # nothing is outside: then any
    low, high = map(int, ports.RANGE.read_text().split())
    assert all(not low <= ports.free_port() <= high for _ in range(10)) or high - low > 55000


def test_programs_have_blocks_of_their_own():
    """Many at once, each still running when the next begins; and a block comes free when its program ends, however it does."""
    code = f'import sys; sys.path.insert(0, {str(REPOSITORY / "boot")!r}); import ports; print([ports.free_port() for _ in range(100)], flush=True); input()'
    programs = [subprocess.Popen([sys.executable, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(20)]
    try:
        given = [int(word) for program in programs for word in program.stdout.readline().strip('[]\n').split(', ')]
        assert len(set(given)) == len(given) == 2000 and ports.free_port() not in given
        block = next(first for first in ports.blocks(ports.RANGE.read_text()) if first in given)
        assert ports.keep(block) is None
    finally:
        for program in programs:
            program.kill()
            program.communicate()
    mark = ports.keep(block)
    assert mark is not None
    mark.close()


def test_one_that_is_taken_is_passed_over():
    own = ports.Ports()
    port = own.next()
    with socket.socket() as other:
        other.bind(('127.0.0.1', port + 1))
        other.listen()
        rest = [own.next() for _ in range(2 * ports.BLOCK - 3)]
    assert port + 1 not in rest and rest.count(port) == 1 and rest[:3] == [port + 2, port + 3, port + 4]
    own.mark.close()
