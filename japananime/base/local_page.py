"""A page for this computer's browser alone: a small server that answers no other computer and no other page."""

import json
import re
import sys
import webbrowser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from japananime.base.errors import UserError, reason
from japananime.base.terminal import line

HOST = "127.0.0.1"
# Neither does any other page have this one in a frame, where clicks could be led astray.
POLICY = (
    "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
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
# Seconds that a browser has for sending what it began to send.
PATIENCE = 30
# A number in an address or a header; longer ones Python itself refuses to read.
NUMBER = re.compile(r"[0-9]{1,9}")
FOREIGN = Answer(403, "text/plain", b"not for pages from elsewhere")


def json_answer(content: object, status: int = 200) -> Answer:
    """Content as JSON."""
    return Answer(status, "application/json", json.dumps(content).encode())


class LocalPage(ThreadingHTTPServer):
    """Serves one page at a port of this computer, 0 for any that is free.

    Subclasses answer `get`, and list in `posts` what may be sent to them: {path: what is done with the parsed JSON}.
    """

    daemon_threads = True
    most_bytes = 10_000  # of what is sent

    def __init__(self, port: int = 0):
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise UserError(f"--port is {port}, which cannot be listened on ({error.strerror})") from error

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/"

    @property
    def posts(self) -> Mapping[str, Callable[[Any], Answer]]:
        """What may be sent. ValueError, KeyError and TypeError of a bad content become a 400."""
        return {}

    def get(self, url: SplitResult) -> Answer:
        """What is at an address."""
        raise NotImplementedError

    def serve_until_stopped(self, open_browser: bool = False) -> None:
        """Serve until Ctrl-C, or `shutdown` from another thread."""
        if open_browser:
            webbrowser.open(self.address)
        try:
            self.serve_forever()
        except KeyboardInterrupt:
            print()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say in one line what went wrong over a request; a browser that has gone away is nothing wrong."""
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            print(f"error: {line(reason(error) if error else 'unknown')}", file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    server: LocalPage
    timeout = PATIENCE

    def do_GET(self) -> None:
        """The page and what is on it."""
        if not self._is_own():
            return self._answer(FOREIGN)
        try:
            answer = self.server.get(urlsplit(self.path))
        except ValueError:  # no address
            answer = NOTHING
        except (UserError, OSError) as error:
            answer = _told(error)
        return self._answer(answer)

    def do_POST(self) -> None:
        """What somebody decided."""
        length, take = self.headers.get("Content-Length", ""), self.server.posts.get(self.path)
        if not self._is_own():
            return self._answer(FOREIGN)
        if take is None or not NUMBER.fullmatch(length) or int(length) > self.server.most_bytes:
            return self._answer(NOTHING)
        sent = self.rfile.read(int(length))
        try:
            answer = take(json.loads(sent))
        except (ValueError, KeyError, TypeError, RecursionError):
            answer = json_answer({"taken": False}, 400)
        except OSError as error:  # the disk may be full
            answer = _told(error)
        return self._answer(answer)

    def _is_own(self) -> bool:
        """Whether this server was asked by its own name, and by its own page where a page asks.

        A link from elsewhere may lead to the page, but to nothing on it.
        """
        names = {f"{host}:{self.server.server_port}" for host in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host", "").lower() not in names:
            return False
        if origin is not None and origin.lower() not in {f"http://{name}" for name in names}:
            return False
        arrives = self.path == "/" and self.headers.get("Sec-Fetch-Mode") == "navigate"
        return arrives or self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are nobody's business."""


def _told(error: Exception) -> Answer:
    """An error as an answer, and as a line in the terminal."""
    words = reason(error) if not isinstance(error, UserError) else str(error)
    print(f"error: {line(words)}", file=sys.stderr)
    return Answer(500, "text/plain; charset=utf-8", words.encode("utf-8", "replace"))
