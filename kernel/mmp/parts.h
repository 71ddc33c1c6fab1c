/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of kernel/mmp/ have of each other.
 */
#ifndef KERNEL_MMP_PARTS_H
#define KERNEL_MMP_PARTS_H

/* Tells the processor where the domain table and the gate window are. */
void mmp_domains_start(void);

#endif
