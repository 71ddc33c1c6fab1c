/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The architecture of the MMP CPU: every number and layout that software and hardware agree on.
 *
 * This is the one header of mmp_hw/ that a kernel may see. It holds no code but field accessors; each item names
 * the section of docs/mmp-manual.md that defines it. The papers: HotOS is Witchel and Asanovic, "Hardware Works,
 * Software Doesn't" (2003); WDDD is Witchel, "Considerations for Mondriaan-like Systems" (2009).
 * It is included from C and, with __ASSEMBLER__ defined, from assembly.
 */
#ifndef MMP_ARCH_H
#define MMP_ARCH_H

/* ---- Permission values, two bits a word (manual 2; HotOS section 2) ---- */
#define MMP_PERM_NONE 0 /* no access */
#define MMP_PERM_RO 1   /* load */
#define MMP_PERM_RW 2   /* load, store */
#define MMP_PERM_RX 3   /* load, fetch */

/* ---- Protection domains (manual 3; HotOS section 2) ---- */
#define MMP_PD_SUPERVISOR 0      /* unmediated: no table is consulted */
#define MMP_PD_USER 0x8000       /* high bit of a PD-ID: a user domain, runs without privilege (CPL 3) */
#define MMP_PD_INDEX_MASK 0x7fff /* index of the domain's descriptor in the domain table */

/* Domain descriptor: 16 bytes at MMP_DTBASE + 16 * index. */
#define MMP_DD_ROOT 0  /* u32: root permission table, 4 KiB aligned */
#define MMP_DD_TAG 4   /* u16: PD-ID that the domain runs under; its user bit equals that of the id looked up */
#define MMP_DD_FLAGS 6 /* u16; but for VALID, and bytes 8 to 15, not looked at */
#define MMP_DD_SIZE 16
#define MMP_DD_VALID 1

/* ---- Permission tables (manual 4; WDDD section 3.2, Figs. 2 and 3) ----
 * Address bits 31:22 index the root table, 21:12 a mid table, 11:6 a leaf table, 5:2 a word of a leaf entry. */
#define MMP_ROOT_SHIFT 22
#define MMP_MID_SHIFT 12
#define MMP_LEAF_SHIFT 6
#define MMP_ROOT_ENTRIES 1024
#define MMP_MID_ENTRIES 1024
#define MMP_LEAF_ENTRIES 64
#define MMP_ROOT_BYTES 4096 /* also its alignment */
#define MMP_MID_BYTES 4096
#define MMP_LEAF_BYTES 256

/* Root and mid entries: 32 bits, type in bits 1:0. */
#define MMP_ENTRY_TYPE_MASK 3u
#define MMP_ENTRY_POINTER 0u   /* address of the next table; the all-zero entry grants nothing */
#define MMP_ENTRY_BITMAP 1u    /* eight 2-bit permissions in bits 31:16, lowest addresses in bits 17:16 */
#define MMP_ENTRY_RUNLENGTH 2u /* mid entries only: address of a table of run-length entries */
#define MMP_ENTRY_RUNS 3u      /* three runs of units of 1/1024 of what the entry covers */
/* Bits 15:2 of a bitmap entry are zero, else it is malformed. A leaf entry is sixteen 2-bit permissions. */
#define MMP_BITMAP_SHIFT 16
#define MMP_BITMAP_ALL(perm) ((uint32_t)(perm) * 0x55550000u | MMP_ENTRY_BITMAP)
#define MMP_LEAF_ALL(perm) ((uint32_t)(perm) * 0x55555555u)

/* Runs entry (manual 4.7): the first run begins at unit 0, mid and last at their offsets; bits 31:28 are zero. */
#define MMP_RUNS_FIRST_PERM 2
#define MMP_RUNS_MID_OFFSET 4
#define MMP_RUNS_MID_PERM 14
#define MMP_RUNS_LAST_OFFSET 16
#define MMP_RUNS_LAST_PERM 26
#define MMP_RUNS_OFFSET_MASK 0x3ffu
#define MMP_RUNS_ZERO 0xf0000000u

