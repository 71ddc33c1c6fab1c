# SPDX-License-Identifier: BSD-2-Clause
"""One figure, its goal, and the table of all of them. Owns no measurement."""

import dataclasses
import json
import pathlib


@dataclasses.dataclass(frozen=True)
class Goal:
    limit: float
    at_most: bool  # else at least

    def met(self, value):
        return value <= self.limit if self.at_most else value >= self.limit

    def text(self):
        return f"{'≤' if self.at_most else '≥'} {number(self.limit)}"


def at_most(limit):
    return Goal(limit, True)


def at_least(limit):
    return Goal(limit, False)


@dataclasses.dataclass
class Figure:
    part: str
    name: str
    value: float
    unit: str
    goal: Goal | None = None
    note: str = ""
    samples: list = dataclasses.field(default_factory=list)

    def verdict(self):
        if self.goal is None:
            return ""
        if self.goal.met(self.value):
            return "met"
        return f"missed by {number(abs(self.value - self.goal.limit))} ({abs(self.value / self.goal.limit - 1):.0%})"


def number(value):
    if isinstance(value, float) and abs(value) < 1000:
        return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:,.0f}"


class Report:
    """Figures as they come, what was skipped and why; the table and its two files at the end."""

    def __init__(self, folder, environment):
        self.folder = pathlib.Path(folder)
        self.environment = environment
        self.figures = []
        self.skipped = []

    def add(self, *arguments, **keywords):
        figure = Figure(*arguments, **keywords)
        self.figures.append(figure)
        return figure

    def skip(self, part, why):
        self.skipped.append({"part": part, "why": why})

    def table(self):
        rows = [("figure", "value", "goal", "")]
        part = None
        for f in self.figures:
            if f.part != part:
                part = f.part
                rows.append((f"[{part}]", "", "", ""))
            verdict = f.verdict()
            rows.append((
                f"  {f.name}",
                f"{number(f.value)} {f.unit}".strip(),
                f.goal.text() if f.goal else "",
                f"{verdict}; {f.note}" if verdict and f.note else verdict or f.note,
            ))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [
            f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows
        ]
        lines += [f"[{s['part']}] skipped: {s['why']}" for s in self.skipped]
        goals = [f for f in self.figures if f.goal]
        met = sum(f.goal.met(f.value) for f in goals)
        lines.append(f"{met} of {len(goals)} goals met")
        return "\n".join(lines)

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        data = {
            "environment": self.environment,
            "figures": [
                {
                    "part": f.part,
                    "name": f.name,
                    "value": f.value,
                    "unit": f.unit,
                    "goal": f.goal.text() if f.goal else None,
                    "met": f.goal.met(f.value) if f.goal else None,
                    "note": f.note,
                    "samples": f.samples,
                }
                for f in self.figures
            ],
            "skipped": self.skipped,
        }
        (self.folder / "results.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
        (self.folder / "results.txt").write_text(self.table() + "\n")
