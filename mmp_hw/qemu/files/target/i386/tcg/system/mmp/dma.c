/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Device mmp-dma: what PCI devices read and write is checked against the domains that software gives them (manual
 * 7.8). It stands between the devices and memory as an IOMMU does, but translates nothing. Its registers are among
 * the processor's (manual 8.5).
 *
 * 1. A device that has been given no domain is not checked, nor are the messages that its MSI and MSI-X tables make:
 *    they come with its requester id, what it reads and writes as data does not.
 * 2. A check is made when a device asks where a word is, and for as long as it keeps the answer: for the access that
 *    it makes then, or the buffer that it works through. Nobody keeps answers about rings: each access to one asks anew.
 * 3. Where the answer is no, the device gets none: no buffer stands in for memory that it may not reach. And it is no
 *    from then on: what a device would do with rings that it cannot read is not known.
 * 4. Devices ask in QEMU's main loop, the processor elsewhere: both hold the big lock.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "hw/i386/apic-msidef.h"
#include "hw/i386/pc.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-core.h"
#include "hw/virtio/virtio-pci.h"
#include "qemu/main-loop.h"
#include "trace.h"
#include "unit.h"

#define TYPE_MMP_DMA "mmp-dma"
OBJECT_DECLARE_SIMPLE_TYPE(MMPDMA, MMP_DMA)
#define TYPE_MMP_DMA_REGION "mmp-dma-region"

#define MESSAGE_BYTES 0x100000u /* interrupt messages: what is written at APIC addresses */
#define FREE_MASK 0x3fffffffu   /* the answer to a device that is not checked holds for 1 GiB */

enum { INDEX_DATA, INDEX_MESSAGE, INDEXES }; /* ways to ask */

typedef struct MMPDMADevice {
    IOMMUMemoryRegion region;
    AddressSpace space;
    MMPDMA *dma;
    PCIBus *bus;
    uint8_t devfn;
} MMPDMADevice;

struct MMPDMA {
    DeviceState parent;
    CPUX86State *env;
    GPtrArray *devices;       /* MMPDMADevice *, made as they are asked for */
    uint16_t domain[0x10000]; /* by requester id */
    bool blocked[0x10000];    /* denied something since it was given its domain */
    struct mmp_fault fault;   /* the first since software cleared it, and whose; kind is NONE if there was none */
    uint16_t requester;
    uint64_t faults;
};

/* ---- Checks ---- */

static bool block_ok(const MMPDMA *s, uint16_t id, hwaddr block, uint64_t bytes, int access)
{
    struct mmp_fault fault;

    return mmp_check_domain(&s->env->mmp->state, &s->env->mmp->memory, id, block, bytes, access, &fault);
}

/* The answer for one word, and as much around it as has the right that is wanted. */
static void answer(const MMPDMA *s, uint16_t id, IOMMUTLBEntry *entry, IOMMUAccessFlags wanted)
{
    static const hwaddr masks[] = { 0xfff, 0x3f, 3 };

    for (int i = 0; i < ARRAY_SIZE(masks); i++) {
        hwaddr block = entry->iova & ~masks[i];

        entry->addr_mask = masks[i];
        entry->perm = (block_ok(s, id, block, masks[i] + 1, MMP_ACCESS_LOAD) ? IOMMU_RO : 0) |
                      (block_ok(s, id, block, masks[i] + 1, MMP_ACCESS_STORE) ? IOMMU_WO : 0);
        if ((entry->perm & wanted) == wanted) {
            return;
        }
    }
}

static void denied(MMPDMA *s, uint16_t requester, uint16_t id, hwaddr addr, int access)
{
    struct mmp_fault fault = { 0 };

    mmp_check_domain(&s->env->mmp->state, &s->env->mmp->memory, id, addr, 1, access, &fault);
    fault.access = access;
    s->faults++;
    s->blocked[requester] = true;
    if (s->fault.kind == MMP_FAULT_NONE) {
        s->fault = fault;
        s->requester = requester;
    }
    trace_mmp_dma_fault(requester, id, fault.kind, access, addr);
}

static uint16_t requester_of(const MMPDMADevice *d)
{
    return PCI_BUILD_BDF(pci_bus_num(d->bus), d->devfn);
}

static bool is_message(hwaddr addr, IOMMUAccessFlags wanted, int iommu_idx)
{
    return iommu_idx == INDEX_MESSAGE && wanted == IOMMU_WO && addr - APIC_DEFAULT_ADDRESS < MESSAGE_BYTES;
}

static IOMMUTLBEntry translate(IOMMUMemoryRegion *region, hwaddr addr, IOMMUAccessFlags wanted, int iommu_idx)
{
    MMPDMADevice *d = container_of(region, MMPDMADevice, region);
    uint16_t requester = requester_of(d), id = d->dma->domain[requester];
    IOMMUTLBEntry entry = {
        .target_as = &address_space_memory,
        .iova = addr,
        .translated_addr = addr,
        .addr_mask = FREE_MASK,
        .perm = IOMMU_RW,
    };

    if (is_message(addr, wanted, iommu_idx)) {
        entry.addr_mask = 3;
    } else if (d->dma->blocked[requester]) {
        entry.addr_mask = 3;
        entry.perm = IOMMU_NONE;
        d->dma->faults++;
    } else if (id != MMP_PD_SUPERVISOR && d->dma->env->mmp->state.enabled) {
        answer(d->dma, id, &entry, wanted);
        if (wanted != IOMMU_NONE) {
            mmp_timing_device(d->dma->env, id, addr, wanted & IOMMU_WO ? MMP_ACCESS_STORE : MMP_ACCESS_LOAD);
        }
        if ((entry.perm & wanted) != wanted) {
            denied(d->dma, requester, id, addr, wanted & IOMMU_WO ? MMP_ACCESS_STORE : MMP_ACCESS_LOAD);
        }
    }
    return entry;
}