/* Tables of run-length entries (manual 4.8; WDDD Fig. 4). Narrow: 64 entries of 16 words; wide: 16 of 64 words. */
#define MMP_RUNLENGTH_WIDE 4u /* bit of the mid entry */
#define MMP_WIDE_ENTRIES 16
#define MMP_WIDE_BYTES 64 /* also its alignment */
#define MMP_WIDE_SHIFT 8
/* An entry is a pointer to the words' bitmap, or this; of any other type it grants nothing, and so does 0. */
#define MMP_RL_TYPE 3u
/* Narrow: first, mid0, mid1, last begin before the sixteen words and at their offsets; last ends after them. */
#define MMP_RL_FIRST_PERM 2
#define MMP_RL_FIRST_BEFORE 4 /* 5 bits: words before the sixteen */
#define MMP_RL_MID0_PERM 9
#define MMP_RL_MID0_OFFSET 11 /* 4 bits, as the other two */
#define MMP_RL_MID1_PERM 15
#define MMP_RL_MID1_OFFSET 17
#define MMP_RL_LAST_PERM 21
#define MMP_RL_LAST_OFFSET 23
#define MMP_RL_LAST_AFTER 27 /* 5 bits: words after the sixteen, 31 stands for 32 */
/* Wide: as narrow, within its 64 words; bits 31:28 are not looked at. */
#define MMP_WIDE_FIRST_PERM 2
#define MMP_WIDE_MID0_OFFSET 4 /* 6 bits, as the other two */
#define MMP_WIDE_MID0_PERM 10
#define MMP_WIDE_MID1_OFFSET 12
#define MMP_WIDE_MID1_PERM 18
#define MMP_WIDE_LAST_OFFSET 20
#define MMP_WIDE_LAST_PERM 26

/* ---- Gates (manual 5; HotOS section 3.3) ----
 * Gate space: within the gate window [GWLO, GWHI), the top 64 KiB of each 4 MiB root slot. A fetch there that the
 * running domain may do (RX) is not executed but read as a gate record. */
#define MMP_GATE_SPACE_OFFSET 0x3f0000u
#define MMP_GATE_SPACE_BYTES 0x10000u
#define MMP_GATE_KIND 0     /* u32: MMP_GATE_CALL, or the gate is invalid */
#define MMP_GATE_TARGET 4   /* u32: address of the callee's first instruction */
#define MMP_GATE_PD 8       /* u16: PD-ID of the callee (looked up in the domain table) */
#define MMP_GATE_BADGE 12   /* u32: the callee finds it in rax */
#define MMP_GATE_COUNT 16   /* u64: invocations through this gate, crossing or not */
#define MMP_GATE_CROSSED 24 /* u64: those that crossed domains */
#define MMP_GATE_BYTES 32   /* also the alignment */
#define MMP_GATE_CALL 0x47415445u

/* ---- Cross-domain call stack (manual 6.4; HotOS section 3.3) ----
 * Grows upwards from xbase; xsp is the first free frame. Calls fault while fewer than MMP_XFRAME_RESERVE frames
 * would stay free, so that an interrupt always finds room. */
#define MMP_XFRAME_RIP 0    /* return address */
#define MMP_XFRAME_RSP 8    /* rsp after the return */
#define MMP_XFRAME_FB 16    /* caller's fb */
#define MMP_XFRAME_PD 24    /* u16: caller's PD-ID */
#define MMP_XFRAME_KIND 26  /* u16 */
#define MMP_XFRAME_FLAGS 28 /* u32: caller's rflags, low half */
#define MMP_XFRAME_RBX 32
#define MMP_XFRAME_RBP 40
#define MMP_XFRAME_R12 48
#define MMP_XFRAME_R13 56
#define MMP_XFRAME_R14 64
#define MMP_XFRAME_R15 72
#define MMP_XFRAME_GATE 80 /* address of the gate entered */
#define MMP_XFRAME_BYTES 128
#define MMP_XFRAME_CALL 1
#define MMP_XFRAME_INTERRUPT 2
#define MMP_XFRAME_RESERVE 2

