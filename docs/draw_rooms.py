"""The picture of the rooms, from the imports in the source: `python docs/draw_rooms.py` writes docs/images/rooms.svg.

An arrow says "imports". Where A imports B and B imports C, an arrow from A to C is left out.
"""

import ast
import itertools
import random
import sys
import textwrap
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from test_architecture import DOORS, PACKAGE, ROWS, WITHOUT_KERAS, imports, room, sources

PICTURE = ROOT / "docs" / "images" / "rooms.svg"
COMMANDS = "commands"  # all doors in one box
BOX, BEND, GAP = 184, 10, 26  # widths of a room and of an arrow that passes a row, and what lies between
HEIGHT, PITCH, EDGE = 76, 136, 20  # of a box, from row to row, and around everything
FILLS = {True: "#e3f1e5", False: "#e4e9f7"}  # without Keras, and with it
STYLE = (
    "text{font-family:system-ui,'DejaVu Sans',sans-serif;text-anchor:middle;fill:#1c2430}"
    ".name{font-weight:bold;font-size:15px}.words{font-size:10.5px}"
    "rect{stroke:#6b7688}path{fill:none;stroke:#6b7688;stroke-width:1.3}"
)

Arrow = tuple[str, str]


def arrows() -> list[Arrow]:
    """(importer, imported) of rooms, without those that follow from others."""
    found = set()
    for path in sources("japananime", "tools"):
        if path.parent == PACKAGE and path.stem.startswith("__"):
            continue
        importer = COMMANDS if room(path) in DOORS else room(path)
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "japananime" and parts[1:] and parts[1] not in ("__version__", room(path)):
                found.add((importer, parts[1]))
    return sorted(arrow for arrow in found if arrow[1] not in _reached(arrow[0], found - {arrow}))


