# SPDX-License-Identifier: BSD-2-Clause
"""Whose failure a failed request was, and the sum of a run. Knows no system: times, names and outcomes only.

A failed request is a killed component's own if requests of its kind go through a component that fell, if it failed after the kill
began, and if its connection is not known to have been whole since everybody serves again, and a little: it was begun before, or its last
request that was answered had been sent before. Any other one is a failure outside: there is to be none.
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


@dataclasses.dataclass
class Verdict:
    answered: dict                      # {name of a kind: requests}
    failed: list                        # Outcomes
    kills: list
    paths: dict                         # {name of a kind: names of components}
    outside: list = dataclasses.field(default_factory=list)
    own: dict = dataclasses.field(default_factory=collections.Counter)  # {component: failures}

    def __post_init__(self):
        for outcome in self.failed:
            kill = blamed(outcome, self.kills, self.paths)
            if kill is None:
                self.outside.append(outcome)
            else:
                self.own[kill.component] += 1

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
        lines += ["", f"{'component':22} {'kills':>6} {'failed requests':>16}"]
        times = collections.Counter(kill.component for kill in self.kills)
        lines += [f"{name:22} {times[name]:6} {self.own[name]:16,}" for name in sorted(times, key=lambda name: (-self.own[name], name))]
        lines += ["", f"{'requests':22} {'answered':>9} {'failed':>7}  how"]
        for name, count in self.answered.items():
            how = collections.Counter(str(o.what) for o in self.failed if o.kind.name == name)
            lines.append(f"{name:22} {count:9,} {sum(how.values()):7,}  {', '.join(f'{n} {what}' for what, n in how.most_common())}".rstrip())
        for outcome in self.outside[:20]:
            before = [kill for kill in self.kills if kill.begin <= outcome.end and kill.fallen & self.paths[outcome.kind.name]]
            lines.append(f"OUTSIDE: {outcome.kind.name}: {outcome.what}, {outcome.end - outcome.since:.3f} s after the connection was whole" +
                         (f", {outcome.end - before[-1].begin:.3f} s after {before[-1].component} was killed" if before else ""))
        return "\n".join(lines) + "\n"
