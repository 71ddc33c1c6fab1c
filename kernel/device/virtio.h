/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The virtio 1.0 network device on PCI: found at boot, its register pages granted to one component; its
 * interrupt table stays the kernel's.
 */
#ifndef KERNEL_DEVICE_VIRTIO_H
#define KERNEL_DEVICE_VIRTIO_H

#include <stdbool.h>

#include "manifest.h"

/* Finds the device and gives it to the component that the line of the manifest names. NULL, or why not. */
const char *virtio_net_start(const struct manifest_device *said);

/* Does the component have it? */
bool virtio_net_is(unsigned component);
/* It stops, whoever has it, and is as after switching on. What it was doing is over when this returns. */
void virtio_net_stop(void);
/* If the component has it: it stops, and may access nothing until the component lets it. */
void virtio_net_reset(unsigned component);

#endif
