/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a driver makes its device try. The device `card` has Bob's domain, and its driver programs it to read
 * and write what Bob may not; `peer`, on the same wire, has no domain: it sends what card is to receive, and
 * sees what card sends.
 *
 * How "nothing leaked" is known: after each attack card is reset, started anew and sends an honest packet,
 * and that is the first that peer gets. The test besides looks for PATTERN in the packets that the host
 * captured. "Nothing changed" is known by the sum over memory, and by a copy of what was aimed at.
 */
#include "attacks.h"
#include "virtio.h"

#define CARD (ARENA + 0x100000u) /* not among what is watched: rings and buffers */
#define PEER (ARENA + 0x180000u)
#define HEADER (CARD + 0x3000u) /* 12 zero bytes, before each packet sent */
#define SENT (CARD + 0x4000u)   /* 4 KiB, read-only to the device */
#define GOT (CARD + 0x5000u)    /* 4 KiB, read-write */
#define PEER_SENT (PEER + 0x4000u)
#define PEER_GOT (PEER + 0x5000u)
#define HEADER_BYTES 12u
#define PACKET_BYTES 64u
#define HONEST 0x5eed0000u
#define INDIRECT_FEATURE (1u << 28)
enum { LOAD = MMP_ACCESS_LOAD, STORE = MMP_ACCESS_STORE };

static struct net card, peer;
static uint32_t honest;  /* number of the packet */
static uint64_t denials; /* counted before the attack */
static uint64_t memory;  /* its sum then */
static uint8_t aimed_at[256];
static uint64_t aim;
static uint16_t legal; /* packets that card sends in the attack and may */
static uint64_t secret[32] = {PATTERN, PATTERN, PATTERN};
static uint32_t features;

/* ---- The wire ---- */

static void rings_place(struct net *net, uint32_t where)
{
    for (unsigned queue = 0; queue < 2; queue++) {
        net->descriptors[queue] = where + queue * 0x1000;
        net->avail[queue] = where + queue * 0x1000 + 0x400;
        net->used[queue] = where + queue * 0x1000 + 0x800;
    }
}

static void zero(uint32_t from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i += 4)
        *(volatile uint32_t *)(uint64_t)(from + i) = 0;
}

/* What a driver that asks for no more than it must would give its device. */
static void rights_give(void)
{
    for (unsigned queue = 0; queue < 2; queue++) {
        uint32_t base = CARD + queue * 0x1000;

        perm_change(BOB, base, base + DESCRIPTORS_BYTES, MMP_PERM_RO);
        perm_change(BOB, base + 0x400, base + 0x400 + AVAIL_BYTES, MMP_PERM_RO);
        perm_change(BOB, base + 0x800, base + 0x800 + USED_BYTES, MMP_PERM_RW);
    }
    perm_change(BOB, HEADER, HEADER + HEADER_BYTES, MMP_PERM_RO);
    perm_change(BOB, SENT, SENT + 4096, MMP_PERM_RO);
    perm_change(BOB, GOT, GOT + 4096, MMP_PERM_RW);
}

static void card_start(void)
{
    net_reset(&card);
    zero(CARD, 0x3000);
    rings_place(&card, CARD);
    net_start(&card, features);
}

static void peer_start(void)
{
    net_reset(&peer);
    zero(PEER, 0x3000);
    rings_place(&peer, PEER);
    net_start(&peer, 0);
    for (uint16_t i = 0; i < QUEUE; i++) {
        net_describe(&peer, RECEIVING, i, (struct descriptor){PEER_GOT + i * 0x800u, 0x800, WRITE, 0});
        net_publish(&peer, RECEIVING, i);
    }
    net_kick(&peer, RECEIVING);
}

static void packet_make(uint32_t where, uint32_t number)
{
    volatile uint32_t *words = (volatile uint32_t *)(uint64_t)where;

    words[0] = words[1] = 0xffffffff; /* to everybody */
    for (unsigned i = 2; i < PACKET_BYTES / 4; i++)
        words[i] = number + i;
}

static void card_sends(uint64_t from, uint32_t bytes)
{
    net_describe(&card, SENDING, 0, (struct descriptor){HEADER, HEADER_BYTES, NEXT, 1});
    net_describe(&card, SENDING, 1, (struct descriptor){from, bytes, 0, 0});
    net_publish(&card, SENDING, 0);
    net_kick(&card, SENDING);
}

static void card_would_receive(uint64_t into, uint32_t bytes)
{
    net_describe(&card, RECEIVING, 0, (struct descriptor){into, bytes, WRITE, 0});
    net_publish(&card, RECEIVING, 0);
    net_kick(&card, RECEIVING);
}

