/* SPDX-License-Identifier: BSD-2-Clause */
// links: webserver/tcp/connection.c webserver/tcp/fast.c webserver/tcp/link.c webserver/tcp/peers.c webserver/tcp/sequence.c
// links: webserver/tcp/sums.c
// links: webserver/tcp/time_wait.c build/src/lwip/src/core/def.c build/src/lwip/src/core/inet_chksum.c
// links: build/src/lwip/src/core/init.c build/src/lwip/src/core/ip.c build/src/lwip/src/core/mem.c
// links: build/src/lwip/src/core/memp.c build/src/lwip/src/core/netif.c build/src/lwip/src/core/pbuf.c
// links: build/src/lwip/src/core/stats.c build/src/lwip/src/core/tcp.c build/src/lwip/src/core/tcp_in.c
// links: build/src/lwip/src/core/tcp_out.c build/src/lwip/src/core/timeouts.c
// links: build/src/lwip/src/core/ipv4/etharp.c build/src/lwip/src/core/ipv4/icmp.c
// links: build/src/lwip/src/core/ipv4/ip4.c build/src/lwip/src/core/ipv4/ip4_addr.c
// links: build/src/lwip/src/netif/ethernet.c
// includes: webserver/tcp webserver/tcp/port webserver/tcp/port/pools components/interface components/runtime kernel/include
// includes: build/src/lwip/src/include
/* The connections of component tcp, with lwIP beneath them, against peers played by this file: they speak raw
 * segments, so that they can behave badly. After each test every pool of lwIP, every record and every packet
 * buffer is back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "event_manager.h"
#include "fast.h"
#include "ip.h"
#include "link.h"
#include "lwip/memp.h"
#include "lwip/priv/memp_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/icmp.h"
#include "lwip/prot/ip4.h"
#include "lwip/timeouts.h"
#include "peers.h"
#include "port_manager.h"
#include "runtime.h"
#include "time_wait.h"
#include "vnic.h"

#define POOL_BYTES (1024 * 1024)
#define BUFFERS 256
#define HARDWARE 0x563412005452
#define PORT 80

char pool_net[POOL_BYTES] __attribute__((aligned(4096)));
__asm__(".globl pool_net_end\n.set pool_net_end, pool_net + 0x100000");

/* ---- Component ip, event_manager, port_manager, time ---- */

static bool rx_out[BUFFERS], tx_out[BUFFERS];
static struct {
    uint32_t bytes;
    uint8_t data[1514];
} sent[4096]; /* what the stack has sent and nobody has looked at */
static uint32_t sent_put, sent_taken;
static bool buffers_gone, ip_fails;
static int opened, sends[VNIC_PACKETS + 1]; /* by how many at once */
static int triggers[64];
static int port_users;
static bool spoil; /* what comes in has a wrong bit at its end */
static char pool_flags;
static uint64_t now_ms;
struct shoji_global global = {.tick_us = 1000};
__asm__(".globl shoji_global\n.set shoji_global, global");

u32_t sys_now(void)
{
    return (u32_t)now_ms;
}

static long buffers_taken(int wanted)
{
    uint64_t packets = 0;
    int count = 0;

    for (int i = 0; i < BUFFERS / 2 && count < wanted; i++)
        if (!tx_out[i]) {
            tx_out[i] = true;
            packets |= VNIC_PACKET(256 + i, 1514) << count++ * VNIC_PACKET_BITS;
        }
    return (long)packets;
}

static int buffers_out(void)
{
    int count = 0;

    for (int i = 0; i < BUFFERS; i++)
        count += tx_out[i];
    return count;
}

long ip_open(void)
{
    opened++;
    if (ip_fails)
        return SHOJI_EFAULT;
    memset(rx_out, 0, sizeof rx_out);
    memset(tx_out, 0, sizeof tx_out);
    return HARDWARE;
}

long ip_buffers(void)
{
    assert_int_equal(buffers_out(), 0); /* or it would have more than it may */
    return buffers_gone ? SHOJI_EAGAIN : buffers_taken(VNIC_PACKETS);
}

long ip_send(uint64_t packets)
{
    int count = 0;

    if (ip_fails)
        return SHOJI_EFAULT;
    if (packets == 0)
        return 0;
    for (; packets != 0; packets >>= VNIC_PACKET_BITS, count++) {
        uint32_t packet = VNIC_FIRST(packets);

        assert_true(tx_out[VNIC_NUMBER(packet) - 256]);
        tx_out[VNIC_NUMBER(packet) - 256] = false;
        assert_true(VNIC_BYTES(packet) <= 1514);
        assert_true(sent_put - sent_taken < 4096);
        sent[sent_put % 4096].bytes = VNIC_BYTES(packet);
        memcpy(sent[sent_put++ % 4096].data, pool_net + VNIC_OFFSET(packet), VNIC_BYTES(packet));
    }
    sends[count]++;
    /* Sometimes there are none, or fewer. */
    return buffers_gone || sends[count] % 7 == 0 ? 0 : buffers_taken(sends[count] % 5 == 0 ? 1 : count);
}

long evt_trigger(long event)
{
    assert_true(event > 0 && event < 64);
    triggers[event]++;
    return SHOJI_OK;
}

long port_take(uint32_t port)
{
    return port == 99 ? SHOJI_EBUSY : SHOJI_OK;
}

long port_use(uint32_t port)
{
    (void)port;
    return ++port_users;
}

long port_leave(uint32_t port)
{
    (void)port;
    assert_true(port_users > 0);
    return --port_users;
}

void runtime_panic(const char *what, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, what);
    abort();
}

static void input(const void *frame, uint32_t bytes)
{
    static int next;
    const int before = opened;

    assert_true(!rx_out[next]);
    rx_out[next] = true;
    memcpy(pool_net + next * 2048 + 18, frame, bytes);
    pool_net[next * 2048 + 18 - VNIC_KNOWN_BEFORE] = pool_flags;
    if (spoil)
        pool_net[next * 2048 + 18 + bytes - 1] ^= 1;
    link_input(VNIC_PACKET(next, bytes));
    link_flush();
    assert_int_equal(link_done(), opened == before ? VNIC_PACKET(next, bytes) : 0);
    assert_int_equal(link_done(), 0);
    rx_out[next] = false;
    next = (next + 1) % BUFFERS;
}

