/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VIRTIO 1.0 (OASIS cs04) lays down and this driver uses: the PCI common configuration (4.1.4.3), the
 * status bits (2.1), the split virtqueue (2.4), and the network device's features and header (5.1). Numbers
 * are little endian, as the processor's.
 */
#ifndef VNIC_VIRTIO_H
#define VNIC_VIRTIO_H

#include <stddef.h>
#include <stdint.h>

struct virtio_common {
    uint32_t device_feature_select, device_feature;
    uint32_t driver_feature_select, driver_feature;
    uint16_t msix_config, num_queues;
    uint8_t device_status, config_generation;
    /* of the queue that queue_select names */
    uint16_t queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
    uint32_t queue_desc[2], queue_driver[2], queue_device[2]; /* low word first */
};
_Static_assert(offsetof(struct virtio_common, device_status) == 0x14, "4.1.4.3");
_Static_assert(offsetof(struct virtio_common, queue_desc) == 0x20, "4.1.4.3");
_Static_assert(sizeof(struct virtio_common) == 0x38, "4.1.4.3");

#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER 2
#define VIRTIO_STATUS_DRIVER_OK 4
#define VIRTIO_STATUS_FEATURES_OK 8

#define VIRTIO_NO_VECTOR 0xffff

/* Feature bits; the second word holds bits 32 to 63. */
#define VIRTIO_NET_F_CSUM (1u << 0)
#define VIRTIO_NET_F_GUEST_CSUM (1u << 1)
#define VIRTIO_NET_F_MAC (1u << 5)
#define VIRTIO_F_VERSION_1 (1u << 0) /* bit 32 */

struct virtq_desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};
_Static_assert(sizeof(struct virtq_desc) == 16, "2.4.5");
#define VIRTQ_DESC_NEXT 1
#define VIRTQ_DESC_WRITE 2

#define VIRTQ_AVAIL_NO_INTERRUPT 1
#define VIRTQ_USED_NO_NOTIFY 1

struct virtq_used_elem {
    uint32_t id, length;
};

/* Without VIRTIO_NET_F_MRG_RXBUF it has 12 bytes from version 1 on (5.1.6.1). All of them are zero on the way
 * out, but for a packet whose checksum the device completes; on the way in only flags mean something, and
 * with VIRTIO_NET_F_GUEST_CSUM. */
struct virtio_net_hdr {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};
#define VIRTIO_NET_HDR_BYTES 12
_Static_assert(sizeof(struct virtio_net_hdr) == VIRTIO_NET_HDR_BYTES, "5.1.6.1");
#define VIRTIO_NET_HDR_NEEDS_CSUM 1
#define VIRTIO_NET_HDR_DATA_VALID 2

#endif