static void peer_sends(void)
{
    packet_make(PEER_SENT, HONEST + (++honest << 8));
    zero(PEER_SENT - HEADER_BYTES, HEADER_BYTES);
    net_describe(&peer, SENDING, 0,
                 (struct descriptor){PEER_SENT - HEADER_BYTES, HEADER_BYTES + PACKET_BYTES, 0, 0});
    net_publish(&peer, SENDING, 0);
    net_kick(&peer, SENDING);
}

/* The emulator's devices run beside the processor. */
#define PATIENCE 10000000u

static bool peer_gets(uint16_t packets)
{
    for (unsigned i = 0; i < PATIENCE && net_used(&peer, RECEIVING) < packets; i++)
        __asm__ volatile("pause");
    return net_used(&peer, RECEIVING) == packets;
}

static bool same(uint32_t a, uint32_t b, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        if (*at(a + i) != *at(b + i))
            return false;
    return true;
}

/* ---- Attack and outcome ---- */

static void card_check(void)
{
    msr_write(MMP_MSR_DMA, card.requester | (uint64_t)ID(BOB) << 16);
}

/* Both are as new. An honest packet has gone, so that the device has nothing left to do of what came before.
 */
static void begin(void)
{
    volatile uint16_t *flags;

    card_check();
    rights_give();
    peer_start();
    card_start();
    zero(HEADER, HEADER_BYTES);
    packet_make(SENT, HONEST);
    card_sends(SENT, PACKET_BYTES);
    flags = (volatile uint16_t *)card.used[SENDING]; /* set while it works through the ring */
    for (unsigned i = 0; i < PATIENCE && (net_used(&card, SENDING) == 0 || *flags != 0); i++)
        __asm__ volatile("pause");
    peer_start();
    legal = 0;
}

/* From here on nothing may change; least of all what lies at `where` (0: that is no memory). */
static void aim_at(uint64_t where)
{
    msr_write(MMP_MSR_DMA_FAULT_INFO, 0);
    denials = msr_read(MMP_MSR_COUNT_DMA_FAULTS);
    memory = watched_sum();
    aim = where;
    for (unsigned i = 0; aim != 0 && i < sizeof aimed_at; i++)
        aimed_at[i] = *at(aim + i);
}

static void unchanged(void)
{
    check(watched_sum() == memory, "memory", aim);
    for (unsigned i = 0; aim != 0 && i < sizeof aimed_at; i++)
        if (!check(*at(aim + i) == aimed_at[i], "aimed at", aim + i))
            break;
}

static bool card_got(uint32_t packet)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        uint16_t used = net_used(&card, RECEIVING);

        if (used != 0 && same(GOT + (used - 1) * 0x400u + HEADER_BYTES, packet, PACKET_BYTES))
            return true;
    }
    return false;
}

/* An honest packet each way, with the device and the rights as at first. */
static void honest_packets(void)
{
    card_check();
    rights_give();
    card_start();
    packet_make(SENT, HONEST + (++honest << 8));
    card_sends(SENT, PACKET_BYTES);
    if (check(peer_gets(legal + 1), "packets that peer got", net_used(&peer, RECEIVING)))
        check(same(PEER_GOT + legal * 0x800 + HEADER_BYTES, SENT, PACKET_BYTES), "leaked",
              *(uint64_t *)at(PEER_GOT + HEADER_BYTES + 8));
    for (uint16_t i = 0; i < QUEUE / 2; i++) { /* one of the attack's may still be on its way */
        net_describe(&card, RECEIVING, i, (struct descriptor){GOT + i * 0x400u, 0x400, WRITE, 0});
        net_publish(&card, RECEIVING, i);
    }
    net_kick(&card, RECEIVING);
    peer_sends();
    check(card_got(PEER_SENT), "got", net_used(&card, RECEIVING));
}

static void denial_wait(void)
{
    for (unsigned i = 0; i < PATIENCE && msr_read(MMP_MSR_COUNT_DMA_FAULTS) == denials; i++)
        __asm__ volatile("pause");
}

/* The device was denied that, and stopped; nothing has changed, and peer has got nothing. */
static void denied_as(unsigned kind, uint16_t id, int access, uint64_t addr)
{
    uint64_t info;

    denial_wait();
    net_reset(&card);
    info = msr_read(MMP_MSR_DMA_FAULT_INFO);
    check(msr_read(MMP_MSR_COUNT_DMA_FAULTS) > denials, "denials", 0);
    check(info == (kind | (uint64_t)access << 8 | (uint64_t)id << 16 | (uint64_t)card.requester << 32),
          "info", info);
    check(msr_read(MMP_MSR_DMA_FAULT_ADDR) == addr, "address", msr_read(MMP_MSR_DMA_FAULT_ADDR));
    unchanged();
    check(net_used(&peer, RECEIVING) == legal, "sent", net_used(&peer, RECEIVING));
    honest_packets();
}

