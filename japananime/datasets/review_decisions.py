"""What somebody decided about pictures: kept in dataset.json, and honoured by every building after that.

While there are decisions that the folders do not show yet, the index has no `inputs`: the next run builds again.
"""

import json

from japananime.base import json_files
from japananime.base.files import write_bytes
from japananime.datasets import index as dataset_index
from japananime.datasets import rejection

KEEP, REJECT = "keep", "reject"
BY_HAND = "by hand"
# Reasons that nobody can overrule: there is nothing to cut.
FINAL = ("unreadable", "small")


def read(out):
    """{name of a candidate: KEEP or REJECT} in the dataset's index; empty where there is none."""
    decided = _index(out).get("decisions", {}) if (out / dataset_index.INDEX).is_file() else {}
    if not isinstance(decided, dict):
        return {}
    return {name: what for name, what in decided.items() if what in (KEEP, REJECT)}


def apply(candidates, decided):
    """Let decisions overrule what was found by measures."""
    for candidate in candidates:
        if not is_open(candidate):
            continue
        if decided.get(candidate.name) == KEEP:
            candidate.rejected = None
        elif decided.get(candidate.name) == REJECT:
            candidate.rejected = rejection.Rejection(BY_HAND, 0)


def is_open(candidate):
    """Whether there is anything to decide about a candidate."""
    return not (candidate.rejected and candidate.rejected.why in FINAL)


class Decisions:
    """The decisions in a finished dataset's index, on the disk as soon as they are made."""

    def __init__(self, out):
        self._path = out / dataset_index.INDEX
        self._content = _index(out)
        self.decided = read(out)

    @property
    def waiting(self):
        """Whether the folders do not show all of them yet."""
        return "inputs" not in self._content

    def decide(self, names, what):
        """Note KEEP or REJECT of candidates, or None for what the measures say."""
        changed = dict.fromkeys(names, what)
        decided = {name: known for name, known in (self.decided | changed).items() if known is not None}
        if decided == self.decided:
            return
        content = {name: value for name, value in self._content.items() if name != "inputs"} | {"decisions": decided}
        write_bytes(self._path, json.dumps(content, indent=1).encode())
        self._content, self.decided = content, decided


def _index(out):
    what = "a dataset's index; remove it to build the dataset again"
    return json_files.read(out / dataset_index.INDEX, what, dataset_index.SCHEMA, dataset_index.MOST_BYTES)
