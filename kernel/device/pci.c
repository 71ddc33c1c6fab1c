/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PCI configuration by the ports 0xcf8 and 0xcfc.
 */
#include "device/pci.h"

#include "cpu/io.h"

#define ADDRESS_PORT 0xcf8
#define DATA_PORT 0xcfc
#define ENABLE 0x80000000u
#define CAPABILITIES 0x34
#define CAPABILITIES_MAX 48u /* as many as fit: a list that goes round ends here */

uint16_t pci_requester(struct pci_function function)
{
    return (uint16_t)(function.address >> 8);
}

uint32_t pci_read(struct pci_function function, uint32_t offset)
{
    port_write32(ADDRESS_PORT, function.address | (offset & 0xfc));
    return port_read32(DATA_PORT);
}

void pci_write(struct pci_function function, uint32_t offset, uint32_t value)
{
    port_write32(ADDRESS_PORT, function.address | (offset & 0xfc));
    port_write32(DATA_PORT, value);
}

bool pci_find(uint16_t vendor, uint16_t product_a, uint16_t product_b, struct pci_function *out)
{
    for (uint32_t device = 0; device < 32; device++) {
        struct pci_function function = {ENABLE | device << 11};
        uint32_t id = pci_read(function, 0);

        if ((id & 0xffff) == vendor && (id >> 16 == product_a || id >> 16 == product_b)) {
            *out = function;
            return true;
        }
    }
    return false;
}

uint32_t pci_capability(struct pci_function function, uint8_t kind, uint32_t after)
{
    uint32_t at =
        after == 0 ? pci_read(function, CAPABILITIES) & 0xfc : pci_read(function, after) >> 8 & 0xfc;

    for (unsigned i = 0; at != 0 && i < CAPABILITIES_MAX; i++) {
        uint32_t head = pci_read(function, at);

        if ((head & 0xff) == kind)
            return at;
        at = head >> 8 & 0xfc;
    }
    return 0;
}

uint64_t pci_bar(struct pci_function function, unsigned index)
{
    uint32_t low;

    if (index > 5)
        return 0;
    low = pci_read(function, 0x10 + 4 * index);
    if ((low & 1) != 0)
        return 0;
    if ((low & 6) == 4 && index < 5)
        return (uint64_t)pci_read(function, 0x14 + 4 * index) << 32 | (low & ~15u);
    return low & ~15u;
}
