# SPDX-License-Identifier: BSD-2-Clause
"""Tables and plots: how they are written. Owns no measurement."""

import csv
import dataclasses
import pathlib
import textwrap

NOT_HERE = "not in this version"


@dataclasses.dataclass
class Table:
    name: str  # of the files
    title: str
    counts: str  # what its numbers count: instructions, modelled cycles, bytes, ...
    columns: list
    rows: list = dataclasses.field(default_factory=list)
    remarks: list = dataclasses.field(default_factory=list)  # paragraphs

    def add(self, *cells):
        assert len(cells) == len(self.columns), (self.name, cells)
        self.rows.append(cells)

    def text(self):
        rows = [self.columns, *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.columns))]
        lines = [self.title, f"Counted: {self.counts}.", ""]
        for i, row in enumerate(rows):
            lines.append("  ".join(cell.ljust(width) if k == 0 else cell.rjust(width)
                                   for k, (cell, width) in enumerate(zip(row, widths))).rstrip())
            if i == 0:
                lines.append("-" * (sum(widths) + 2 * len(widths) - 2))
        for remark in self.remarks:
            lines += ["", textwrap.fill(remark, 110)]
        return "\n".join(lines) + "\n"

    def write(self, folder):
        folder = pathlib.Path(folder)
        (folder / f"{self.name}.txt").write_text(self.text())
        with open(folder / f"{self.name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.columns, "counted"])
            writer.writerows([*("" if cell is None else cell for cell in row), self.counts] for row in self.rows)


def shown(cell):
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def plot(folder, name, draw, width=6.4):
    """draw(axes) draws; the figure becomes NAME.svg and NAME.png."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = name  # the same figure, the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(width, 4))
    draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(pathlib.Path(folder) / f"{name}.svg", metadata={"Date": None})
    figure.savefig(pathlib.Path(folder) / f"{name}.png", dpi=150)
    pyplot.close(figure)


def band(axes, low, high, text, color="0.5"):
    """A paper's range or number, behind this tree's."""
    if low == high:
        axes.axhline(low, color=color, linestyle="--", linewidth=1, label=text)
    else:
        axes.axhspan(low, high, color=color, alpha=0.2, linewidth=0, label=text)
