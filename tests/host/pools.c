/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pools for host tests: the symbols that the loader would resolve.
 */
#define POOL(name, bytes)                                                                                    \
    __asm__(".pushsection .bss\n.balign 4096\n.globl " name ", " name "_end\n" name ":\n\t.zero " bytes      \
            "\n" name "_end:\n\t.zero 4096\n.popsection")

POOL("pool_stream", "2097152");
POOL("pool_content", "3145728");
POOL("pool_control", "524288");
