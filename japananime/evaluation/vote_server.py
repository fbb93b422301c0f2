"""The page on which people vote: one small server on this computer, for this computer's browser alone."""

import io
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

from PIL import Image

from japananime.base.errors import UserError
from japananime.evaluation.ballots import Ballot, Ballots
from japananime.evaluation.ranking import CHOICES
from japananime.image import files as image_files

HOST, MOST_BYTES, LONGEST_SIDE, LONGEST_NAME, WAITING = "127.0.0.1", 10_000, 1400, 60, 1000
PAGE = "vote_page.html"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Answer(NamedTuple):
    """What a browser is sent."""

    status: int
    kind: str
    body: bytes


NOTHING = Answer(404, "text/plain", b"there is nothing here")
FOREIGN = Answer(403, "text/plain", b"not for pages from elsewhere")


class VoteServer(ThreadingHTTPServer):
    """Serves `ballots` at a port of this computer, 0 for any that is free."""

    daemon_threads = True

    def __init__(self, ballots: Ballots, port: int = 0):
        self.ballots, self.lock = ballots, threading.Lock()
        # What was handed out and not voted on, under names that tell nothing of who made what.
        self.waiting: dict[str, tuple[str, Ballot]] = {}
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise UserError(f"--port is {port}, which cannot be listened at ({error.strerror})") from error

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/"

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
            self.ballots.cast(*self.waiting.pop(token), str(choice))
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
        image = Image.fromarray(image_files.read_rgb(paths[side]))
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        encoded = io.BytesIO()
        image.save(encoded, "JPEG", quality=92)
        return encoded.getvalue()


class _Handler(BaseHTTPRequestHandler):
    server: VoteServer

    def do_GET(self) -> None:
        """The page, what is next on it, and its pictures."""
        if self._is_own():
            self._answer(*self._found(urlsplit(self.path)))
        else:
            self._answer(*FOREIGN)

    def _found(self, url: SplitResult) -> Answer:
        if url.path == "/":
            page = resources.files(__package__).joinpath(PAGE).read_bytes()
            return Answer(200, "text/html; charset=utf-8", page)
        if url.path == "/next":
            voter = parse_qs(url.query).get("voter", [""])[0].strip()[:LONGEST_NAME] or "anonymous"
            return _json(self.server.hand_out(voter))
        parts = url.path.split("/")
        if len(parts) == 4 and parts[1] == "picture":
            try:
                if picture := self.server.picture(parts[2], parts[3]):
                    return Answer(200, "image/jpeg", picture)
            except UserError as error:
                return Answer(500, "text/plain; charset=utf-8", str(error).encode("utf-8", "replace"))
        return NOTHING

    def do_POST(self) -> None:
        """A vote."""
        length = self.headers.get("Content-Length", "")
        if not self._is_own():
            self._answer(*FOREIGN)
        elif self.path != "/vote" or not length.isdecimal() or int(length) > MOST_BYTES:
            self._answer(*NOTHING)
        else:
            try:
                found = json.loads(self.rfile.read(int(length)))
                taken = self.server.take(found["token"], found["choice"])
            except (ValueError, KeyError, TypeError, RecursionError):
                taken = False
            self._answer(*_json({"taken": taken}, 200 if taken else 400))

    def _is_own(self) -> bool:
        """Whether this server was asked by its own name, and by its own page where a page asks."""
        names = {f"{host}:{self.server.server_port}" for host in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in names and (origin is None or origin in {f"http://{name}" for name in names})

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are nobody's business."""


def _json(content: dict, status: int = 200) -> Answer:
    return Answer(status, "application/json", json.dumps(content).encode())