/* Stack descriptor: what MMP_STACK points to; a thread's stack registers while it does not run (manual 7.2).
 * All five are multiples of 8, sl <= fb, xbase <= xsp <= xlimit. */
#define MMP_SD_SL 0 /* u64 each */
#define MMP_SD_FB 8
#define MMP_SD_XBASE 16
#define MMP_SD_XLIMIT 24
#define MMP_SD_XSP 32
#define MMP_SD_BYTES 40

/* ---- Trace ring (manual 7.9): record n is at TRACE_BASE + 32 * n modulo TRACE_SIZE ---- */
#define MMP_TRACE_TIME 0   /* u64: the time stamp counter */
#define MMP_TRACE_RSP 8    /* u64: rsp, as the kind says */
#define MMP_TRACE_PLACE 16 /* u32: gate, address of an instruction, or stack descriptor; bits 31:0 */
#define MMP_TRACE_INSNS 20 /* u32: COUNT_INSNS, bits 31:0 */
#define MMP_TRACE_KIND 24  /* u16 */
#define MMP_TRACE_FROM 26  /* u16: domain that ran */
#define MMP_TRACE_TO 28    /* u16: domain that runs now; bytes 30 and 31 are written as zero */
#define MMP_TRACE_BYTES 32
#define MMP_TRACE_CALL 1             /* a gate into another domain; rsp: what the caller's will be after the return */
#define MMP_TRACE_PASS 2             /* a gate within the domain; likewise */
#define MMP_TRACE_RETURN 3           /* gate return: rsp after it, place: the gate entered */
#define MMP_TRACE_INTERRUPT 4        /* interrupt or exception: rsp and place as they were at it */
#define MMP_TRACE_INTERRUPT_RETURN 5 /* rsp and place as they are after it */
#define MMP_TRACE_STACK 6            /* MMP_STACK was written: place is what, rsp 0 */
#define MMP_TRACE_SIZE_MAX 0x80000000u

/* ---- Registers: model-specific registers, RDMSR/WRMSR in domain 0 only (manual 8) ---- */
#define MMP_MSR_BASE 0x4d500000u
#define MMP_MSR_CTL 0x4d500000u    /* bit 0 EN; bits 12:8 A: log2 of the alignment of frame bases, 3 to 12 */
#define MMP_MSR_PDID 0x4d500001u   /* read only: domain that runs (always 0 where it can be read) */
#define MMP_MSR_DTBASE 0x4d500002u /* domain table, 16-byte aligned */
#define MMP_MSR_DTCOUNT 0x4d500003u /* descriptors in it, at most 0x8000 */
#define MMP_MSR_GWLO 0x4d500004u /* gate window, 4 MiB aligned */
#define MMP_MSR_GWHI 0x4d500005u
#define MMP_MSR_STACK 0x4d500006u /* writing saves fb, xsp to the old descriptor, loads all five from the new */
#define MMP_MSR_FB 0x4d500007u /* this one and the next four: multiples of 8 */
#define MMP_MSR_SL 0x4d500008u
#define MMP_MSR_XBASE 0x4d500009u
#define MMP_MSR_XLIMIT 0x4d50000au
#define MMP_MSR_XSP 0x4d50000bu
#define MMP_MSR_S0 0x4d50000cu  /* rsp base on a gate into domain 0, 16-byte aligned */
#define MMP_MSR_SEL 0x4d50000du /* bits 15:0 CS of domain 0 (SS = +8); 31:16 CS of user domains (SS = +8); RPL 0 */
#define MMP_MSR_INVAL 0x4d50000eu /* write: bits 15:0 PD-ID (0: every domain), 21:16 log2 size, 63:32 address */
#define MMP_MSR_FAULT_INFO 0x4d500010u /* bits 7:0 kind, 9:8 access, 31:16 PD-ID, 47:32 size in bytes */
#define MMP_MSR_FAULT_ADDR 0x4d500011u /* first byte denied; or as the kind says */
#define MMP_MSR_FAULT_GATE 0x4d500012u /* gate at which it happened, 0 if none */
#define MMP_MSR_COUNT_INSNS 0x4d500020u  /* instructions executed since reset */
#define MMP_MSR_COUNT_GATED 0x4d500021u  /* gated calls that crossed domains */
#define MMP_MSR_COUNT_PASSED 0x4d500022u /* gated calls within one domain */
#define MMP_MSR_COUNT_RETURNS 0x4d500023u
#define MMP_MSR_COUNT_FAULTS 0x4d500024u
#define MMP_MSR_COUNT_SWITCHES 0x4d500025u /* changes of the domain id, by whatever */
#define MMP_MSR_COUNT_MIXED 0x4d500026u    /* emulator: data accesses that took the per-word check */
#define MMP_MSR_TRACE_BASE 0x4d500028u     /* trace ring (manual 7.9): a multiple of 32, at most 4 GiB */
#define MMP_MSR_TRACE_SIZE 0x4d500029u     /* its bytes, a power of two from 32 to 2^31; 0: nothing is recorded */
#define MMP_MSR_TRACE_COUNT 0x4d50002au    /* records since it was written */
#define MMP_MSR_CAPS 0x4d50002fu           /* read only: version in bits 7:0, bit 8 model mode */

