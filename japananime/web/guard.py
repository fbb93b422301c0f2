"""What stands before the page: who may ask, for what, and what every answer says to the browser.

Gradio has many more routes than the page uses, and any of them may read files or ask other computers; only those of
ROUTES exist here. A page from elsewhere, open in the visitor's browser, may neither read nor send anything.
"""

import asyncio
import ipaddress
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from japananime.web import password as page_password

# The scripts of the page are its own; Gradio writes some of them, and styles, into the HTML.
POLICY = "; ".join(
    [
        "default-src 'self' data: blob:",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
    ]
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    # What other pages, open beside it, may take of it or do with its window: nothing.
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"),
)
UPLOAD, JOIN = "/gradio_api/upload", "/gradio_api/queue/join"
# Gradio asks itself for it before anybody else can; it gives nothing away.
STARTED = "/gradio_api/startup-events"
# Seconds that whoever gives a wrong password waits for the answer.
WRONG_PASSWORD = 1.0
# What the page asks for, and nothing else. A file has a path: of an address, Gradio would send the browser there.
ROUTES = {
    "GET": re.compile(
        r"/|/(assets|static)/.+|/theme\.css|/favicon\.ico"
        r"|/gradio_api/(startup-events|queue/data|upload_progress|heartbeat/\w+|file=(/|\w:).+)"
    ),
    "HEAD": re.compile(r"/|/gradio_api/file=(/|\w:).+"),
    # "predict" is how the browser names a button that does not wait in line; those that do are refused there by Gradio.
    "POST": re.compile(rf"{UPLOAD}|{JOIN}|/gradio_api/run/(stop|predict)"),
}
# What is sent beside files is a few settings and the names of what was uploaded.
MOST_BYTES = 1_000_000


class Guard:
    """ASGI middleware that lets through what the page itself asks for and adds HEADERS to every answer.

    names: hosts, in lower case and without port, under which the page is served besides localhost and any address in
    digits. has_room: whether so many bytes more may be uploaded. may_wait: whether a visitor, by address, may have one
    task more in line. password: what visitors must give, or "" for nothing.
    """

    def __init__(
        self,
        app,
        names: Iterable[str] = (),
        has_room: Callable[[int], bool] = lambda size: True,
        may_wait: Callable[[str], bool] = lambda address: True,
        password: str = "",
    ):
        self.app, self.names, self.has_room = app, {"localhost", *names}, has_room
        self.may_wait, self.password = may_wait, password

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        if scope["type"] == "websocket":  # the page uses none
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._handle(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _handle(self, scope, receive, send):
        async def guarded(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        if refusal := self._refusal(scope):
            await _answer(guarded, *refusal)
            return
        if self.password and scope["path"] != STARTED and not await self._knows_the_password(scope):
            await _answer(guarded, 401, "This page asks for a password.", page_password.CHALLENGE)
            return
        if (scope["method"], scope["path"]) == ("POST", JOIN) and not self.may_wait((scope.get("client") or [""])[0]):
            # The page shows what stands in `detail`.
            words = json.dumps({"detail": "So many tasks of yours are waiting; wait for them."})
            await _answer(guarded, 503, words, kind=b"application/json")
            return
        if scope["method"] == "POST" and scope["path"] != UPLOAD:
            body = await _body(receive)
            if not _is_payload(body):
                await _answer(guarded, 400, "This is nothing that the page sends.")
                return
            receive = _again(body, receive)
        await self.app(scope, receive, guarded)

    def _refusal(self, scope):
        """(status, why) where a request is refused by what its head says, or None."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host, path = headers.get("host", "").lower(), scope["path"]
        if not self._is_ours(host):
            # A name that somebody else made lead here: his pages would count as ours.
            return 421, "The page is not served under this name; --served-as lets it be."
        if not _from_here(headers, host, arriving=(scope["method"], path) == ("GET", "/")):
            return 403, "Other pages may not use this one."
        route = ROUTES.get(scope["method"])
        if not route or not route.fullmatch(path):
            return 404, "Not found."
        if scope["method"] == "POST" and path == UPLOAD:
            length = headers.get("content-length", "")
            if not length.isdecimal():
                return 411, "How much is sent must be told."
            if not self.has_room(int(length)):
                return 507, "There is no room for more files at the moment; older ones are removed soon."
        return None

    async def _knows_the_password(self, scope):
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), None)
        known = given is not None and page_password.is_given(given, self.password)
        if given is not None and not known:
            await asyncio.sleep(WRONG_PASSWORD)
        return known

    def _is_ours(self, host):
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name in self.names:
                return True
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _from_here(headers, host, arriving):
    """Whether a request comes from the page itself, from no page at all, or only arrives at it, as by a link."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
        return False
    site = headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") or (arriving and headers.get("sec-fetch-mode") == "navigate")


async def _body(receive):
    """The body of a request, or None where it is longer than MOST_BYTES or never ends."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return body


def _again(body, receive):
    """A `receive` that gives a body that was read already, then what the other gives."""
    messages = [{"type": "http.request", "body": body}]

    async def repeated():
        return messages.pop() if messages else await receive()

    return repeated


def _is_payload(body):
    """Whether a body is JSON of which no file is an address; Gradio would fetch it, or look its name up at least."""
    try:
        waiting = [json.loads(body or b"null")] if body is not None else []
    except (ValueError, RecursionError):
        return False
    if not waiting:
        return False
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if any(isinstance(value.get(key), str) and "://" in value[key] for key in ("path", "orig_path")):
                return False
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return True


async def _answer(send, status, words, *headers, kind=b"text/plain; charset=utf-8"):
    body = words.encode()
    told = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
