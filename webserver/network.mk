# SPDX-License-Identifier: BSD-2-Clause
#
# The network's components. What the variables mean: components/component.mk.
include components/component.mk

vnic.sources := $(addprefix webserver/vnic/,queue.c vnic.c)
vnic.includes := webserver/vnic
vnic.lto := yes
$(eval $(call component,vnic))

ip.sources := webserver/ip/ip.c
$(eval $(call component,ip))

port_manager.sources := $(addprefix webserver/port_manager/,port_manager.c ports.c)
port_manager.includes := webserver/port_manager
$(eval $(call component,port_manager))

LWIP := $(BUILD)/src/lwip/src
tcp.foreign := $(addprefix $(LWIP)/,$(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c tcp.c tcp_in.c \
    tcp_out.c timeouts.c ipv4/etharp.c ipv4/icmp.c ipv4/ip4.c ipv4/ip4_addr.c) netif/ethernet.c)
tcp.sources := $(addprefix webserver/tcp/,connection.c fast.c link.c peers.c sequence.c sums.c tcp.c time_wait.c) $(tcp.foreign)
tcp.includes := webserver/tcp webserver/tcp/port webserver/tcp/port/pools $(LWIP)/include
tcp.needs := $(BUILD)/third-party/lwip.stamp
tcp.lto := yes
$(eval $(call component,tcp))

# The same, whose connections and packets are allocations of its heap (docs/manifest.md, heap): for tests and measurements.
tcp_heap.foreign := $(tcp.foreign)
tcp_heap.sources := $(tcp.sources)
tcp_heap.includes := $(patsubst %/pools,%/heap,$(tcp.includes))
tcp_heap.needs := $(tcp.needs)
tcp_heap.lto := yes
$(eval $(call component,tcp_heap))

# Unpacked by the rule for lwip.stamp.
$(tcp.foreign): $(BUILD)/third-party/lwip.stamp ;
