# SPDX-License-Identifier: BSD-2-Clause
"""A profile as text, as files of comma-separated values, and as a picture. Owns no measurement.

 1. The rows of a table of instructions add up to its total, exactly: they are whole executions, divided only when shown.
"""

import collections
import csv
import dataclasses
import io
import textwrap

from profiler.program import GATES, NOBODY, SUPERVISOR

SHOWN_CROSSINGS = 30


@dataclasses.dataclass
class Profile:
    title: str
    requests: int
    executed: dict       # {(owner, function): executions}
    crossings: list      # [(client, server, function, invocations, crossed)]

    def owners(self):
        """[(owner, executions)]: components, most first; what is none, last."""
        sums = collections.Counter()
        for (owner, _), count in self.executed.items():
            sums[owner] += count
        return sorted(sums.items(), key=lambda item: (item[0] in (SUPERVISOR, GATES, NOBODY), -item[1], item[0]))

    def functions(self, owner):
        own = [(function, count) for (o, function), count in self.executed.items() if o == owner]
        return sorted(own, key=lambda item: (-item[1], item[0]))

    def total(self):
        return sum(self.executed.values())

    def entered(self):
        """{server: crossings into it}"""
        sums = collections.Counter()
        for _, server, _, _, crossed in self.crossings:
            sums[server] += crossed
        return sums


def text(profile, functions, base=None):
    """`functions`: how many of each owner are shown. `base`: {(owner, function): instructions a request} of another profile."""
    requests, total, entered = profile.requests, profile.total(), profile.entered()
    rows = [("", "instructions", "share", "crossings into", *(("before",) if base else ()))]

    def row(name, count, crossings, before):
        rows.append((name, f"{count / requests:,.1f}", f"{100 * count / total:.1f} %", crossings, *((before,) if base else ())))

    def before(wanted):
        return f"{sum(value for key, value in base.items() if wanted(key)):,.1f}" if base else ""

    for owner, count in profile.owners():
        row(owner, count, f"{entered[owner] / requests:.2f}", before(lambda key, owner=owner: key[0] == owner))
        own = profile.functions(owner)
        for function, part in own[:functions]:
            row(f"  {function}", part, "", before(lambda key, own=(owner, function): key == own))
        rest = own[functions:]
        if functions and rest:
            names = {name for name, _ in own[:functions]}
            row(f"  {len(rest)} more", sum(part for _, part in rest), "",
                before(lambda key, owner=owner, names=names: key[0] == owner and key[1] not in names))
    row("total", total, f"{sum(entered.values()) / requests:.2f}", before(lambda key: True))
    lines = [profile.title, "instructions and crossings a request; everything that was executed meanwhile is included", "", *aligned(rows)]
    if functions:
        lines += ["", "invocations a request, by function", "", *aligned(crossing_rows(profile))]
        if len(profile.crossings) > SHOWN_CROSSINGS:
            lines.append(f"and {len(profile.crossings) - SHOWN_CROSSINGS} more, rarer ones, in crossings.csv")
    return "\n".join(lines) + "\n"


def crossing_rows(profile):
    yield "client", "server", "function", "invocations", "crossed"
    for client, server, function, invocations, crossed in profile.crossings[:SHOWN_CROSSINGS]:
        yield client, server, function, f"{invocations / profile.requests:.2f}", f"{crossed / profile.requests:.2f}"


def aligned(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    numeric = [all(row[i][:1].isdigit() or not row[i] for row in rows[1:]) for i in range(len(widths))]
    return ["  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, numeric)).rstrip()
            for row in rows]


def instructions_csv(profile):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["component", "function", "executed", "requests"])
    for owner, _ in profile.owners():
        writer.writerows([owner, function, count, profile.requests] for function, count in profile.functions(owner))
    return out.getvalue()


def crossings_csv(profile):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["client", "server", "function", "invocations", "crossed", "requests"])
    writer.writerows([*row, profile.requests] for row in profile.crossings)
    return out.getvalue()


def base_read(path):
    """{(owner, function): instructions a request} of a profile.csv."""
    with open(path, newline="") as file:
        return {(row["component"], row["function"]): int(row["executed"]) / int(row["requests"]) for row in csv.DictReader(file)}


def picture(profile, path, functions=8, least=0.004):
    """One bar for each component, its functions side by side in it; those that matter are named."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams |= {"svg.hashsalt": "profile", "svg.fonttype": "none", "font.size": 8}
    from matplotlib import pyplot

    owners = [(owner, count) for owner, count in profile.owners() if count >= least * profile.total()]
    figure, axes = pyplot.subplots(figsize=(11, 0.8 + 0.42 * len(owners)))
    shades = pyplot.get_cmap("tab20").colors
    widest = max(count for _, count in owners) / profile.requests
    for place, (owner, count) in enumerate(owners):
        left = 0
        own = profile.functions(owner)
        rest = sum(part for _, part in own[functions:])
        for i, (function, part) in enumerate([*own[:functions], *([("more", rest)] if rest else [])]):
            width = part / profile.requests
            axes.barh(place, width, left=left, color=shades[2 * i % 20 + 1], edgecolor="white", linewidth=0.5)
            lines = textwrap.wrap(function.replace("_", " "), 9)
            if width > widest * 0.0075 * (max(map(len, lines)) + 1):
                axes.text(left + width / 2, place, "\n".join(lines[:3]), ha="center", va="center", fontsize=6, clip_on=True)
            left += width
        axes.text(left + widest * 0.005, place, f"{left:,.0f}  {100 * count / profile.total():.1f} %", va="center")
    axes.set_yticks(range(len(owners)), [owner for owner, _ in owners])
    axes.invert_yaxis()
    axes.set_xlim(right=widest * 1.12)
    axes.set_xlabel(f"instructions a request; {profile.total() / profile.requests:,.0f} in all")
    axes.set_title(profile.title, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
