"""Numbers over time: running means of a training, the table of them, and its drawing."""

import csv
import io
import math
from pathlib import Path

from japananime.base.files import write_bytes


class Means:
    """Running means of named numbers; what is not finite is left out of them."""

    def __init__(self, sums=None):
        self.sums = {name: list(pair) for name, pair in (sums or {}).items()}

    def add(self, values):
        """Count one value under each name."""
        for name, value in values.items():
            if math.isfinite(value):
                pair = self.sums.setdefault(name, [0.0, 0])
                pair[0] += value
                pair[1] += 1

    def means(self):
        """{name: mean of what was added}."""
        return {name: total / count for name, (total, count) in self.sums.items()}


class History:
    """The table `history.csv`: a row per stretch of steps, columns by name, empty where nothing was measured.

    Rows that cannot be read (a line cut off by a crash, a hand that slipped) are left out.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.rows = []
        self._columns = []
        if self.path.is_file():
            with self.path.open(newline="", encoding="utf-8", errors="replace") as file:
                rows = (_numbers(row) for row in csv.DictReader(file))
                self.rows = [row for row in rows if row and "step" in row]

    def forget_after(self, step):
        """Drop rows later than a step: a resumed run makes them again."""
        self.rows = [row for row in self.rows if row["step"] <= step]
        self._columns = []

    def append(self, row):
        """Add a row of numbers to the table and its file."""
        self.rows.append(row)
        if not row.keys() <= set(self._columns):
            self._columns = self.names()
            write_bytes(self.path, self._text(self.rows, header=True).encode())
            return
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(self._text([row]))

    def _text(self, rows, header=False):
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows({name: _short(value) for name, value in row.items()} for row in rows)
        return text.getvalue()

    def series(self, name):
        """(steps, values) of a column."""
        points = [(row["step"], row[name]) for row in self.rows if name in row]
        return [step for step, _ in points], [value for _, value in points]

    def names(self):
        """All columns, in the order they first appeared."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def draw(history, path):
    """Draw all losses of a history into a PNG: one panel per phase, unweighted, validation dotted."""
    # No pyplot: it would set the backend of the whole process.
    from matplotlib.figure import Figure

    panels: dict[str, list] = {}
    for name in history.names():
        parts = name.split("/")
        if parts[0] in ("train", "validation", "score"):
            panels.setdefault(parts[1], []).append(name)
    if not panels:
        return
    # Margins that are given: having them found would draw everything twice.
    height = 3.2 * len(panels)
    figure = Figure(figsize=(11, height))
    margins = {"left": 0.07, "right": 0.78, "bottom": 0.5 / height, "top": 1 - 0.3 / height, "hspace": 0.12}
    axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True, gridspec_kw=margins)
    for axis, (phase, names) in zip(axes[:, 0], panels.items(), strict=True):
        colors: dict[str, str] = {}
        for name in names:
            kind, _, term = name.split("/")
            colors.setdefault(term, f"C{len(colors)}")
            look = (
                {"ls": ":", "marker": ".", "label": f"{term}, held out"}
                if kind == "validation"
                else {"lw": 1.2, "marker": "." if kind == "score" else "", "label": term}
            )
            axis.plot(*history.series(name), color=colors[term], **look)
        axis.set_title(phase)
        axis.set_yscale("symlog" if any(v <= 0 for n in names for v in history.series(n)[1]) else "log")
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))  # beside the curves, not over them
    axes[-1, 0].set_xlabel("step")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=90)
    write_bytes(path, drawn.getvalue())


def _short(value):
    """A number as text, which comes out the same when it is read and written again."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _numbers(row):
    try:
        return {name: int(value) if value.isdecimal() else float(value) for name, value in row.items() if value}
    except (AttributeError, TypeError, ValueError):
        return None
