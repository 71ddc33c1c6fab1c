/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections in TIME_WAIT. Two things that lwIP does not do and a server with many short connections needs:
 *
 * 1. A SYN from the same port, beyond what was received, opens a new connection at once (RFC 1122, 4.2.2.13);
 * lwIP would answer with an acknowledgement, and the peer would try again a second later.
 * 2. lwIP searches the whole list for each SYN, so only the newest TIME_WAIT_MAX stay. What an older one
 * would still have answered, a FIN sent again because our last acknowledgement was lost, gets a reset; the
 * peer has all its data by then.
 */
#include "time_wait.h"

#include "lwip/priv/tcp_priv.h"

void time_wait_reopen(const struct ip_hdr *ip, const struct tcp_hdr *syn)
{
    struct tcp_pcb *pcb;

    for (pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->remote_port == lwip_ntohs(syn->src) && pcb->local_port == lwip_ntohs(syn->dest) &&
            pcb->remote_ip.addr == ip->src.addr && pcb->local_ip.addr == ip->dest.addr)
            break;
    if (pcb != NULL && TCP_SEQ_GEQ(lwip_ntohl(syn->seqno), pcb->rcv_nxt))
        tcp_abort(pcb); /* in this state it frees, and sends nothing */
}

/* New ones come first, so the list is no longer than it was as long as its first is the same. */
void time_wait_trim(void)
{
    static const struct tcp_pcb *newest;
    struct tcp_pcb *pcb = tcp_tw_pcbs;

    if (pcb == newest)
        return;
    newest = pcb;
    for (int kept = 1; pcb != NULL && kept < TIME_WAIT_MAX; kept++)
        pcb = pcb->next;
    if (pcb == NULL)
        return;
    while (pcb->next != NULL)
        tcp_abort(pcb->next);
}
