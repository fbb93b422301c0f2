"""The page on which a dataset is looked through: its pictures, by number alone, and the decisions that it sends."""

import threading
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any
from urllib.parse import SplitResult

from japananime.base.local_page import NOTHING, NUMBER, Answer, LocalPage, json_answer
from japananime.datasets import review_decisions
from japananime.datasets.review_decisions import Decisions
from japananime.datasets.reviewing import Review
from japananime.image import previews

PAGE = "review_page.html"
# Longest sides, in pixels, of a picture in a row and of one that is looked at.
SIDES = {"small": 320, "large": 1400}


class ReviewServer(LocalPage):
    """Serves a review at a port of this computer, 0 for any that is free."""

    most_bytes = 1_000_000  # a film's worth of numbers

    def __init__(self, review: Review, noted: Decisions, port: int = 0):
        self.review, self.noted, self.lock = review, noted, threading.Lock()
        super().__init__(port)

    @property
    def posts(self) -> Mapping[str, Callable[[Any], Answer]]:
        """Decisions, and that they are all made."""
        return {"/decide": self._decide, "/done": self._done}

    def get(self, url: SplitResult) -> Answer:
        """The page, what is on it, and its pictures."""
        if url.path == "/":
            page = resources.files(__package__).joinpath(PAGE).read_bytes()
            return Answer(200, "text/html; charset=utf-8", page)
        if url.path == "/review":
            with self.lock:
                return json_answer({"rows": self.review.rows(), "decided": self.noted.decided})
        parts = url.path.split("/")
        if len(parts) == 4 and parts[1] == "picture" and parts[2] in SIDES and NUMBER.fullmatch(parts[3]):
            return self._picture(int(parts[3]), SIDES[parts[2]])
        return NOTHING

    def _picture(self, number: int, longest_side: int) -> Answer:
        if number >= len(self.review.candidates):
            return NOTHING
        return Answer(200, "image/jpeg", previews.jpeg(self.review.candidates[number].read(), longest_side))

    def _decide(self, found: Any) -> Answer:
        """Take {"ids": [number], "what": "keep", "reject" or null}."""
        what, numbers = found["what"], found["ids"]
        if what not in (review_decisions.KEEP, review_decisions.REJECT, None) or not isinstance(numbers, list):
            raise ValueError("not a decision")
        everything = self.review.candidates
        if not all(type(number) is int and 0 <= number < len(everything) for number in numbers):
            raise ValueError("not a picture")
        chosen = [everything[number] for number in numbers]
        with self.lock:
            self.noted.decide([one.name for one in chosen if review_decisions.is_open(one)], what)
        return json_answer({"taken": True})

    def _done(self, found: Any) -> Answer:
        """End the review. From another thread: a server waits for its own end."""
        threading.Thread(target=self.shutdown, daemon=True).start()
        return json_answer({"taken": True})