/* Stack permissions table (manual 7.7): eight registers from here on, each grants a domain some words. */
#define MMP_MSR_SPT 0x4d500030u
#define MMP_SPT_ENTRIES 8
#define MMP_SPT_WORDS_SHIFT 16 /* bits 15:0 the tag, 29:16 how many words */
#define MMP_SPT_WORDS_MASK 0x3fff
#define MMP_SPT_PERM_SHIFT 30  /* 31:30 MMP_PERM_NONE, RO or RW */
#define MMP_SPT_START_SHIFT 32 /* 63:32 address of the first */

/* Devices that have a domain (manual 7.8 and 8.5): these exist if bit 9 of CAPS is 1. */
#define MMP_MSR_DMA 0x4d500038u            /* write: bits 15:0 a PCI requester id, 31:16 its PD-ID, 0: not checked */
#define MMP_MSR_DMA_FAULT_INFO 0x4d500039u /* bits 7:0 kind, 9:8 access, 31:16 PD-ID, 47:32 requester id; write: 0 */
#define MMP_MSR_DMA_FAULT_ADDR 0x4d50003au
#define MMP_MSR_COUNT_DMA_FAULTS 0x4d50003bu
#define MMP_CAPS_DMA 0x200

/* Model mode (manual 8.4 and 11): these exist if bit 8 of CAPS is 1. All but CYCLES_TAG are read only. */
#define MMP_MSR_CYCLES 0x4d500040u
#define MMP_MSR_CYCLES_INSTRUCTION 0x4d500041u /* this one and the next five: cycles by cause, their sum is CYCLES */
#define MMP_MSR_CYCLES_FETCH 0x4d500042u
#define MMP_MSR_CYCLES_DATA 0x4d500043u
#define MMP_MSR_CYCLES_PLB 0x4d500044u
#define MMP_MSR_CYCLES_GATE 0x4d500045u
#define MMP_MSR_CYCLES_INTERRUPT 0x4d500046u
#define MMP_MSR_COUNT_LOADS 0x4d500048u
#define MMP_MSR_COUNT_STORES 0x4d500049u
#define MMP_MSR_COUNT_FETCHES 0x4d50004au
#define MMP_MSR_COUNT_CHECKED_LOADS 0x4d50004bu
#define MMP_MSR_COUNT_CHECKED_STORES 0x4d50004cu
#define MMP_MSR_COUNT_CHECKED_FETCHES 0x4d50004du
#define MMP_MSR_COUNT_L1I_HITS 0x4d500050u
#define MMP_MSR_COUNT_L1I_MISSES 0x4d500051u
#define MMP_MSR_COUNT_L1D_HITS 0x4d500052u
#define MMP_MSR_COUNT_L1D_MISSES 0x4d500053u
#define MMP_MSR_COUNT_L2_HITS 0x4d500054u
#define MMP_MSR_COUNT_L2_MISSES 0x4d500055u
#define MMP_MSR_COUNT_PLB_HITS 0x4d500058u
#define MMP_MSR_COUNT_PLB_MISSES 0x4d500059u
#define MMP_MSR_COUNT_PLB_CONFIRMED 0x4d50005au
#define MMP_MSR_COUNT_PLB_REFILLS 0x4d50005bu
#define MMP_MSR_COUNT_PLB_EVICTED 0x4d50005cu
#define MMP_MSR_COUNT_PLB_INVALIDATIONS 0x4d50005du
#define MMP_MSR_COUNT_PLB_INVALIDATED 0x4d50005eu
#define MMP_MSR_COUNT_SIDECAR_HITS 0x4d50005fu
#define MMP_MSR_COUNT_TABLE_REFERENCES 0x4d500060u
#define MMP_MSR_COUNT_STALE 0x4d500061u
#define MMP_MSR_COUNT_OUTGROWN 0x4d500062u
#define MMP_MSR_COUNT_GLB_HITS 0x4d500063u
#define MMP_MSR_COUNT_GLB_MISSES 0x4d500064u
#define MMP_MSR_COUNT_GLB_DROPPED 0x4d500065u
#define MMP_MSR_COUNT_SPILLED 0x4d500066u
#define MMP_MSR_COUNT_FILLED 0x4d500067u
#define MMP_MSR_CYCLES_TAG 0x4d500068u /* read, write: bits 15:0 a tag */
#define MMP_MSR_CYCLES_OF 0x4d500069u  /* cycles under that tag */

