/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PCI configuration space, bus 0.
 */
#ifndef KERNEL_DEVICE_PCI_H
#define KERNEL_DEVICE_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct pci_function {
    uint32_t address; /* as the configuration port takes it, register 0 */
};

/* By what name the bus knows who accesses memory: bus, device and function number in bits 15:8, 7:3, 2:0. */
uint16_t pci_requester(struct pci_function function);
uint32_t pci_read(struct pci_function function, uint32_t offset);
void pci_write(struct pci_function function, uint32_t offset, uint32_t value);
/* The first function of bus 0 that is one of two products of a vendor. */
bool pci_find(uint16_t vendor, uint16_t product_a, uint16_t product_b, struct pci_function *out);
/* Offset of the first capability of this kind behind `after` (0: from the beginning); 0 if there is none. */
uint32_t pci_capability(struct pci_function function, uint8_t kind, uint32_t after);
/* Address that memory BAR `index` has; 0: it has none. */
uint64_t pci_bar(struct pci_function function, unsigned index);

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY 0x2u
#define PCI_COMMAND_MASTER 0x4u
#define PCI_COMMAND_NO_INTX 0x400u
#define PCI_CAPABILITY_VENDOR 0x09
#define PCI_CAPABILITY_MSIX 0x11

#endif
