#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kills components of the web server at random while clients ask, and says what became of the requests, and of what the dead had
taken. Usually started by `make kills`. Ends well, by its status, if nobody's request failed but those of killed components, 99 % of
all were answered, and nothing is left behind. docs/benchmarks.md says how failures are counted.
"""

import argparse
import pathlib
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from asking import KINDS, Client, Heart  # noqa: E402
from target import Lost, Target  # noqa: E402
from verdict import Verdict  # noqa: E402
import leaks  # noqa: E402
import moving  # noqa: E402
import paths  # noqa: E402

REPORT_SECONDS = 10
SPARED = {"killer"}


class Run:
    """Clients, kills, and what is known of both. `walls`: whether they move all the while."""

    def __init__(self, target, walls=False):
        self.target = target
        self.walls = walls
        self.kills = []
        moving.warm_up(target)
        renewed(target)     # in a stale domain a neighbour of then would fall with the one that is killed
        self.paths = {kind.name: paths.measured(target, kind) for kind in KINDS}
        self.before = leaks.settled(target)
        self.clients = [Client(kind, target) for kind in KINDS]
        self.heart = Heart(target)
        self.mover = moving.Mover(target)

    def __enter__(self):
        for thread in (self.heart, *self.clients):
            thread.start()
        if self.walls:
            self.mover.start()
        return self

    def __exit__(self, *_):
        for thread in (self.mover, *self.clients, self.heart):
            thread.stopped = True
        for thread in (self.mover, *self.clients, self.heart):
            if thread.ident:
                thread.join()

    def kill(self, name):
        self.kills.append(self.target.kill(name))

    def everybody(self):
        return [name for name in self.target.components if name not in SPARED]

    def verdict(self):
        failed = sorted((outcome for client in self.clients for outcome in client.failed), key=lambda outcome: outcome.end)
        return Verdict({client.kind.name: client.answered for client in self.clients}, failed, list(self.kills), self.paths,
                       [gap for client in self.clients for gap in client.gaps], list(self.heart.starved))

    def left_behind(self, moved=False):
        """After the end: sentences. `moved`: walls have, somehow."""
        if self.walls or moved:
            moving.isolate(self.target)
            self.target.kill("mpd_manager")     # some of its threads wait for what never comes, perhaps in a stale domain
            moving.isolate(self.target)
            renewed(self.target)
        return leaks.leaked(self.before, leaks.settled(self.target)) + self.target.faults()


def renewed(target):
    """Each thread that serves has waited anew since, and a split has freed the stale domains that they were in."""
    for kind in KINDS:
        client = Client(kind, target)
        client.start()
        while client.answered < kind.burst and not client.failed:
            time.sleep(0.01)
        client.stopped = True
        client.join()
        if client.failed:
            raise AssertionError(f"{kind.name}: {client.failed[0].what} while nobody is killed")
    moving.merge_and_split(target, "static_content", "fd_null")     # no thread waits in these


def at_random(run, seconds, seed, every, progress=lambda text: None):
    """Kills for so many seconds of the system's own time, about one in `every` seconds."""
    draw = random.Random(seed)
    first, told = run.target.ticks(), 0
    while (gone := (run.target.ticks() - first) / 100) < seconds:
        if gone >= told + REPORT_SECONDS:
            told = gone
            progress(f"{gone:.0f} of {seconds:.0f} s: {run.verdict().text().splitlines()[0]}")
        time.sleep(draw.uniform(0.5, 1.5) * every)
        run.kill(draw.choice(run.everybody()))
    time.sleep(every)


def in_turn(run, rounds, pause):
    for _ in range(rounds):
        for name in run.everybody():
            run.kill(name)
            time.sleep(pause)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--duration", type=float, default=600, help="seconds, of the system's own clock")
    parser.add_argument("--seed", type=int, default=None, help="of the choice of components; drawn and printed without")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two kills, on average")
    parser.add_argument("--walls", action="store_true", help="merge and split at random all the while")
    parser.add_argument("--run", default="build/run-kills", help="folder of the system's console")
    options = parser.parse_args()
    if options.duration <= 0 or options.every <= 0:
        parser.error("seconds are more than 0")
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"kills: {options.duration:.0f} s, SEED={seed}, walls {'move' if options.walls else 'stand'}", flush=True)
    target = Target(options.run)
    stopped = False
    try:
        run = Run(target, options.walls)
        with run:
            try:
                at_random(run, options.duration, seed, options.every, lambda text: print(f"kills: {text}", flush=True))
            except KeyboardInterrupt:
                stopped = True
        verdict, left = run.verdict(), run.left_behind()
    except Lost as reason:
        print(f"kills: {reason}")
        return 1
    finally:
        target.stop()
    print(verdict.text())
    print("\n".join(["left behind:", *(f"  {sentence}" for sentence in left)]) if left else "nothing is left behind")
    if stopped:
        print("stopped early")
    return 0 if verdict.met() and not left else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nkills: stopped")