/* Sixteen registers from here on: MMP faults raised of kind 0, 1, ... (manual 9). */
#define MMP_MSR_COUNT_FAULT 0x4d500070u
#define MMP_FAULT_KINDS 16

#define MMP_MSR_END 0x4d500080u
#define MMP_CAPS_MODEL 0x100
#define MMP_CTL_EN 1
#define MMP_CTL_ALIGN_SHIFT 8

/* CPUID leaf that tells of MMP: eax = "MMP1", ebx = version; also MMP_MSR_CAPS. */
#define MMP_CPUID_LEAF 0x4d4d5000u
#define MMP_CPUID_MAGIC 0x31504d4du
#define MMP_VERSION 1

/* ---- Faults: vector 22, error code = kind (manual 9) ---- */
#define MMP_VECTOR 22
#define MMP_FAULT_NONE 0
#define MMP_FAULT_PERMISSION 1      /* load, store or fetch without the right */
#define MMP_FAULT_MALFORMED 2       /* table entry of an undefined type, or a table outside memory: addr = entry */
#define MMP_FAULT_GATE_ALIGN 3      /* fetch in gate space at an address that is no multiple of 32 */
#define MMP_FAULT_GATE_INVALID 4    /* gate record of no known kind */
#define MMP_FAULT_GATE_DOMAIN 5     /* callee's or frame's PD-ID has no valid descriptor: addr = PD-ID */
#define MMP_FAULT_GATE_CALLER 6     /* crossing from domain 0 */
#define MMP_FAULT_STACK_RANGE 7     /* rsp of the caller is outside [sl, fb): addr = rsp */
#define MMP_FAULT_STACK_OVERFLOW 8  /* no room for the callee's return address: addr = sl, or S0 */
#define MMP_FAULT_XSTACK_OVERFLOW 9 /* cross-domain call stack full: addr = xsp */
#define MMP_FAULT_XSTACK_UNDERFLOW 10 /* it is empty: addr = xsp */
#define MMP_FAULT_RETURN_ADDRESS 11 /* return to another address than the caller's: addr = the address tried */
#define MMP_FAULT_RETURN_KIND 12    /* top frame is of the other kind: addr = the frame */
#define MMP_FAULT_PRIVILEGE 13      /* iretq whose CPL does not fit the frame's domain: addr = PD-ID */

#define MMP_ACCESS_LOAD 0
#define MMP_ACCESS_STORE 1
#define MMP_ACCESS_FETCH 2

#endif
