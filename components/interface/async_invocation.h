/* SPDX-License-Identifier: BSD-2-Clause
 * Components 18 and 25, instances of async_invocation: a pipe of requests and replies between threads of different components. The
 * client's side and the server's never wait for each other. The instance's pool (cgi_a or cgi_b) begins with ASYNC_SLOTS slots of
 * ASYNC_SLOT_BYTES; a request lies in a slot, and its reply in the same one. */
#ifndef INTERFACE_ASYNC_INVOCATION_H
#define INTERFACE_ASYNC_INVOCATION_H
#include "shoji/supervisor.h"

#define ASYNC_SLOTS 320
#define ASYNC_SLOT_BYTES 8192
#define ASYNC_SERVER_BYTES (256u << 10) /* behind the slots: the server's own buffers */

/* ---- The client. It may write a slot that is not in work ---- */
/* All three: SHOJI_EPERM, another client's request is there. What a client that fails asked for is dropped. One with several instances tells
 * them apart by its edges' prefixes (docs/manifest.md): instances/async_invocation.h. */

/* Hands the slot's first `bytes` on as a request. What the reply is, if it is there by the time; SHOJI_EAGAIN: `event` will be triggered
 * once. SHOJI_EBUSY: an old request of this slot is still in work, dropped from now on. While nobody serves, requests wait. */
long async_call(uint32_t slot, uint64_t bytes, long event);
/* Bytes of the reply, in the slot, which is the client's again; or the status that the server replied. SHOJI_EAGAIN: `event` will be
 * triggered once, whatever async_call said; SHOJI_EINVAL: nothing was asked. */
long async_collect(uint32_t slot, long event);
/* The reply will not be collected. */
long async_drop(uint32_t slot);

/* ---- The server. Buffers lie in the same pool, behind the slots ---- */
struct async_record {
    uint32_t slot;  /* of a reply: as in its request */
    int32_t status; /* of a reply: SHOJI_OK, or what the client gets instead of it */
    uint64_t bytes; /* what follows this head */
};
#define ASYNC_MORE (1l << 40)
#define ASYNC_BYTES(result) ((result) & 0xffffffffl)
/* From now on requests are taken, by this server. `event` is triggered when one is there, and when one comes and the last async_receive
 * left none. The other two say SHOJI_EPERM to anybody else. */
long async_serve(long event);
/* The next request, head and all: its bytes, with ASYNC_MORE if there are more requests. SHOJI_EAGAIN; SHOJI_ETOOBIG */
long async_receive(uint64_t buffer, uint64_t bytes);
/* A reply, head and all; the bytes that were given. SHOJI_ENOENT: no such request is in work. */
long async_reply(uint64_t buffer, uint64_t bytes);

#endif
