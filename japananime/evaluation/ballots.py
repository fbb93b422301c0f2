"""Which two pictures are voted on next, and what was chosen: a table on the disk that grows by a line a vote."""

import contextlib
import csv
import itertools
import os
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from japananime.base import csv_cells
from japananime.base.errors import UserError
from japananime.base.files import lack_of_folder
from japananime.evaluation.ranking import CHOICES, Vote
from japananime.image import files as image_files

COLUMNS = tuple(field.name for field in fields(Vote))


@dataclass(frozen=True)
class Ballot:
    """Two pictures of a photo, by the names of their makers, as they lie on the page."""

    photo: str
    left: str
    right: str


class Ballots:
    """All votes on the pictures of some makers.

    photos: {name of a photo: path}, made: {maker: {name of a photo: path}}, the same photos each. table: the CSV file;
    votes that are in it count.
    """

    def __init__(self, photos: Mapping[str, Path], made: Mapping[str, Mapping[str, Path]], table: Path, seed: int = 0):
        self.photos, self.made, self.table = dict(photos), {name: dict(found) for name, found in made.items()}, table
        self.votes = read(table, self.photos, self.made)
        self._random = random.Random(f"{seed} {len(self.votes)}")

    @property
    def names(self) -> list[str]:
        """The makers."""
        return list(self.made)

    @property
    def most(self) -> int:
        """How many votes one person can give."""
        return len(self.photos) * len(self.made) * (len(self.made) - 1) // 2

    def given(self, voter: str) -> int:
        """How many votes somebody has given."""
        return sum(vote.voter == voter for vote in self.votes)

    def next(self, voter: str) -> Ballot | None:
        """What somebody is to vote on: of the pairs that were voted on least, one they have not seen; or None."""
        seen = {(vote.photo, frozenset((vote.left, vote.right))) for vote in self.votes if vote.voter == voter}
        counts = Counter(frozenset((vote.left, vote.right)) for vote in self.votes)
        pairs = [frozenset(pair) for pair in itertools.combinations(self.made, 2)]
        self._random.shuffle(pairs)
        for pair in sorted(pairs, key=lambda pair: counts[pair]):
            if left := [photo for photo in self.photos if (photo, pair) not in seen]:
                sides = sorted(pair)
                self._random.shuffle(sides)
                return Ballot(self._random.choice(left), *sides)
        return None

    def cast(self, voter: str, ballot: Ballot, choice: str) -> None:
        """Take a vote down, on the disk at once."""
        vote = Vote(voter, ballot.photo, ballot.left, ballot.right, choice)
        before = self.table.stat().st_size if self.table.exists() else 0
        try:
            with self.table.open("a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS)
                if not before:
                    writer.writeheader()
                writer.writerow(csv_cells.escaped(asdict(vote)))
        except OSError:  # half a line would spoil the next one
            with contextlib.suppress(OSError):
                os.truncate(self.table, before)
            raise
        self.votes.append(vote)


def read(table: Path, photos: Mapping[str, Path], made: Mapping[str, Mapping[str, Path]]) -> list[Vote]:
    """The votes in a table that are on these photos and makers; lines that are none are left out."""
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = [
            csv_cells.unescaped(row) for row in csv.DictReader(file) if None not in row.values() and None not in row
        ]
    return [
        Vote(**{name: row[name] for name in COLUMNS})
        for row in rows
        if row.keys() >= set(COLUMNS)
        and row["choice"] in CHOICES
        and row["photo"] in photos
        and {row["left"], row["right"]} <= made.keys()
        and row["left"] != row["right"]
    ]


def gather(photos: Path, outputs: Mapping[str, Path]) -> tuple[dict[str, Path], dict[str, dict[str, Path]], int]:
    """(photos, made, how many photos are left out): by their names without ending, those that every maker has.

    Raises UserError where there are none.
    """
    found = {name: _by_stem(folder, f"--outputs {name}") for name, folder in outputs.items()}
    all_photos = _by_stem(photos, "--photos")
    shared = [stem for stem in all_photos if all(stem in pictures for pictures in found.values())]
    if not shared:
        raise UserError(
            f"no photo of '{photos}' has a picture of its name in every folder of --outputs; they go by names without "
            "their endings"
        )
    made = {name: {stem: pictures[stem] for stem in shared} for name, pictures in found.items()}
    return {stem: all_photos[stem] for stem in shared}, made, len(all_photos) - len(shared)


def _by_stem(folder: Path, flag: str) -> dict[str, Path]:
    if fault := lack_of_folder(folder):
        raise UserError(f"{flag} is '{folder}', which {fault}; it must be a folder of pictures")
    images: Sequence[Path] = image_files.find(folder)[0]
    return {path.stem: path for path in reversed(images)}
