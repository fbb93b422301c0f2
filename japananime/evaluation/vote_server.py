"""The page on which people vote: which two pictures it shows, and the votes that it sends."""

import secrets
import threading
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any
from urllib.parse import SplitResult, parse_qs

from japananime.base.local_page import NOTHING, Answer, LocalPage, json_answer
from japananime.evaluation.ballots import Ballot, Ballots
from japananime.evaluation.ranking import CHOICES
from japananime.image import files as image_files
from japananime.image import previews

LONGEST_SIDE, LONGEST_NAME, WAITING = 1400, 60, 1000
PAGE = "vote_page.html"


class VoteServer(LocalPage):
    """Serves `ballots` at a port of this computer, 0 for any that is free."""

    def __init__(self, ballots: Ballots, port: int = 0):
        self.ballots, self.lock = ballots, threading.Lock()
        # What was handed out and not voted on, under names that tell nothing of who made what.
        self.waiting: dict[str, tuple[str, Ballot]] = {}
        super().__init__(port)

    @property
    def posts(self) -> Mapping[str, Callable[[Any], Answer]]:
        """A vote."""
        return {"/vote": self._take}

    def get(self, url: SplitResult) -> Answer:
        """The page, what is next on it, and its pictures."""
        if url.path == "/":
            page = resources.files(__package__).joinpath(PAGE).read_bytes()
            return Answer(200, "text/html; charset=utf-8", page)
        if url.path == "/next":
            voter = parse_qs(url.query).get("voter", [""])[0].strip()[:LONGEST_NAME] or "anonymous"
            return json_answer(self.hand_out(voter))
        parts = url.path.split("/")
        if len(parts) == 4 and parts[1] == "picture" and (picture := self.picture(parts[2], parts[3])):
            return Answer(200, "image/jpeg", picture)
        return NOTHING

    def hand_out(self, voter: str) -> dict:
        """What the page shows somebody next."""
        with self.lock:
            told = {"given": self.ballots.given(voter), "most": self.ballots.most}
            ballot = self.ballots.next(voter)
            if ballot is None:
                return told
            token = secrets.token_urlsafe(12)
            self.waiting[token] = voter, ballot
            while len(self.waiting) > WAITING:
                del self.waiting[next(iter(self.waiting))]
            return {**told, "token": token}

    def take(self, token: object, choice: object) -> bool:
        """Take a vote; returns whether there was one to take."""
        with self.lock:
            if not isinstance(token, str) or token not in self.waiting or choice not in CHOICES:
                return False
            self.ballots.cast(*self.waiting[token], str(choice))
            del self.waiting[token]  # once it is on the disk
            return True

    def picture(self, token: str, side: str) -> bytes | None:
        """A JPEG of what lies on a side ("photo", "left", "right") of what was handed out."""
        if token not in self.waiting:
            return None
        ballot = self.waiting[token][1]
        paths = {"photo": self.ballots.photos[ballot.photo]}
        paths |= {name: self.ballots.made[getattr(ballot, name)][ballot.photo] for name in ("left", "right")}
        if side not in paths:
            return None
        return previews.jpeg(image_files.read_rgb(paths[side]), LONGEST_SIDE)

    def _take(self, found: Any) -> Answer:
        taken = self.take(found["token"], found["choice"])
        return json_answer({"taken": taken}, 200 if taken else 400)
