#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Says where a request's instructions go: by component, function and gate. Usually started by `make profile`, which builds
what it needs. Writes profile.txt, profile.csv, crossings.csv and profile.svg. docs/benchmarks.md explains the figures.
"""

import argparse
import collections
import signal
import sys

sys.dont_write_bytecode = True
from harness import child, network, shoji  # noqa: E402
from harness.child import BenchError, progress  # noqa: E402
from harness.guest import REPOSITORY  # noqa: E402
from harness.load import load, pipelined  # noqa: E402
from profiler import counts, crossings, program, tables  # noqa: E402

WARM_UP = 200
MODULES = "build/webserver/modules.list"
KERNEL = "build/kernel/shoji.sym.elf"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="/hw", help="the path that is asked for; its answer must be of 11 bytes")
    parser.add_argument("--kept", action="store_true", help="on kept connections")
    parser.add_argument("--pipelined", action="store_true", help="20 requests a connection, sent at once")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=8, help="connections at once (pipelined: one)")
    parser.add_argument("--layout", default="isolated", choices=("isolated", "merged"))
    parser.add_argument("--functions", type=int, default=0, help="show so many functions of each component, and the invocations")
    parser.add_argument("--base", default="", help="profile.csv of another run, to compare with")
    parser.add_argument("--out", default="build/profile")
    parser.add_argument("--plugin", default="build/bench/addresses.so")
    options = parser.parse_args()
    if not options.url.startswith("/"):
        parser.error(f"{options.url}: expected a path, as /hw")
    if options.requests < 1 or options.concurrency < 1 or options.functions < 0:
        parser.error("requests and connections are counted from 1, functions from 0")
    if options.kept and options.pipelined:
        parser.error("pipelined requests are on connections of their own: either --kept or --pipelined")
    return options


def ask(options, requests):
    """How many requests were asked."""
    url = f"http://{shoji.ADDRESS}{options.url}"
    if options.pipelined:
        return pipelined(url, requests).requests
    return load(url, requests, min(options.concurrency, requests), options.kept).requests


def title(options, requests):
    how = "pipelined by 20" if options.pipelined else \
        f"{'kept' if options.kept else 'new'} connections, {min(options.concurrency, requests)} at a time"
    return f"{options.url}, {how}, {options.layout}, {requests:,} requests"


def measure(options):
    """The Profile, and what the processor itself counted meanwhile."""
    folder = REPOSITORY / options.out
    folder.mkdir(parents=True, exist_ok=True)
    counted = counts.AddressCounts(str(REPOSITORY / options.plugin), folder / "counts")
    modules = [tuple(line.split()) for line in (REPOSITORY / MODULES).read_text().splitlines()]
    scratch = folder / "memory"
    shoji.tap()
    guest = shoji.Shoji(run=f"{options.out}/run", plugin=counted.argument)
    try:
        progress("profile, starting the system")
        guest.wait_ready()
        guest.layout(options.layout)
        code = program.loaded(guest.monitor, REPOSITORY / KERNEL, [(REPOSITORY / path, name) for path, name in modules], scratch)
        ask(options, min(WARM_UP, options.requests))

        def now():
            guest.pause()
            seen = counted.read(), guest.counters()["instructions"], crossings.gates(guest.monitor, code.components, scratch)
            guest.resume()
            return seen

        progress(f"profile, {options.requests} requests")
        before = now()
        requests = ask(options, options.requests)
        after = now()
        guest.check()
    finally:
        guest.stop()
        counted.file.unlink(missing_ok=True)
    executed = collections.Counter()
    for address, count in counts.difference(after[0], before[0]).items():
        executed[code.place(address)] += count
    rows = crossings.between(after[2], before[2], code.place)
    return tables.Profile(title(options, requests), requests, dict(executed), rows), after[1] - before[1]


def main():
    options = arguments()
    why_not = None if network.MARK in network.os.environ else network.available()
    if why_not:
        sys.exit(f"profile: {why_not}")
    network.enter()
    base = tables.base_read(options.base) if options.base else None
    profile, processor = measure(options)
    out = REPOSITORY / options.out
    said = tables.text(profile, options.functions, base)
    said += f"\nthe processor's own counter: {processor / profile.requests:,.1f} a request"
    said += ", the same\n" if processor == profile.total() else f", {processor - profile.total():+,} in all\n"
    (out / "profile.txt").write_text(said)
    (out / "profile.csv").write_text(tables.instructions_csv(profile))
    (out / "crossings.csv").write_text(tables.crossings_csv(profile))
    tables.picture(profile, out / "profile.svg")
    print(said, end="")
    print(f"written: {options.out}/profile.txt, profile.csv, crossings.csv, profile.svg")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except (BenchError, OSError, KeyError) as error:
        sys.exit(f"profile: {error}")
    except KeyboardInterrupt:
        sys.exit("\nprofile: stopped")
    finally:
        child.stop_all()