static void denied(int access, uint64_t addr)
{
    denied_as(MMP_FAULT_PERMISSION, ID(BOB), access, addr);
}

static void attack_reading(uint64_t addr, uint64_t first_denied)
{
    begin();
    aim_at(addr >> 32 == 0 && addr < 0x10000000 ? addr : 0);
    card_sends(addr, PACKET_BYTES);
    denied(LOAD, first_denied);
}

static void attack_writing(uint64_t addr, uint64_t first_denied)
{
    begin();
    aim_at(addr >> 32 == 0 && addr < 0x10000000 ? addr : 0);
    card_would_receive(addr, HEADER_BYTES + PACKET_BYTES);
    peer_sends();
    denied(STORE, first_denied);
}

/* ---- Cases ---- */

/* Memory that is domain 0's, the hardware's own, another domain's, or nobody's. */
static unsigned forbidden(uint64_t *list)
{
    unsigned n = 0;

    list[n++] = SUPERVISOR_STACK - 0x800;
    list[n++] = low(secret);    /* the kernel's data */
    list[n++] = low(denied_as); /* and code */
    list[n++] = CALLSTACK;
    list[n++] = GATES;
    list[n++] = msr_read(MMP_MSR_DTBASE);
    list[n++] = low(root_entry(BOB, 0));
    list[n++] = low(mid_entry(BOB, ARENA));
    list[n++] = *mid_entry(BOB, SENT); /* the device's own permissions */
    list[n++] = OURS;                  /* Alice's */
    list[n++] = STACK_LOW;             /* a thread's stack */
    list[n++] = ARENA + 0x20000;       /* nobody's */
    return n;
}

static void reading(void)
{
    uint64_t list[16];

    for (unsigned i = forbidden(list); i-- != 0;)
        attack_reading(list[i], list[i]);
}

static void writing(void)
{
    uint64_t list[16];

    for (unsigned i = forbidden(list); i-- != 0;)
        attack_writing(list[i], list[i]);
}

static void writing_read_only(void)
{
    attack_writing(SENT + 64, SENT + 64);
    attack_writing(HEADER, HEADER);
    attack_writing(CARD + 64, CARD + 64); /* its own descriptors */
    begin();
    perm_change(BOB, GOT + 256, GOT + 260, MMP_PERM_RO); /* one word of a buffer */
    aim_at(GOT + 128);
    card_would_receive(GOT + 216, HEADER_BYTES + PACKET_BYTES);
    peer_sends();
    denied(STORE, GOT + 256);
}

/* Of the 64 bytes some may be accessed: the last or the first ones, cut in a word, at a page and at a table.
 */
static void across(void)
{
    static const uint32_t walls[] = {SENT + 0x204, SENT + 0x240, SENT + 4096, GOT + 4096};

    for (unsigned i = 0; i < 4; i++) {
        bool store = walls[i] > SENT + 4096;

        begin();
        perm_change(BOB, walls[i], walls[i] + 128, MMP_PERM_NONE);
        aim_at(walls[i] - 64);
        if (store) {
            card_would_receive(walls[i] - 31, HEADER_BYTES + PACKET_BYTES);
            peer_sends();
        } else {
            card_sends(walls[i] - 31, PACKET_BYTES);
        }
        denied(store ? STORE : LOAD, walls[i]);
    }
    begin();
    perm_change(BOB, SENT, SENT + 0x104, MMP_PERM_NONE);
    aim_at(SENT);
    card_sends(SENT + 0x100, PACKET_BYTES); /* the first word only */
    denied(LOAD, SENT + 0x100);
    begin();
    perm_change(BOB, ARENA + ARENA_BYTES - 0x100, ARENA + ARENA_BYTES, MMP_PERM_RW);
    aim_at(ARENA + ARENA_BYTES - 0x80);
    card_would_receive(ARENA + ARENA_BYTES - 40, HEADER_BYTES + PACKET_BYTES);
    peer_sends();
    denied(STORE, ARENA + ARENA_BYTES);
}

/* A ring is moved to where the device may not read, or not write. */
static void rings(void)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        uint32_t where = ARENA + 0x20000; /* nobody's, watched: PATTERN */
        uint64_t *ring = kind == 0 ? card.descriptors : kind == 1 ? card.avail : card.used;

        begin();
        net_reset(&card); /* its rings hold that packet still */
        ring[SENDING] = where;
        aim_at(where);
        net_start(&card, 0);
        net_kick(&card, SENDING);
        denied(LOAD, kind == 1 ? where + 2 : where); /* used: flags are looked at first */
    }
}

