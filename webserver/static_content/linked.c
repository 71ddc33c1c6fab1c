/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The image itself, in the component's read-only data. The makefile says which file it is.
 */
__asm__(".pushsection .rodata.image, \"a\"\n.balign 4096\n.globl static_image\n.hidden "
        "static_image\nstatic_image:\n\t"
        ".incbin \"" STATIC_IMAGE "\"\n.popsection");
