# SPDX-License-Identifier: BSD-2-Clause
"""The evaluation of TSE11 (section 5) on this system: `make paper-mpd`. evaluation.py puts the parts in order; docs/paper-mpd.md explains the figures.

    site        the web server as a guest: settings, counts, workloads
    primitives  Tables 1 and 2: merge, split, invocations
    throughput  Fig. 4: isolated and merged, beside Linux and nginx
    walls       Fig. 5a: throughput as the costliest walls fall
    edges       Figs. 5b and 5c, Table 3: invocations by edge
    adaptive    Figs. 6 and 7, Table 4: five workloads in turn under a policy, in the running system
    charged     Run it as X: one recorded run at each published cost of a crossing
"""
