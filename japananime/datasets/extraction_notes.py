"""What is noted down while a film is taken apart, by which an interrupted run goes on: a state, tables of frames."""

import csv
import json
from dataclasses import asdict

from japananime.base import csv_cells, json_files
from japananime.base.errors import UserError
from japananime.base.files import whole, write_bytes
from japananime.base.json_files import COUNT, FLAG, NUMBER, OBJECT, Field, maybe, record, several
from japananime.datasets import keyframes

STATE = "state.json"
PAST = {
    "number": Field(COUNT),
    "stamp": Field(maybe(NUMBER)),
    "picture": Field(COUNT),
    "score": Field(NUMBER),
    "level": Field(NUMBER),
    "levels": Field(several(NUMBER)),
}
STORED = {
    "of": Field(OBJECT),
    "box": Field(maybe(several(COUNT))),
    "scores": Field(FLAG),
    "finished": Field(FLAG),
    "past": Field(maybe(record(PAST))),
}


def read_table(path):
    """The lines of a CSV file as dicts of text."""
    with path.open(newline="", encoding="utf-8") as file:
        return [csv_cells.unescaped(row) for row in csv.DictReader(file)]


class State:
    """state.json: of which film and settings a folder's frames are, and how far they go.

    box: (top, bottom, left, right) to keep of every frame, () for all of it, None if not looked for yet. scores:
    whether scores.csv goes as far. past: a datasets.keyframes.Past to go on from.
    """

    def __init__(self, folder, film, settings):
        self.path = folder / STATE
        file = film.path.stat()
        # Through JSON and back, so that it compares equal with what was read.
        self.of = json.loads(json.dumps({"bytes": file.st_size, "changed": file.st_mtime_ns, **asdict(settings)}))
        self.forget()
        if not self.path.exists():
            return
        stored = json_files.read(self.path, "how far the frames go; remove it to begin again", STORED)
        of, past = stored["of"], stored["past"]
        self.past = past and keyframes.Past(**past)
        self.box, self.scores, self.finished = stored["box"], stored["scores"], stored["finished"]
        if of != self.of:
            different = ", ".join(sorted(name for name in self.of if of.get(name) != self.of[name]))
            raise UserError(
                f"{folder}: holds frames of another film or other settings ({different}); "
                "give another folder with --out, or remove it"
            )

    def forget(self):
        """Begin at the beginning."""
        self.past, self.box, self.scores, self.finished = None, None, False, False

    def save(self, past):
        """Note how far the work has come."""
        self.past = past
        past = past and asdict(past)
        content = {"of": self.of, "box": self.box, "scores": self.scores, "finished": self.finished, "past": past}
        write_bytes(self.path, json.dumps(content, indent=1).encode())

    def finish(self):
        """Note that all is done."""
        self.finished = True
        self.save(None)


class Table:
    """A CSV file written line by line; one that goes on keeps its lines up to the frame before."""

    def __init__(self, path, columns, past):
        kept = []
        if past and path.exists():
            kept = [row for row in read_table(path) if int(row["number"]) <= past.number]
        with whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(kept)
        self.file = path.open("a", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, columns)

    def add(self, row):
        """Write one line."""
        self.writer.writerow(csv_cells.escaped(row))

    def flush(self):
        """Hand what is written to the system."""
        self.file.flush()

    def close(self):
        """No more lines."""
        self.file.close()