def _reached(start: str, found: set[Arrow]) -> set[str]:
    """Rooms that one comes to along arrows."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        following = {to for origin, to in found if origin == here} - reached
        reached |= following
        waiting += following
    return reached


def words(name: str) -> str:
    """What a room is for: the first sentences of its docstring."""
    if name == COMMANDS:
        return ", ".join(sorted(DOORS))
    if name == "tools":
        return "A dataset, step by step: scripts"
    text = (PACKAGE / name / "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0].replace("`", "")


def layers(found: list[Arrow]) -> tuple[list[list[str]], list[Arrow]]:
    """Rows of boxes and bends, and arrows cut at the rows that they pass: every one leads to the next row."""
    rows = [sorted({COMMANDS if name in DOORS else name for name in row} - {"__init__", "__main__"}) for row in ROWS]
    level = {name: number for number, row in enumerate(rows) for name in row}
    pieces = []
    for origin, to in found:
        bends = [f"{origin}>{to}@{number}" for number in range(level[origin] + 1, level[to])]
        for bend in bends:
            rows[int(bend.split("@")[1])].append(bend)
        pieces += itertools.pairwise([origin, *bends, to])
    return rows, pieces


def crossings(rows: list[list[str]], pieces: list[Arrow]) -> int:
    """How many pairs of arrows cross."""
    at = {name: place for row in rows for place, name in enumerate(row)}
    level = {name: number for number, row in enumerate(rows) for name in row}
    pairs = itertools.combinations(pieces, 2)
    return sum(level[a] == level[b] and (at[a] - at[b]) * (at[to_a] - at[to_b]) < 0 for (a, to_a), (b, to_b) in pairs)


def untangled(rows: list[list[str]], pieces: list[Arrow]) -> list[list[str]]:
    """The same rows in an order with few crossings: from many beginnings, each name goes amid its neighbours."""
    beside: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for origin, to in pieces:
        beside[origin].append(to)
        beside[to].append(origin)
    generator = random.Random(0)
    best = rows
    for _ in range(60):
        order = [generator.sample(row, len(row)) for row in rows]
        for number in [*range(len(rows)), *reversed(range(len(rows)))] * 4:
            at = {name: (place + 0.5) / len(row) for row in order for place, name in enumerate(row)}
            order[number].sort(key=lambda name: sum(at[other] for other in beside[name]) / max(len(beside[name]), 1))
        best = min(best, order, key=lambda rows: crossings(rows, pieces))
    return best


def centres(rows: list[list[str]], pieces: list[Arrow]) -> dict[str, float]:
    """Where along its row everything has its middle: near its neighbours, and apart from what stands beside it."""
    width = {name: BEND if "@" in name else BOX for row in rows for name in row}
    middle = {}
    for row in rows:
        total = sum(width[name] + GAP for name in row)
        ends = itertools.accumulate(width[name] + GAP for name in row)
        middle.update({name: end - (width[name] + GAP) / 2 - total / 2 for name, end in zip(row, ends, strict=True)})
    for _ in range(200):
        for row in rows:
            wish = {}
            for name in row:
                others = [middle[b] for a, b in pieces if a == name] + [middle[a] for a, b in pieces if b == name]
                wish[name] = (middle[name] + sum(others) / len(others)) / 2
            for _ in range(20):  # push apart what overlaps
                for left, right in itertools.pairwise(row):
                    lacking = (width[left] + width[right]) / 2 + GAP - (wish[right] - wish[left])
                    if lacking > 0:
                        wish[left] -= lacking / 2
                        wish[right] += lacking / 2
            middle.update(wish)
    least = min(middle[name] - width[name] / 2 for name in middle)
    return {name: round(x - least + EDGE, 1) for name, x in middle.items()}


def curves(rows: list[list[str]], pieces: list[Arrow], middle: dict[str, float]) -> list[str]:
    """An SVG path for every piece of an arrow, from the lower edge of a box to the upper edge of one below."""
    level = {name: number for number, row in enumerate(rows) for name in row}

    def port(name: str, others: list[str], other: str) -> float:
        ordered = sorted(others, key=lambda name: (middle[name], name))
        step = min(24.0, (BOX - 30) / len(ordered))
        return middle[name] + (ordered.index(other) - (len(ordered) - 1) / 2) * step

    drawn = []
    for origin, to in pieces:
        x1 = port(origin, [b for a, b in pieces if a == origin], to)
        x2 = port(to, [a for a, b in pieces if b == to], origin)
        y1 = EDGE + level[origin] * PITCH + HEIGHT
        y2 = EDGE + level[to] * PITCH
        half = (y1 + y2) / 2
        ends, marker = "", ' marker-end="url(#tip)"'
        if "@" in to:  # on through the row below
            ends, marker = f" V{y2 + HEIGHT}", ""
        drawn.append(f'<path d="M{x1:.1f} {y1} C{x1:.1f} {half} {x2:.1f} {half} {x2:.1f} {y2}{ends}"{marker}/>')
    return drawn


def boxes(rows: list[list[str]], middle: dict[str, float]) -> list[str]:
    """An SVG rectangle with a name and a few words for every room."""
    drawn = []
    for number, row in enumerate(rows):
        top = EDGE + number * PITCH
        for name in (name for name in row if "@" not in name):
            x = middle[name]
            fill = FILLS[name in WITHOUT_KERAS | {COMMANDS, "tools"}]
            drawn.append(
                f'<rect x="{x - BOX / 2:.1f}" y="{top}" width="{BOX}" height="{HEIGHT}" rx="7" fill="{fill}"/>'
            )
            drawn.append(f'<text class="name" x="{x}" y="{top + 19}">{name}</text>')
            for line, text in enumerate(textwrap.wrap(words(name), 32)[:4]):
                drawn.append(f'<text class="words" x="{x}" y="{top + 34 + 12 * line}">{escape(text)}</text>')
    return drawn


def picture() -> str:
    """The whole SVG."""
    rows, pieces = layers(arrows())
    rows = untangled(rows, pieces)
    middle = centres(rows, pieces)
    wide = round(max(middle[name] for row in rows for name in row) + BOX / 2 + EDGE)
    high = EDGE * 2 + (len(rows) - 1) * PITCH + HEIGHT
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    tip += '<path d="M0 0 L8 4 L0 8 z" style="fill:#6b7688;stroke:none"/></marker>'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">',
        "<title>The rooms of japananime and what they import</title>",
        f"<defs><style>{STYLE}</style>{tip}</defs>",
        f'<rect width="{wide}" height="{high}" style="fill:#fff;stroke:none"/>',
        *curves(rows, pieces, middle),
        *boxes(rows, middle),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"wrote {PICTURE}")
