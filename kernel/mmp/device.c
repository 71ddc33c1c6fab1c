/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Devices with domains (docs/mmp-manual.md, 7.8 and 8.5): which one a device has, and what it was denied.
 */
#include "protection.h"

#include "mmp/arch.h"
#include "mmp/registers.h"

bool protection_checks_devices(void)
{
    return (mmp_register_read(MMP_MSR_CAPS) & MMP_CAPS_DMA) != 0;
}

void protection_device_check(uint16_t requester, struct pd pd)
{
    pd_name(pd_tag(pd), pd);
    mmp_register_write(MMP_MSR_DMA, (uint64_t)pd_tag(pd).value << 16 | requester);
}

bool protection_device_fault(struct protection_device_fault *out)
{
    uint64_t info = mmp_register_read(MMP_MSR_DMA_FAULT_INFO);

    if ((uint8_t)info == MMP_FAULT_NONE)
        return false;
    *out = (struct protection_device_fault){.kind = (uint8_t)info,
                                            .access = info >> 8 & 3,
                                            .requester = (uint16_t)(info >> 32),
                                            .address = mmp_register_read(MMP_MSR_DMA_FAULT_ADDR),
                                            .count = mmp_register_read(MMP_MSR_COUNT_DMA_FAULTS)};
    mmp_register_write(MMP_MSR_DMA_FAULT_INFO, 0);
    return true;
}
