/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The virtio 1.0 network device on PCI: found at boot, its register pages granted to one component; its
 * interrupt table stays the kernel's.
 */
#ifndef KERNEL_DEVICE_VIRTIO_H
#define KERNEL_DEVICE_VIRTIO_H

/* Finds the device and gives it to the component. NULL, or why not. */
const char *virtio_net_start(unsigned component);

/* If the component has the device: it stops, and is as after switching on. */
void virtio_net_reset(unsigned component);

#endif