static void rings_read_only(void)
{
    begin();
    perm_change(BOB, CARD + 0x1800, CARD + 0x1800 + USED_BYTES, MMP_PERM_RO);
    aim_at(CARD + 0x1800);
    card_sends(SENT, PACKET_BYTES);
    denied(STORE, CARD + 0x1800);
}

/* A descriptor of which the device may read a part, and an entry of the used ring of which it may write one.
 */
static void rings_across(void)
{
    for (unsigned word = 1; word < 4; word++) {
        begin();
        perm_change(BOB, CARD + 0x1000 + 4 * word, CARD + 0x1010, MMP_PERM_NONE);
        aim_at(0);
        card_sends(SENT, PACKET_BYTES);
        denied(LOAD, CARD + 0x1000 + 4 * word);
    }
    begin();
    perm_change(BOB, CARD + 0x1810, CARD + 0x1814, MMP_PERM_NONE);
    aim_at(CARD + 0x1810);
    legal = 1;
    card_sends(SENT, PACKET_BYTES);
    denied(STORE, CARD + 0x1810);
}

static void indirect(void)
{
    struct descriptor *list = (struct descriptor *)at(ARENA + 0x20000);

    features = INDIRECT_FEATURE;
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        begin();
        list[0] = (struct descriptor){HEADER, HEADER_BYTES, NEXT, 1};
        list[1] = (struct descriptor){allowed ? OURS : SENT, PACKET_BYTES, 0, 0};
        perm_change(BOB, low(list), low(list) + 32, allowed ? MMP_PERM_RO : MMP_PERM_NONE);
        aim_at(low(list));
        net_describe(&card, SENDING, 0, (struct descriptor){low(list), 32, INDIRECT, 0});
        net_publish(&card, SENDING, 0);
        net_kick(&card, SENDING);
        denied(LOAD, allowed ? OURS : low(list));
    }
    list[0] = list[1] = (struct descriptor){PATTERN, (uint32_t)PATTERN, (uint16_t)PATTERN, (uint16_t)PATTERN};
    features = 0;
}

/* Rights that the device has used are gone at its next access, whatever it has kept. */
static void taken_back(void)
{
    begin();
    honest_packets();
    peer_start();
    perm_change(BOB, SENT + 128, SENT + 192, MMP_PERM_NONE);
    aim_at(SENT + 128);
    card_sends(SENT + 128, PACKET_BYTES);
    denied(LOAD, SENT + 128);

    begin();
    card_would_receive(GOT, HEADER_BYTES + PACKET_BYTES); /* published while it was allowed */
    perm_change(BOB, GOT, GOT + 4096, MMP_PERM_RO);
    aim_at(GOT);
    peer_sends();
    denied(STORE, GOT);

    begin();
    honest_packets();
    peer_start();
    perm_change(BOB, CARD + 0x1400, CARD + 0x1400 + AVAIL_BYTES, MMP_PERM_NONE); /* a ring that it has read */
    aim_at(0);
    card_sends(SENT, PACKET_BYTES);
    denied(LOAD, CARD + 0x1402);
}

/* The device's domain is another: merged, split, none, or one whose table is none. */
static void domains(void)
{
    begin();
    perm_change(ALICE, CARD, CARD + 0x6000, MMP_PERM_RW); /* so Alice may do what Bob may, and more */
    root_share(BOB, ALICE);
    packet_make(OURS, HONEST); /* the one thing of Alice's that is to be seen on the wire */
    card_sends(OURS, PACKET_BYTES);
    check(peer_gets(1), "merged", net_used(&peer, RECEIVING));
    check(same(PEER_GOT + HEADER_BYTES, OURS, PACKET_BYTES), "merged", *at(PEER_GOT + HEADER_BYTES));
    root_own(BOB);
    invalidate(ID(BOB), 0, 32);
    attack_reading(OURS, OURS);

    begin();
    msr_write(MMP_MSR_DMA, card.requester | (uint64_t)(MMP_PD_USER | 77) << 16);
    aim_at(0);
    card_sends(SENT, PACKET_BYTES);
    denied_as(MMP_FAULT_GATE_DOMAIN, MMP_PD_USER | 77, LOAD, MMP_PD_USER | 77);

    begin();
    uint32_t *entry = mid_entry(BOB, SENT), kept = *entry;
    *entry = MMP_BITMAP_ALL(MMP_PERM_RW) | 4;
    aim_at(0);
    card_sends(SENT, PACKET_BYTES);
    denial_wait();
    unchanged();
    *entry = kept;
    memory = watched_sum();
    denied_as(MMP_FAULT_MALFORMED, ID(BOB), LOAD, low(entry));
}