/* Only pci_msi_trigger() says who asks. */
static int index_of(IOMMUMemoryRegion *region, MemTxAttrs attrs)
{
    uint16_t requester = requester_of(container_of(region, MMPDMADevice, region));

    return !attrs.unspecified && requester != 0 && attrs.requester_id == requester ? INDEX_MESSAGE : INDEX_DATA;
}

static int indexes(IOMMUMemoryRegion *region)
{
    return INDEXES;
}

/* ---- Registers (manual 8.5) ---- */

bool mmp_dma_msr_read(const MMPDMA *s, uint32_t msr, uint64_t *value)
{
    BQL_LOCK_GUARD();
    switch (msr) {
    case MMP_MSR_DMA_FAULT_INFO:
        *value = s->fault.kind | s->fault.access << 8 | (uint64_t)s->fault.pdid << 16 | (uint64_t)s->requester << 32;
        return true;
    case MMP_MSR_DMA_FAULT_ADDR:
        *value = s->fault.addr;
        return true;
    case MMP_MSR_COUNT_DMA_FAULTS:
        *value = s->faults;
        return true;
    default:
        return false;
    }
}

static void fault_clear(MMPDMA *s)
{
    memset(&s->fault, 0, sizeof(s->fault));
    s->requester = 0;
}

bool mmp_dma_msr_write(MMPDMA *s, uint32_t msr, uint64_t value)
{
    BQL_LOCK_GUARD();
    if (msr == MMP_MSR_DMA && value >> 32 == 0) {
        s->domain[value & 0xffff] = value >> 16;
        s->blocked[value & 0xffff] = false;
        return true;
    }
    if (msr == MMP_MSR_DMA_FAULT_INFO && value == 0) {
        fault_clear(s);
        return true;
    }
    return false;
}

void mmp_dma_reset(MMPDMA *s)
{
    memset(s->domain, 0, sizeof(s->domain));
    memset(s->blocked, 0, sizeof(s->blocked));
    fault_clear(s);
    s->faults = 0;
}

/* ---- The device ---- */

static AddressSpace *space_of(PCIBus *bus, void *opaque, int devfn)
{
    MMPDMA *s = opaque;
    MMPDMADevice *d;

    for (unsigned i = 0; i < s->devices->len; i++) {
        d = g_ptr_array_index(s->devices, i);
        if (d->bus == bus && d->devfn == devfn) {
            return &d->space;
        }
    }
    d = g_new0(MMPDMADevice, 1);
    d->dma = s;
    d->bus = bus;
    d->devfn = devfn;
    memory_region_init_iommu(&d->region, sizeof(d->region), TYPE_MMP_DMA_REGION, OBJECT(s), TYPE_MMP_DMA, UINT64_MAX);
    address_space_init(&d->space, MEMORY_REGION(&d->region), TYPE_MMP_DMA);
    g_ptr_array_add(s->devices, d);
    return &d->space;
}

static const PCIIOMMUOps ops = { .get_address_space = space_of, .always = true };

static void refuse_virtio(PCIBus *bus, PCIDevice *device, void *opaque)
{
    Error **errp = opaque;

    if (*errp == NULL && object_dynamic_cast(OBJECT(device), TYPE_VIRTIO_PCI)) {
        error_setg(errp, TYPE_MMP_DMA " must come before the virtio devices that it is to check");
    }
}

static void realize(DeviceState *dev, Error **errp)
{
    MachineState *machine = MACHINE(qdev_get_machine());
    PCMachineState *pc = (PCMachineState *)object_dynamic_cast(OBJECT(machine), TYPE_PC_MACHINE);
    X86CPU *cpu = first_cpu ? X86_CPU(first_cpu) : NULL;
    MMPDMA *s = MMP_DMA(dev);
    Error *local_err = NULL;

    if (cpu == NULL || cpu->env.mmp == NULL || cpu->env.mmp->dma != NULL) {
        error_setg(errp, TYPE_MMP_DMA " belongs to -cpu mmp, once");
        return;
    }
    if (pc == NULL || pc->pcibus == NULL || pc->pcibus->iommu_ops != NULL) {
        error_setg(errp, TYPE_MMP_DMA " needs a PC whose PCI bus has no IOMMU");
        return;
    }
    pci_for_each_device_under_bus(pc->pcibus, refuse_virtio, &local_err);
    if (local_err != NULL) {
        error_propagate(errp, local_err);
        return;
    }
    s->env = &cpu->env;
    s->devices = g_ptr_array_new();
    cpu->env.mmp->dma = s;
    pci_setup_iommu(pc->pcibus, &ops, s);
}

static void class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = realize;
    dc->hotpluggable = false;
    dc->desc = "checks the memory accesses of PCI devices against MMP domains";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static void region_class_init(ObjectClass *class, void *data)
{
    IOMMUMemoryRegionClass *imrc = IOMMU_MEMORY_REGION_CLASS(class);

    imrc->translate = translate;
    imrc->attrs_to_index = index_of;
    imrc->num_indexes = indexes;
}

static const TypeInfo types[] = {
    {
        .name = TYPE_MMP_DMA,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(MMPDMA),
        .class_init = class_init,
    },
    {
        .name = TYPE_MMP_DMA_REGION,
        .parent = TYPE_IOMMU_MEMORY_REGION,
        .class_init = region_class_init,
    },
};

DEFINE_TYPES(types)
