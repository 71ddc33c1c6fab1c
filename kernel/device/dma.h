/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a device may read and write by itself. With `checked` in the manifest a device has a domain of its
 * own, empty at first and whenever its component is rebooted: the component lets it have words by
 * sup_device_perm. Without, it may access everything.
 */
#ifndef KERNEL_DEVICE_DMA_H
#define KERNEL_DEVICE_DMA_H

#include <stdint.h>

#include "manifest.h"

/* The device that the line is about is the PCI function with that requester id. NULL, or why it cannot be. */
const char *dma_start(const struct manifest_device *said, uint16_t requester);
/* The component begins anew, and its device has been reset: it may access nothing. */
void dma_forget(unsigned component);
/* At each timer tick: a device that tried what it may not is reset and reported, and its component rebooted.
 */
void dma_tick(void);

#endif