/* Once denied, it may not even do what it may. */
static void blocked(void)
{
    begin();
    aim_at(OURS);
    card_sends(OURS, PACKET_BYTES);
    denial_wait();
    card_start(); /* its driver begins anew, with nothing but what is allowed */
    card_sends(SENT, PACKET_BYTES);
    card_would_receive(GOT, HEADER_BYTES + PACKET_BYTES);
    peer_sends();
    denied(LOAD, OURS);
}

/* Where writing is not to memory: interrupts forged, and other devices. */
static void registers(void)
{
    static const uint32_t messages[] = {0xfee00000, 0xfee00ffc, 0xfee01000, 0xfeefff00};

    for (unsigned i = 0; i < 4; i++)
        attack_writing(messages[i] - HEADER_BYTES, messages[i] - HEADER_BYTES);
    attack_writing(net_registers(&peer), net_registers(&peer));
    attack_writing(net_registers(&card), net_registers(&card));
    attack_reading(net_registers(&peer), net_registers(&peer));
}

static void nowhere(void)
{
    attack_reading(1ull << 32, 1ull << 32);
    attack_writing((1ull << 32) + GOT, (1ull << 32) + GOT);
    attack_reading(0xffffffffffffffc0, 0xffffffffffffffc0);
    attack_reading(0x20000000, 0x20000000); /* where RAM has ended */
    attack_writing(0, 0);
}

static void found(void (*run)(void))
{
    if (card.common == 0)
        check(net_find(0, &card) && net_find(1, &peer) && (msr_read(MMP_MSR_CAPS) & MMP_CAPS_DMA) != 0,
              "cards", 0);
    if (card.common != 0 && peer.common != 0)
        run();
    msr_write(MMP_MSR_DMA, card.requester);
}

#define CASE(name)                                                                                           \
    static void name##_case(void)                                                                            \
    {                                                                                                        \
        found(name);                                                                                         \
    }
CASE(reading)
CASE(writing)
CASE(writing_read_only)
CASE(across)
CASE(rings)
CASE(rings_read_only)
CASE(rings_across)
CASE(indirect)
CASE(taken_back)
CASE(domains)
CASE(blocked)
CASE(registers)
CASE(nowhere)

static const struct attack list[] = {
    {"a device reads",
     "a packet to send lies in domain 0's memory, tables, gates, call stack, another's memory, nobody's",
     "PERMISSION, load, first byte; nothing sent", reading_case},
    {"a device writes", "the same places as a buffer to receive into",
     "PERMISSION, store, first byte; nothing written", writing_case},
    {"a device writes what it may read", "a packet to send, its own descriptors, one word of a buffer",
     "PERMISSION, store; nothing written, nor before that word", writing_read_only_case},
    {"a device's buffer across the wall",
     "packets of which only the first or the last bytes may be accessed, cut in a word, "
     "at a page, at a table",
     "PERMISSION, first byte denied; nothing sent, nothing written", across_case},
    {"a device's ring behind the wall", "descriptors, available and used ring where the device has no right",
     "PERMISSION; no descriptor is read, nothing written", rings_case},
    {"a used ring that is read-only", "a packet to send, allowed", "PERMISSION, store; the ring as before",
     rings_read_only_case},
    {"a device's ring across the wall",
     "a descriptor and an entry of the used ring of which some words are denied",
     "PERMISSION, first word denied; nothing sent, nothing written there", rings_across_case},
    {"indirect descriptors",
     "a table of descriptors that the device may not read; one that it may, and that leads to what it "
     "may not",
     "PERMISSION, load; nothing sent", indirect_case},
    {"a device's rights are taken back",
     "buffers and rings that it has used, a buffer that it has been given", "PERMISSION at its next access",
     taken_back_case},
    {"a device's domain changes", "merged, split; no descriptor; a malformed table",
     "rights of both while merged; PERMISSION; GATE_DOMAIN; MALFORMED", domains_case},
    {"a device that was denied something", "what it may do, afterwards",
     "denied; allowed again once it is given its domain anew", blocked_case},
    {"a device writes to devices", "forged interrupt messages, its own registers and another device's",
     "PERMISSION; no interrupt, registers as before", registers_case},
    {"a device beyond the memory", "at and above 4 GiB, at the end of 64 bits, where RAM has ended, at 0",
     "PERMISSION, the address", nowhere_case},
};
ATTACKS(by_devices);
