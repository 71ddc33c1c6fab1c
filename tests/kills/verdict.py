# SPDX-License-Identifier: BSD-2-Clause
"""Whose failure a failed request was, and the sum of a run. Knows no system: times, names and outcomes only.

A failed request is a killed component's own if requests of its kind go through a component that fell, if it failed after the kill
began, and if its connection is not known to have been whole since everybody serves again, and a little: it was begun before, or its last
request that was answered had been sent before. Any other one is a failure outside: there is to be none.

A wait is the time between two right answers that a client had to do without while everybody ran, clients included: kills that took a
while are not in it, nor is when the host let no client run.
"""

import collections
import dataclasses

GRACE = 0.1  # seconds: what was on its way when the last component came back
ANSWERED_GOAL = 0.99


def blamed(outcome, kills, paths):
    """The kill whose own failure it is, or None."""
    for kill in kills:
        if outcome.end >= kill.begin and outcome.since <= kill.end + GRACE and kill.fallen & paths[outcome.kind.name]:
            return kill
    return None


def uncovered(begin, end, intervals):
    """How much of it is in none of them."""
    left, at = 0, begin
    for first, last in sorted(intervals):
        left += max(0, min(first, end) - at)
        at = max(at, min(last, end))
    return left + max(0, end - at)


def wait(gap, kills, starved=()):
    """(ticks, the kill that it is put down to or None): the first one that was not over when the gap began, else the last one before."""
    begun = [kill for kill in kills if kill.ticks[0] <= gap.end]
    first = [kill for kill in begun if kill.ticks[1] >= gap.begin] or begun[-1:]
    return uncovered(gap.begin, gap.end, [kill.ticks for kill in kills] + list(starved)), first[0] if first else None


@dataclasses.dataclass
class Verdict:
    answered: dict                      # {name of a kind: requests}
    failed: list                        # Outcomes
    kills: list
    paths: dict                         # {name of a kind: names of components}
    gaps: list = dataclasses.field(default_factory=list)
    starved: list = dataclasses.field(default_factory=list)             # when no client ran: (tick, tick)
    outside: list = dataclasses.field(default_factory=list)
    own: dict = dataclasses.field(default_factory=collections.Counter)  # {component: failures}

    def __post_init__(self):
        for outcome in self.failed:
            kill = blamed(outcome, self.kills, self.paths)
            if kill is None:
                self.outside.append(outcome)
            else:
                self.own[kill.component] += 1

    def waits(self):
        """[(ticks, name of a kind, name of a component)], the longest first; none of less than a tick."""
        found = ((gap.kind.name, *wait(gap, self.kills, self.starved)) for gap in self.gaps)
        return sorted(((ticks, kind, kill.component) for kind, ticks, kill in found if kill and ticks > 0), reverse=True)

    def requests(self):
        return sum(self.answered.values()) + len(self.failed)

    def share(self):
        """Of the requests that were answered."""
        return sum(self.answered.values()) / self.requests() if self.requests() else 0.0

    def met(self):
        return not self.outside and self.share() >= ANSWERED_GOAL

    def text(self):
        lines = [f"{len(self.kills)} kills, {self.requests():,} requests, {len(self.failed):,} failed: {100 * self.share():.3f} % answered",
                 f"failed outside the killed components' own: {len(self.outside)}"]
        if self.kills:
            back = sorted(kill.end - kill.begin for kill in self.kills)
            lines.append(f"from kill to service: median {1000 * back[len(back) // 2]:.0f} ms, longest {1000 * back[-1]:.0f} ms")
        longest, kinds = {}, {}
        for ticks, kind, component in reversed(self.waits()):
            longest[component] = f"{10 * ticks} ms, {kind}"
            kinds[kind] = f"{10 * ticks} ms"
        lines += ["", f"{'component':22} {'kills':>6} {'failed requests':>16}  longest wait for an answer while everybody ran"]
        times = collections.Counter(kill.component for kill in self.kills)
        lines += [f"{name:22} {times[name]:6} {self.own[name]:16,}  {longest.get(name, '')}".rstrip()
                  for name in sorted(times, key=lambda name: (-self.own[name], name))]
        lines += ["", f"{'requests':22} {'answered':>9} {'failed':>7} {'wait':>8}  how"]
        for name, count in self.answered.items():
            how = collections.Counter(str(o.what) for o in self.failed if o.kind.name == name)
            failed = sum(how.values())
            how = ', '.join(f'{n} {what}' for what, n in how.most_common())
            lines.append(f"{name:22} {count:9,} {failed:7,} {kinds.get(name, ''):>8}  {how}".rstrip())
        for outcome in self.outside[:20]:
            before = [kill for kill in self.kills if kill.begin <= outcome.end and kill.fallen & self.paths[outcome.kind.name]]
            lines.append(f"OUTSIDE: {outcome.kind.name}: {outcome.what}, {outcome.end - outcome.since:.3f} s after the connection was whole" +
                         (f", {outcome.end - before[-1].begin:.3f} s after {before[-1].component} was killed" if before else ""))
        return "\n".join(lines) + "\n"
