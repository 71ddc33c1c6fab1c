/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lwIP's configuration: the raw API without an operating system, IPv4 with ARP, ICMP echo and TCP. All memory is sized for
 * TCP_CONNECTIONS connections; see connection.c for how it is shared.
 */
#ifndef TCP_PORT_LWIPOPTS_H
#define TCP_PORT_LWIPOPTS_H

#include "fast.h"
#include "memory.h" /* pools/ or heap/, as the makefile says */

/* ---- Ours ---- */
#define TCP_CONNECTIONS 304 /* the 256 of the site, the control interface's, and some to be told that there are too many */
#define TIME_WAIT_MAX 16    /* time_wait.c */
/* Memory for segments on their way, all connections together (lwippools.h): blocks for a full one, and for TX_SMALL_BYTES. */
#define TX_FULL_BLOCKS 224
#define TX_SMALL_BLOCKS 640
#define TX_SMALL_BYTES 240

/* ---- System ---- */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* the component's mutex is held around every entry into lwIP */
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS_DISPLAY 0
#define LWIP_NETIF_API 0
#define LWIP_SINGLE_NETIF 1
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_HOOK_FILENAME "hooks.h"

/* ---- Memory ---- */
#define MEM_ALIGNMENT 8
#define MEMP_NUM_TCP_PCB (TCP_CONNECTIONS + TIME_WAIT_MAX + 32)
#define MEMP_NUM_TCP_PCB_LISTEN 8
#define MEMP_NUM_TCP_SEG 1024
#define MEMP_NUM_PBUF 16
#define PBUF_POOL_SIZE 0
#define MEMP_NUM_ARP_QUEUE 16
#define SMEMCPY(to, from, bytes) __builtin_memcpy(to, from, bytes)

/* ---- Protocols ---- */
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_UDP 0
#define LWIP_TCP 1
#define LWIP_DHCP 0
#define LWIP_IGMP 0
#define LWIP_DNS 0
#define IP_REASSEMBLY 0 /* what we serve comes in unfragmented TCP segments */
#define IP_FRAG 0
#define IP_FORWARD 0
#define IP_OPTIONS_ALLOWED 1
#define ARP_QUEUEING 1

/* ---- TCP ---- */
#define TCP_MSS 1460
#define TCP_CALCULATE_EFF_SEND_MSS 0 /* one interface, MTU 1500 */
#define TCP_WND 8192                 /* the size of a connection's receive ring */
#define TCP_WND_UPDATE_THRESHOLD (TCP_WND / 2) /* answers tell of the window too */
#define TCP_SND_BUF (16 * TCP_MSS)
#define TCP_SND_QUEUELEN 64
#define TCP_OVERSIZE 0 /* a segment takes the memory it needs; later writes are chained to it */
#define TCP_QUEUE_OOSEQ 0 /* what comes early is dropped: received packets are never kept, so nobody can use up the device's buffers */
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 255
#define TCP_MSL 5000
#define LWIP_CALLBACK_API 1

/* ---- Checksums ---- */
#define LWIP_CHKSUM fast_checksum
#define LWIP_CHECKSUM_ON_COPY 0
#define CHECKSUM_GEN_TCP 0 /* sums.c */
#define CHECKSUM_CHECK_TCP 0

/* ---- Checks: all of them and the pools' counts in the host tests, none on the hot paths ---- */
#ifdef __SANITIZE_ADDRESS__
#define LWIP_STATS 1
#define MEMP_STATS 1
#else
#define LWIP_NOASSERT 1
#define LWIP_STATS 0
#endif

#endif