static void pass(uint32_t milliseconds)
{
    for (uint32_t i = 0; i < milliseconds; i += 50) {
        now_ms += 50;
        global.ticks += 50;
        sys_check_timeouts();
        link_flush();
    }
}

/* ---- Peers ---- */

struct peer {
    uint16_t port;
    uint32_t seq, ack; /* next to send, next expected */
    uint32_t window;
    bool silent; /* does not acknowledge */
    bool reset, fin, connected;
    uint32_t bytes; /* of data got */
    uint8_t last[64];
};

struct segment {
    struct eth_hdr ethernet;
    struct ip_hdr ip;
    struct tcp_hdr tcp;
    uint8_t data[1460];
} __attribute__((packed));

static const uint8_t peer_mac[6] = {0x02, 0, 0, 0, 0, 1}, own_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

static uint16_t tcp_sum(struct segment *s, uint32_t tcp_bytes)
{
    struct {
        uint32_t from, to;
        uint8_t zero, protocol;
        uint16_t bytes;
    } pseudo = {s->ip.src.addr, s->ip.dest.addr, 0, IP_PROTO_TCP, lwip_htons((uint16_t)tcp_bytes)};
    uint32_t sum = fast_checksum(&pseudo, sizeof pseudo) + fast_checksum(&s->tcp, (int)tcp_bytes);

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void peer_says_at(struct peer *p, uint8_t flags, const void *data, uint32_t bytes, uint32_t seq)
{
    struct segment s = {0};

    memcpy(s.ethernet.dest.addr, own_mac, 6);
    memcpy(s.ethernet.src.addr, peer_mac, 6);
    s.ethernet.type = PP_HTONS(ETHTYPE_IP);
    IPH_VHL_SET(&s.ip, 4, 5);
    IPH_LEN_SET(&s.ip, lwip_htons((uint16_t)(40 + bytes)));
    IPH_TTL_SET(&s.ip, 64);
    IPH_PROTO_SET(&s.ip, IP_PROTO_TCP);
    s.ip.src.addr = PP_HTONL(LWIP_MAKEU32(10, 0, 2, 2));
    s.ip.dest.addr = PP_HTONL(LWIP_MAKEU32(10, 0, 2, 15));
    IPH_CHKSUM_SET(&s.ip, (uint16_t)~fast_checksum(&s.ip, IP_HLEN));
    s.tcp.src = lwip_htons(p->port);
    s.tcp.dest = PP_HTONS(PORT);
    s.tcp.seqno = lwip_htonl(seq);
    s.tcp.ackno = flags & TCP_ACK ? lwip_htonl(p->ack) : 0;
    TCPH_HDRLEN_FLAGS_SET(&s.tcp, 5, flags);
    s.tcp.wnd = lwip_htons((uint16_t)p->window);
    if (bytes > 0)
        memcpy(s.data, data, bytes);
    s.tcp.chksum = tcp_sum(&s, TCP_HLEN + bytes);
    input(&s, (uint32_t)(SIZEOF_ETH_HDR + 40 + bytes));
}

static void peer_says(struct peer *p, uint8_t flags, const void *data, uint32_t bytes)
{
    peer_says_at(p, flags, data, bytes, p->seq);
    p->seq += bytes + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static struct peer *peers[70000];

static void answer_arp(const uint8_t *frame)
{
    struct {
        struct eth_hdr ethernet;
        struct etharp_hdr arp;
    } __attribute__((packed)) reply;

    memcpy(&reply, frame, sizeof reply);
    if (reply.arp.opcode != PP_HTONS(ARP_REQUEST) ||
        memcmp(&reply.arp.dipaddr, (uint8_t[]){10, 0, 2, 2}, 4) != 0)
        return;
    reply.arp.opcode = PP_HTONS(ARP_REPLY);
    memcpy(reply.ethernet.dest.addr, own_mac, 6);
    memcpy(reply.ethernet.src.addr, peer_mac, 6);
    reply.ethernet.type = PP_HTONS(ETHTYPE_ARP);
    reply.arp.dhwaddr = reply.arp.shwaddr;
    reply.arp.dipaddr = reply.arp.sipaddr;
    memcpy(reply.arp.shwaddr.addr, peer_mac, 6);
    memcpy(&reply.arp.sipaddr, (uint8_t[]){10, 0, 2, 2}, 4);
    input(&reply, sizeof reply);
}

static void peer_hears(const uint8_t *frame, uint32_t frame_bytes)
{
    struct segment s;
    struct peer *p;
    uint32_t bytes, head;
    uint8_t flags;

    memcpy(&s, frame, frame_bytes);
    assert_int_equal(fast_checksum(&s.ip, IP_HLEN), 0xffff);
    assert_int_equal(tcp_sum(&s, lwip_ntohs(IPH_LEN(&s.ip)) - IP_HLEN), 0);
    p = peers[lwip_ntohs(s.tcp.dest)];
    if (p == NULL)
        return;
    flags = TCPH_FLAGS(&s.tcp);
    head = IP_HLEN + TCPH_HDRLEN_BYTES(&s.tcp);
    bytes = lwip_ntohs(IPH_LEN(&s.ip)) - head;
    if (flags & TCP_RST) {
        p->reset = true;
        return;
    }
    if (flags & TCP_SYN) {
        p->ack = lwip_ntohl(s.tcp.seqno) + 1;
        p->connected = true;
        peer_says(p, TCP_ACK, NULL, 0);
        return;
    }
    if (p->silent || lwip_ntohl(s.tcp.seqno) != p->ack)
        return;
    memset(p->last, 0, sizeof p->last);
    memcpy(p->last, frame + SIZEOF_ETH_HDR + head, bytes < 63 ? bytes : 63);
    p->bytes += bytes;
    p->ack += bytes;
    if (flags & TCP_FIN) {
        p->ack++;
        p->fin = true;
    }
    if (bytes > 0 || flags & TCP_FIN)
        peer_says(p, TCP_ACK, NULL, 0);
}

/* Lets the peers hear what was sent until nobody says anything more. */
static void network_settle(void)
{
    link_flush();
    while (sent_taken != sent_put) {
        const uint8_t *frame = sent[sent_taken % 4096].data;
        uint32_t bytes = sent[sent_taken++ % 4096].bytes;

        if (((const struct eth_hdr *)frame)->type == PP_HTONS(ETHTYPE_ARP))
            answer_arp(frame);
        else if (((const struct ip_hdr *)(frame + SIZEOF_ETH_HDR))->_proto == IP_PROTO_TCP)
            peer_hears(frame, bytes);
    }
}

static struct peer peer_at(uint16_t port)
{
    return (struct peer){.port = port, .seq = 1000u * port, .window = 65535};
}

static void peer_connect(struct peer *p)
{
    peers[p->port] = p;
    peer_says(p, TCP_SYN, NULL, 0);
    network_settle();
}

/* As in tcp.c: whoever called lwIP sends what it gave out. */
static long flushed(long result)
{
    link_flush();
    return result;
}
#define connection_transmit(connection, from, bytes) flushed(connection_transmit(connection, CLIENT, from, bytes))
#define connection_receive(connection, to, bytes) flushed(connection_receive(connection, CLIENT, to, bytes))
#define connection_finish(connection) flushed(connection_finish(connection))

/* ---- Before and after ---- */

/* Ids of components; which, is of no meaning. */
#define CLIENT 77
#define OTHER 200

static long listener;
#define LIFE 0x12345678u

static int start(void **state)
{
    (void)state;
    if (link_init(HARDWARE) != SHOJI_OK)
        return 1;
    connections_init(LIFE);
    listener = connection_listen(PORT, 1, CLIENT);
    return listener <= 0;
}

static int clean(void **state)
{
    (void)state;
    memset(triggers, 0, sizeof triggers);
    memset(peers, 0, sizeof peers);
    buffers_gone = ip_fails = false;
    return 0;
}

static int nothing_is_lost(void **state)
{
    (void)state;
    memset(peers, 0, sizeof peers); /* they were the test's own variables */
    network_settle();
    pass(60000); /* TIME_WAIT and what else takes time */
    network_settle();
    assert_null(tcp_active_pcbs);
    assert_null(tcp_tw_pcbs);
    assert_int_equal(connection_take(listener, 0, CLIENT),
                     SHOJI_EAGAIN); /* frees what had gone before it was taken */
    assert_int_equal(connections_used(), 0);
    assert_int_equal(port_users, 0);
    for (int i = 0; i < MEMP_MAX; i++)
        if (i != MEMP_TCP_PCB_LISTEN && i != MEMP_SYS_TIMEOUT)
            assert_int_equal(memp_pools[i]->stats->used, 0);
    for (int i = 0; i < BUFFERS; i++)
        assert_false(rx_out[i]);
    assert_true(buffers_out() <= VNIC_PACKETS); /* to send from */
    return 0;
}

static long taken(void)
{
    long connection = connection_take(listener, 2, CLIENT);

    assert_true(connection > 0);
    return connection;
}

/* ---- Tests ---- */

static void a_request_is_answered_and_closed(void **state)
{
    struct peer p = peer_at(5000);
    char text[100];
    long c;

    (void)state;
    peer_connect(&p);
    assert_true(p.connected);
    assert_int_equal(triggers[1], 1);
    c = taken();
    assert_int_equal(connection_take(listener, 2, CLIENT), SHOJI_EAGAIN);
    assert_int_equal(connection_receive(c, text, 100), SHOJI_EAGAIN);
    assert_int_equal(triggers[2], 0);
    peer_says(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(triggers[2], 1);
    assert_int_equal(connection_receive(c, text, 100), 5);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(connection_transmit(c, "world!", 6), 6);
    network_settle();
    assert_int_equal(p.bytes, 6);
    assert_string_equal((char *)p.last, "world!");
    assert_int_equal(connection_finish(c), SHOJI_OK);
    network_settle();
    assert_true(p.fin);
    assert_int_equal(connection_receive(c, text, 100), SHOJI_ENOENT);
    assert_int_equal(connection_finish(c), SHOJI_ENOENT);
    peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
    assert_int_equal(connections_used(), 0);
    assert_false(p.reset);
}

static void events_are_edges(void **state)
{
    struct peer p = peer_at(5001);
    char text[10];
    long c;

    (void)state;
    peer_connect(&p);
    peer_says(&p, TCP_ACK | TCP_PSH, "abc", 3);
    c = taken();
    assert_int_equal(triggers[2], 0); /* the client looks by itself */
    assert_int_equal(connection_receive(c, text, 2), 2);
    peer_says(&p, TCP_ACK | TCP_PSH, "def", 3); /* the client knows that there is more */
    assert_int_equal(triggers[2], 0);
    assert_int_equal(connection_receive(c, text, 10), 4);
    peer_says(&p, TCP_ACK | TCP_PSH, "ghi", 3);
    peer_says(&p, TCP_ACK | TCP_PSH, "jkl", 3);
    assert_int_equal(triggers[2], 1);
    assert_int_equal(connection_receive(c, text, 10), 6);
    assert_memory_equal(text, "ghijkl", 6);
    peer_says(&p, TCP_ACK | TCP_PSH, "m", 1);
    assert_int_equal(triggers[2], 2);
    assert_int_equal(connection_set_event(c, 3), SHOJI_OK);
    assert_int_equal(triggers[3], 1);
    connection_finish(c);
    network_settle();
    peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
}

static void a_half_closed_peer_still_gets_its_answer(void **state)
{
    struct peer p = peer_at(5002);
    char text[10];
    long c;

    (void)state;
    peer_connect(&p);
    c = taken();
    assert_int_equal(connection_receive(c, text, 10), SHOJI_EAGAIN);
    peer_says(&p, TCP_ACK | TCP_PSH | TCP_FIN, "abc", 3);
    assert_int_equal(triggers[2], 1);
    assert_int_equal(connection_receive(c, text, 10), 3);
    assert_int_equal(triggers[2], 2); /* the end was there already */
    assert_int_equal(connection_receive(c, text, 10), 0);
    assert_int_equal(connection_receive(c, text, 10), 0);
    network_settle();
    assert_int_equal(connection_transmit(c, "xyz", 3), 3);
    assert_int_equal(connection_finish(c), SHOJI_OK);
    network_settle();
    assert_int_equal(p.bytes, 3);
    assert_true(p.fin);
    assert_int_equal(connections_used(), 0);
}

static void a_reset_closes(void **state)
{
    struct peer p = peer_at(5003), q = peer_at(5004), r = peer_at(5005);
    char text[10];
    long c, d;

    (void)state;
    peer_connect(&p);
    c = taken();
    assert_int_equal(connection_receive(c, text, 10), SHOJI_EAGAIN);
    peer_says(&p, TCP_RST | TCP_ACK, NULL, 0);
    assert_int_equal(triggers[2], 1);
    assert_int_equal(connection_receive(c, text, 10), SHOJI_ECLOSED);
    assert_int_equal(connection_transmit(c, "x", 1), SHOJI_ECLOSED);
    assert_int_equal(connection_finish(c), SHOJI_OK);
    assert_int_equal(connection_finish(c), SHOJI_ENOENT);
    /* before it is taken: nobody hears of it */
    peer_connect(&q);
    peer_says(&q, TCP_RST | TCP_ACK, NULL, 0);
    assert_int_equal(connection_take(listener, 2, CLIENT), SHOJI_EAGAIN);
    /* while closing */
    peer_connect(&r);
    d = taken();
    r.silent = true;
    assert_int_equal(connection_transmit(d, "x", 1), 1);
    assert_int_equal(connection_finish(d), SHOJI_OK);
    assert_int_equal(connections_used(), 1);
    peer_says(&r, TCP_RST | TCP_ACK, NULL, 0);
    assert_int_equal(connections_used(), 0);
}

static void unread_bytes_do_not_spoil_the_answer(void **state)
{
    struct peer p = peer_at(5006);
    uint8_t data[1460] = {0};
    long c;

    (void)state;
    peer_connect(&p);
    c = taken();
    for (int i = 0; i < 4; i++)
        peer_says(&p, TCP_ACK | TCP_PSH, data, 1460);
    assert_int_equal(connection_transmit(c, "too large", 9), 9);
    assert_int_equal(connection_finish(c), SHOJI_OK);
    network_settle();
    for (int i = 0; i < 20; i++) {
        peer_says(&p, TCP_ACK | TCP_PSH, data, 1460);
        network_settle();
    }
    assert_false(p.reset);
    assert_true(p.fin);
    assert_int_equal(p.bytes, 9);
    /* but not for ever */
    for (int i = 0; i < 300 && !p.reset; i++) {
        peer_says(&p, TCP_ACK | TCP_PSH, data, 1460);
        network_settle();
    }
    assert_true(p.reset);
    assert_int_equal(connections_used(), 0);
}

static void the_window_holds_and_opens_again(void **state)
{
    static uint8_t data[1460], got[8192];
    struct peer p = peer_at(5007);
    uint32_t said = 0;
    long c, total = 0;

    (void)state;
    peer_connect(&p);
    c = taken();
    for (int round = 0; round < 100; round++) {
        long count;

        for (int i = 0; i < 6; i++) { /* 8760 bytes: the last is cut */
            for (uint32_t j = 0; j < 1460; j++)
                data[j] = (uint8_t)((said + (uint32_t)i * 1460 + j) * 7 >> 3);
            peer_says_at(&p, TCP_ACK | TCP_PSH, data, 1460, p.seq + (uint32_t)i * 1460);
        }
        network_settle();
        count = connection_receive(c, got, round % 2 ? 8192 : 5000);
        assert_int_equal(count, round % 2 ? 8192 : 5000);
        for (long j = 0; j < count; j++)
            assert_int_equal(got[j], (uint8_t)((uint32_t)(total + j) * 7 >> 3));
        total += count;
        /* where the stack is: what it has acknowledged */
        said = tcp_active_pcbs->rcv_nxt - (1000u * 5007 + 1);
        p.seq = tcp_active_pcbs->rcv_nxt;
        assert_true(said - (uint32_t)total <= 8192);
        if (round % 2) {
            count = connection_receive(c, got, 8192);
            assert_true(count == SHOJI_EAGAIN || count > 0);
            for (long j = 0; j < count; j++)
                assert_int_equal(got[j], (uint8_t)((uint32_t)(total + j) * 7 >> 3));
            total += count > 0 ? count : 0;
        } else {
            while ((count = connection_receive(c, got, 100)) > 0)
                total += count;
        }
    }
    assert_true(total > 800000);
    peer_says(&p, TCP_RST | TCP_ACK, NULL, 0);
    connection_finish(c);
}

static void much_is_sent_in_pieces(void **state)
{
    static char data[100000];
    struct peer p = peer_at(5008);
    uint32_t done = 0;
    int before;
    long c;

    (void)state;
    p.window = 5000;
    peer_connect(&p);
    c = taken();
    while (done < sizeof data) {
        long count = connection_transmit(c, data + done, sizeof data - done);

        if (count == SHOJI_EAGAIN) {
            before = triggers[2];
            network_settle();
            assert_int_equal(triggers[2], before + 1);
            continue;
        }
        assert_true(count > 0);
        done += (uint32_t)count;
    }
    assert_int_equal(connection_finish(c), SHOJI_OK);
    network_settle();
    assert_int_equal(p.bytes, sizeof data);
    assert_true(p.fin);
    peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
}

static void peers_that_never_read_leave_room(void **state)
{
    static char data[65536];
    static struct peer hog[200];
    struct peer p = peer_at(9000);
    long hogs[200], c;

    (void)state;
    for (int i = 0; i < 200; i++) {
        hog[i] = peer_at((uint16_t)(6000 + i));
        peer_connect(&hog[i]);
        hog[i].silent = true;
        hogs[i] = taken();
        while (connection_transmit(hogs[i], data, sizeof data) > 0)
            continue;
    }
    peer_connect(&p);
    assert_true(p.connected);
    c = taken();
    for (int i = 0; i < 50; i++) {
        assert_true(connection_transmit(c, data, 1000) > 0);
        network_settle();
    }
    assert_true(p.bytes > 0);
    connection_finish(c);
    network_settle();
    assert_true(p.fin);
    peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
    pass(70000); /* they are given up */
    for (int i = 0; i < 200; i++) {
        assert_int_equal(connection_transmit(hogs[i], data, 1), SHOJI_ECLOSED);
        assert_int_equal(connection_finish(hogs[i]), SHOJI_OK);
    }
}

static void a_closing_peer_that_vanishes_is_forgotten(void **state)
{
    struct peer p = peer_at(5009);
    long c;

    (void)state;
    peer_connect(&p);
    c = taken();
    assert_int_equal(connection_finish(c), SHOJI_OK);
    p.silent = true;
    network_settle();
    assert_int_equal(connections_used(), 1);
    pass(12000);
    assert_int_equal(connections_used(), 0);
}

/* Segments to the peer that carry nothing, since `since`. */
static int bare_acknowledgements(int since)
{
    int found = 0;

    for (; since != (int)sent_put; since++) {
        const struct ip_hdr *ip = (const void *)(sent[since % 4096].data + SIZEOF_ETH_HDR);

        found += lwip_ntohs(IPH_LEN(ip)) == IP_HLEN + TCP_HLEN;
    }
    return found;
}

static uint32_t acknowledged(void)
{
    const struct tcp_hdr *tcp = (const void *)(sent[(sent_put - 1) % 4096].data + SIZEOF_ETH_HDR + IP_HLEN);

    return lwip_ntohl(tcp->ackno);
}

static void small_segments_are_acknowledged_together(void **state)
{
    static char full[TCP_MSS];
    struct peer p = peer_at(6100);
    char text[100];
    long c;
    int since;

    (void)state;
    peer_connect(&p);
    c = taken();
    /* a burst of requests: one acknowledgement for every eight, and the answer says the rest */
    since = (int)sent_put;
    for (int i = 0; i < 20; i++)
        peer_says(&p, TCP_ACK | TCP_PSH, "0123456789", 10);
    assert_int_equal(bare_acknowledgements(since), 2);
    while (connection_receive(c, text, 100) > 0)
        ;
    since = (int)sent_put;
    assert_int_equal(connection_transmit(c, "answer", 6), 6);
    assert_int_equal(acknowledged(), p.seq);
    network_settle();
    pass(600);
    assert_int_equal(bare_acknowledgements(since), 0);
    /* one alone is acknowledged by the timer */
    peer_says(&p, TCP_ACK | TCP_PSH, "x", 1);
    assert_int_equal(bare_acknowledgements(since), 0);
    pass(300);
    assert_int_equal(bare_acknowledgements(since), 1);
    assert_int_equal(acknowledged(), p.seq);
    /* full segments: every second one */
    for (int i = 0; i < 2; i++) {
        since = (int)sent_put;
        peer_says(&p, TCP_ACK, full, sizeof full);
        assert_int_equal(bare_acknowledgements(since), 0);
        peer_says(&p, TCP_ACK, full, sizeof full);
        assert_int_equal(bare_acknowledgements(since), 1);
        assert_int_equal(acknowledged(), p.seq);
    }
    /* the end of the peer's bytes at once, with those that came with it */
    while (connection_receive(c, text, 100) > 0)
        ;
    peer_says(&p, TCP_ACK | TCP_PSH, "y", 1);
    since = (int)sent_put;
    peer_says(&p, TCP_ACK | TCP_PSH | TCP_FIN, "z", 1);
    assert_int_equal(bare_acknowledgements(since), 1);
    assert_int_equal(acknowledged(), p.seq);
    assert_int_equal(connection_finish(c), SHOJI_OK);
    network_settle();
}

static void all_records_used_up(void **state)
{
    static struct peer crowd[TCP_CONNECTIONS + 1];
    static long handles[TCP_CONNECTIONS + 1];
    char text[10];

    (void)state;
    for (int i = 0; i < TCP_CONNECTIONS; i++) {
        crowd[i] = peer_at((uint16_t)(20000 + i));
        peer_connect(&crowd[i]);
        handles[i] = taken();
    }
    /* one more: none is idle long enough, so its SYN is as if lost */
    crowd[TCP_CONNECTIONS] = peer_at(30000);
    peer_connect(&crowd[TCP_CONNECTIONS]);
    assert_false(crowd[TCP_CONNECTIONS].connected);
    assert_false(crowd[TCP_CONNECTIONS].reset);
    pass(6000);
    /* all but the first have said nothing for long: one of the others goes */
    peer_says(&crowd[0], TCP_ACK | TCP_PSH, "x", 1);
    crowd[TCP_CONNECTIONS].seq--;
    peer_connect(&crowd[TCP_CONNECTIONS]);
    assert_false(crowd[TCP_CONNECTIONS].connected);
    for (int i = 0, gone = 0; i <= TCP_CONNECTIONS; i++) {
        gone += i < TCP_CONNECTIONS && crowd[i].reset;
        if (i == TCP_CONNECTIONS)
            assert_int_equal(gone, 1);
    }
    assert_false(crowd[0].reset);
    for (int i = 0; i < TCP_CONNECTIONS; i++) {
        long result = connection_receive(handles[i], text, 10);

        assert_int_equal(result, crowd[i].reset ? SHOJI_ECLOSED : i == 0 ? 1 : SHOJI_EAGAIN);
        if (crowd[i].reset) {
            assert_int_equal(connection_finish(handles[i]), SHOJI_OK);
            crowd[TCP_CONNECTIONS].seq--;
            peer_connect(&crowd[TCP_CONNECTIONS]); /* its client has let go: there is room */
            assert_true(crowd[TCP_CONNECTIONS].connected);
            handles[i] = taken();
        }
        assert_int_equal(connection_finish(handles[i]), SHOJI_OK);
    }
    /* those that close make room at once */
    for (int i = 0; i < 3; i++) {
        crowd[TCP_CONNECTIONS] = peer_at((uint16_t)(30002 + i));
        peer_connect(&crowd[TCP_CONNECTIONS]);
        assert_int_equal(connection_finish(taken()), SHOJI_OK);
    }
}

static void short_connections_in_a_row(void **state)
{
    static struct peer p;
    char text[64];

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        long c;

        p = peer_at((uint16_t)(10000 + i % 1000)); /* ports come again while they are in TIME_WAIT */
        p.seq += i * 100;
        peer_connect(&p);
        assert_true(p.connected);
        c = taken();
        peer_says(&p, TCP_ACK | TCP_PSH, "GET", 3);
        assert_int_equal(connection_receive(c, text, 64), 3);
        assert_int_equal(connection_transmit(c, "OK", 2), 2);
        assert_int_equal(connection_finish(c), SHOJI_OK);
        network_settle();
        assert_true(p.fin);
        assert_int_equal(p.bytes, 2);
        peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
        network_settle();
        time_wait_trim();
        assert_int_equal(connections_used(), 0);
        if (i % 10 == 0)
            pass(50);
    }
    /* the very port that is in TIME_WAIT, at once */
    p.seq += 1;
    p.connected = false;
    peer_connect(&p);
    assert_true(p.connected);
    assert_int_equal(connection_finish(taken()), SHOJI_OK);
}

static void buffers_that_run_out_delay_only(void **state)
{
    struct peer p = peer_at(5010);
    long c;

    (void)state;
    peer_connect(&p);
    c = taken();
    buffers_gone = true;
    link_reopen(); /* none are left */
    assert_int_equal(connection_transmit(c, "late", 4), 4);
    network_settle();
    assert_int_equal(p.bytes, 0);
    buffers_gone = false;
    pass(2000);
    network_settle();
    assert_int_equal(p.bytes, 4);
    peer_says(&p, TCP_RST | TCP_ACK, NULL, 0);
    connection_finish(c);
}

/* What ip does not take is sent again as soon as it is open again, and not when TCP's patience is over; then all
 * buffers are ip's, and it is asked for others. */
static void ip_fails_and_comes_back(void **state)
{
    struct peer p = peer_at(5011), other = peer_at(5012);
    int before = opened;
    long c;

    (void)state;
    peer_connect(&p);
    c = taken();
    ip_fails = true;
    assert_int_equal(connection_transmit(c, "late", 4), 4);
    network_settle();
    assert_int_equal(p.bytes, 0);
    assert_true(link_failed);
    link_reopen(); /* in vain */
    assert_true(link_failed);
    ip_fails = false;
    assert_int_equal(opened, before + 1);
    peer_says(&p, TCP_ACK, NULL, 0); /* is dropped */
    assert_false(link_failed);
    assert_int_equal(opened, before + 2);
    network_settle();
    assert_int_equal(p.bytes, 4);
    assert_int_equal(opened, before + 2);
    /* packets that were taken, but never reached the network; and a SYN's answer */
    assert_int_equal(connection_transmit(c, "lost", 4), 4);
    peers[other.port] = &other;
    peer_says(&other, TCP_SYN, NULL, 0);
    sent_taken = sent_put;
    link_look();
    assert_false(link_failed);
    ip_fails = true;
    link_look();
    assert_true(link_failed);
    ip_fails = false;
    for (int i = 0; i < 20; i++) { /* lwIP would give up after so many tries of its own */
        link_reopen();
        link_flush();
        sent_taken = sent_put;
    }
    link_reopen();
    network_settle();
    assert_int_equal(p.bytes, 8);
    assert_memory_equal(p.last, "lost", 4);
    assert_true(other.connected);
    peer_says(&p, TCP_RST | TCP_ACK, NULL, 0);
    peer_says(&other, TCP_RST | TCP_ACK, NULL, 0);
    connection_finish(c);
}

/* A connection that lwIP has lost without a word, as with a life of tcp: the next one asks the peer, and the peer's
 * answer brings it a reset. Who has left by then is not asked. */
static void peers_of_an_earlier_life_are_told(void **state)
{
    struct peer p = peer_at(5013), other = peer_at(5014);
    const struct segment *asked = (const void *)sent[sent_put % 4096].data;
    long c, d;

    (void)state;
    peer_connect(&other);
    d = taken();
    peer_says(&other, TCP_RST | TCP_ACK, NULL, 0);
    connection_finish(d);
    peer_connect(&p);
    c = taken();
    network_settle();
    tcp_abandon(tcp_active_pcbs, 0);
    network_settle();
    assert_false(p.reset);
    buffers_gone = true;
    link_reopen();
    peers_inherit();
    assert_false(peers_ask()); /* it is left for later, or for the next life */
    peers_inherit();
    buffers_gone = false;
    asked = (const void *)sent[sent_put % 4096].data;
    assert_true(peers_ask());
    link_flush();
    assert_int_equal(sent_put - sent_taken, 1);
    assert_int_equal(lwip_ntohs(asked->tcp.dest), p.port);
    assert_int_equal(TCPH_FLAGS(&asked->tcp), TCP_ACK);
    assert_int_not_equal(lwip_ntohl(asked->tcp.seqno), p.ack);
    network_settle();
    peer_says(&p, TCP_ACK, NULL, 0); /* as RFC 9293 has it */
    network_settle();
    assert_true(p.reset);
    assert_true(peers_ask()); /* once */
    link_flush();
    assert_int_equal(sent_put, sent_taken);
    connection_finish(c);
    assert_int_equal(port_inherited(0), PORT);
    assert_int_equal(port_inherited(1), 0);
}

/* What ARP has said is heard again by the next life: the newest of each address, of four. */
static void neighbours_are_remembered(void **state)
{
    struct {
        struct eth_hdr ethernet;
        struct etharp_hdr arp;
    } __attribute__((packed)) said = {.ethernet.type = PP_HTONS(ETHTYPE_ARP)}, *heard;
    uint32_t bytes, all = 0;

    (void)state;
    for (int i = 0; i < 9; i++) {
        said.arp.shwaddr.addr[5] = (uint8_t)i;
        memcpy(&said.arp.sipaddr, (uint8_t[]){10, 0, 2, (uint8_t)(50 + i % 5)}, 4);
        neighbour_heard(&said, sizeof said - (i == 8)); /* the last one is too short */
    }
    said.ethernet.type = PP_HTONS(ETHTYPE_IP);
    said.arp.shwaddr.addr[5] = 9;
    neighbour_heard(&said, sizeof said);
    for (unsigned at = 0; (heard = neighbour_next(&at, &bytes)) != NULL;) {
        assert_int_equal(bytes, sizeof said);
        all |= 1u << heard->arp.shwaddr.addr[5];
    }
    assert_int_equal(all, 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7);
}

static void wrong_arguments(void **state)
{
    char text[4];

    (void)state;
    assert_int_equal(connection_listen(0, 1, CLIENT), SHOJI_EINVAL);
    assert_int_equal(connection_listen(65536, 1, CLIENT), SHOJI_EINVAL);
    assert_int_equal(connection_listen(99, 1, CLIENT), SHOJI_EBUSY);
    assert_int_equal(connection_listen(PORT + 1, -1, CLIENT), SHOJI_EINVAL);
    assert_int_equal(connection_take(0, 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(connection_take(listener + 1, 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(connection_take((long)LIFE << 16, 1, CLIENT), SHOJI_ENOENT);
    /* The same listener, as other lives of this component would name it. */
    assert_int_equal(connection_take(listener - (1l << 16), 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(connection_take(listener + (1l << 16), 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(connection_take((listener & 0xffff) | 1l << 16, 1, CLIENT), SHOJI_ENOENT);
    for (long handle = -3; handle < 300; handle++) {
        assert_int_equal(connection_receive(handle, text, 4), SHOJI_ENOENT);
        assert_int_equal(connection_receive(((long)LIFE << 16) + handle, text, 4), SHOJI_ENOENT);
        assert_int_equal(connection_transmit(INT64_MAX - handle - 3, text, 4), SHOJI_ENOENT);
        assert_int_equal(connection_finish(INT64_MIN + handle + 3), SHOJI_ENOENT);
    }
    assert_int_equal(connection_receive(listener, text, 4), SHOJI_ENOENT);
    /* A listener that was left is taken up again by whoever listens there next. */
    assert_int_equal(connection_finish(listener), SHOJI_OK);
    assert_int_equal(connection_listen(PORT, 1, CLIENT), listener);
}

/* Each client has what it took, and only that goes with it. */
/* A segment that was changed on its way is as if lost; one that the device vouches for is not looked at. */
static void changed_segments_are_dropped(void **state)
{
    struct peer p = peer_at(7100);
    char text[8];
    long c;

    (void)state;
    peer_connect(&p);
    c = taken();
    spoil = true;
    peer_says(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(connection_receive(c, text, 8), SHOJI_EAGAIN);
    p.seq -= 5;
    pool_flags = 3; /* means nothing: this device knows no checksums */
    peer_says(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(connection_receive(c, text, 8), SHOJI_EAGAIN);
    p.seq -= 5;
    spoil = false;
    pool_flags = 0;
    peer_says(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(connection_receive(c, text, 8), 5);
    assert_int_equal(connection_finish(c), SHOJI_OK);
    network_settle();
    peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
}

static void clients_go_apart(void **state)
{
    struct peer p = peer_at(7001), q = peer_at(7002);
    long mine, others, second = connection_listen(PORT + 1, 3, OTHER);
    char text[8];

    (void)state;
    assert_true(second > 0);
    peer_connect(&p);
    mine = taken();
    peer_connect(&q);
    others = connection_take(listener, 2, OTHER);
    for (int other = 0; other < 2; other++) {
        component_t client = other ? OTHER : CLIENT;

        assert_int_equal(connection_owned(listener, client), !other);
        assert_int_equal(connection_owned(mine, client), !other);
        assert_int_equal(connection_owned(second, client), other);
        assert_int_equal(connection_owned(others, client), other);
        assert_false(connection_owned(0, client));
    }
    connections_gone(3);
    peer_says(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(connection_receive(mine, text, 8), 5);
    peer_says(&q, TCP_ACK | TCP_PSH, "secret", 6);
    assert_int_equal(connection_receive(others, text, 8), SHOJI_ENOENT);
    assert_int_equal(connection_transmit(others, "x", 1), SHOJI_ENOENT);
    assert_int_equal((connection_receive)(others, OTHER, text, 8), 6);
    connections_gone(OTHER);
    network_settle();
    assert_true(q.fin && !p.fin);
    assert_int_equal(connection_receive(others, text, 8), SHOJI_ENOENT);
    assert_false(connection_owned(others, OTHER));
    assert_false(connection_owned(second, OTHER));
    assert_true(connection_owned(listener, CLIENT));
    assert_int_equal(connection_receive(mine, text, 8), SHOJI_EAGAIN);
    assert_int_equal(connection_listen(PORT + 1, 3, CLIENT), second); /* nobody's until then */
    assert_true(connection_owned(second, CLIENT));
    connections_gone(CLIENT);
    network_settle();
    assert_true(p.fin);
    assert_int_equal(connection_listen(PORT, 1, CLIENT), listener);
    peer_says(&p, TCP_ACK | TCP_FIN, NULL, 0);
    peer_says(&q, TCP_ACK | TCP_FIN, NULL, 0);
}

static void garbage_is_dropped(void **state)
{
    uint8_t frame[200];

    (void)state;
    srand(1);
    for (int i = 0; i < 200000; i++) {
        uint32_t bytes = 14 + (uint32_t)rand() % 180;

        for (uint32_t j = 0; j < bytes; j++)
            frame[j] = (uint8_t)rand();
        memcpy(frame, own_mac, 6);
        if (i % 4 != 0) {
            const struct ip_hdr *ip = (void *)(frame + 14);
            uint16_t sum;

            memcpy(frame + 12, i % 4 == 1 ? "\x08\x06" : "\x08\x00\x45", i % 4 == 1 ? 2 : 3);
            if (i % 4 >= 2 && bytes >= 34) {
                memcpy(frame + 16, (uint8_t[]){0, (uint8_t)(bytes - 14)}, 2);
                memcpy(frame + 20, "\0\0", 2);
                frame[23] = i % 8 == 2 ? IP_PROTO_ICMP : IP_PROTO_TCP;
                memcpy(frame + 30, (uint8_t[]){10, 0, 2, 15}, 4);
                memcpy(frame + 36, "\0\x50", 2);
                memset(frame + 24, 0, 2);
                sum = (uint16_t)~fast_checksum(ip, 20);
                memcpy(frame + 24, &sum, 2);
            }
        }
        input(frame, bytes);
        sent_taken = sent_put;
    }
}

static void a_ping_is_answered(void **state)
{
    struct {
        struct eth_hdr ethernet;
        struct ip_hdr ip;
        struct icmp_echo_hdr icmp;
        uint8_t data[56];
    } __attribute__((packed)) ping = {0};
    const struct icmp_echo_hdr *answer;

    (void)state;
    memcpy(ping.ethernet.dest.addr, own_mac, 6);
    memcpy(ping.ethernet.src.addr, peer_mac, 6);
    ping.ethernet.type = PP_HTONS(ETHTYPE_IP);
    IPH_VHL_SET(&ping.ip, 4, 5);
    IPH_LEN_SET(&ping.ip, PP_HTONS(20 + 8 + 56));
    IPH_TTL_SET(&ping.ip, 64);
    IPH_PROTO_SET(&ping.ip, IP_PROTO_ICMP);
    ping.ip.src.addr = PP_HTONL(LWIP_MAKEU32(10, 0, 2, 2));
    ping.ip.dest.addr = PP_HTONL(LWIP_MAKEU32(10, 0, 2, 15));
    IPH_CHKSUM_SET(&ping.ip, (uint16_t)~fast_checksum(&ping.ip, IP_HLEN));
    ICMPH_TYPE_SET(&ping.icmp, ICMP_ECHO);
    ping.icmp.seqno = 77;
    ping.icmp.chksum = (uint16_t)~fast_checksum(&ping.icmp, 64);
    sent_taken = sent_put;
    input(&ping, sizeof ping);
    assert_int_equal(sent_put - sent_taken, 1);
    if (((const struct eth_hdr *)sent[sent_taken % 4096].data)->type ==
        PP_HTONS(ETHTYPE_ARP)) /* the peer's address is too old */
        answer_arp(sent[sent_taken++ % 4096].data);
    assert_int_equal(sent_put - sent_taken, 1);
    answer = (const void *)(sent[sent_taken % 4096].data + 34);
    assert_int_equal(answer->type, ICMP_ER);
    assert_int_equal(answer->seqno, 77);
    assert_int_equal(fast_checksum(answer, 64), 0xffff);
}

static void words_are_as_good_as_bytes(void **state)
{
    uint8_t from[300], to[300];

    (void)state;
    for (uint32_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 251 + 13);
    for (uint32_t offset = 0; offset < 9; offset++)
        for (uint32_t bytes = 0; bytes < 280; bytes++) {
            uint32_t sum = 0;

            memset(to, 0xaa, sizeof to);
            fast_copy(to + 9 - offset, from + offset, bytes);
            assert_memory_equal(to + 9 - offset, from + offset, bytes);
            assert_int_equal(to[9 - offset + bytes], 0xaa);
            assert_int_equal(to[8 - offset], 0xaa);
            for (uint32_t i = 0; i < bytes; i++)
                sum += (uint32_t)from[offset + i] << (i % 2 * 8);
            while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
            assert_int_equal(fast_checksum(from + offset, (int)bytes), sum);
        }
    memset(from, 0xff, sizeof from);
    assert_int_equal(fast_checksum(from, 300), 0xffff);
    assert_int_equal(fast_checksum(from, 299), 0xff);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, clean, nothing_is_lost)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_are_as_good_as_bytes),
        TEST(a_request_is_answered_and_closed),
        TEST(events_are_edges),
        TEST(a_half_closed_peer_still_gets_its_answer),
        TEST(a_reset_closes),
        TEST(unread_bytes_do_not_spoil_the_answer),
        TEST(the_window_holds_and_opens_again),
        TEST(much_is_sent_in_pieces),
        TEST(peers_that_never_read_leave_room),
        TEST(a_closing_peer_that_vanishes_is_forgotten),
        TEST(small_segments_are_acknowledged_together),
        TEST(all_records_used_up),
        TEST(short_connections_in_a_row),
        TEST(buffers_that_run_out_delay_only),
        TEST(ip_fails_and_comes_back),
        TEST(peers_of_an_earlier_life_are_told),
        TEST(neighbours_are_remembered),
        TEST(wrong_arguments),
        TEST(changed_segments_are_dropped),
        TEST(clients_go_apart),
        TEST(garbage_is_dropped),
        TEST(a_ping_is_answered),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
