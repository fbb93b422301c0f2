"""Styles' packages from elsewhere: one file by one address, within bounds, the network asked for nothing else."""

import http.client
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from japananime.base.errors import UserError, reason
from japananime.base.files import sum_of_file
from japananime.base.terminal import Bar, line
from japananime.styles import packages

SCHEMES = ("https://", "http://", "hf://")
HUB = re.compile(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w.-]+))?/?")
HUB_FILE = "style.zip"
SUM = re.compile(r"sha256=([0-9a-f]{64})")
# Where http, which anybody between may change, is as good as https.
HERE = ("localhost", "127.0.0.1", "::1")
SECONDS = 30
CHUNK = 1 << 16


class Address(NamedTuple):
    """url: of the package. sha256: of the package, in hexadecimal, or "" where the address does not say."""

    url: str
    sha256: str


def is_address(text: str) -> bool:
    """Whether this is an address rather than a name or a path."""
    return text.startswith(SCHEMES)


def address(text: str) -> Address:
    """What is meant by https://.../style.zip or hf://USER/NAME[@REVISION], both with #sha256=... if wished.

    Raises UserError. HF_ENDPOINT, as the hub's own programs read it, is the hub's address in place of the usual one.
    """
    url, hash_sign, fragment = text.partition("#")
    found = SUM.fullmatch(fragment.lower())
    if hash_sign and not found:
        raise UserError(f"--style is '{text}'; accepted after #: sha256= and 64 hexadecimal digits")
    if url.startswith("hf://"):
        hub = HUB.fullmatch(url)
        if not hub:
            raise UserError(f"--style is '{text}'; accepted: hf://USER/NAME or hf://USER/NAME@REVISION")
        endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        url = f"{endpoint}/{hub[1]}/resolve/{hub[2] or 'main'}/{HUB_FILE}"
    _check(url)
    return Address(url, found[1] if found else "")


def fetch(wanted: Address, target: Path) -> str:
    """Fetch a package into a file, saying so; its SHA-256. Raises UserError, where it is not the wanted one too."""
    print(f"fetching the style {line(wanted.url)} (kept for the next time)", file=sys.stderr)
    try:
        with _opener().open(wanted.url, timeout=SECONDS) as answer, target.open("wb") as file:
            _copy(answer, file, wanted.url)
    except urllib.error.HTTPError as error:
        error.close()
        raise UserError(f"{wanted.url} cannot be fetched ({reason(error)})") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise UserError(f"{wanted.url} cannot be fetched ({reason(error)})") from error
    found = sum_of_file(target)
    if wanted.sha256 and found != wanted.sha256:
        raise UserError(f"{wanted.url} has the SHA-256 {found}; wanted was {wanted.sha256}")
    return found


def _copy(answer: Any, file: Any, url: str) -> None:
    """Copy an answer, no more of it than a package may have, with a bar that says how long it takes."""
    said = answer.headers.get("Content-Length", "")
    total = int(said) if said.isdecimal() else None
    if total and total > packages.MOST_BYTES:
        raise UserError(f"{url} is {total} bytes; accepted: up to {packages.MOST_BYTES}")
    done = 0
    with Bar(total=total, unit="B", unit_scale=True, delay=1, leave=False) as bar:
        while part := answer.read(CHUNK):
            done += len(part)
            if done > packages.MOST_BYTES:
                raise UserError(f"{url} is over {packages.MOST_BYTES} bytes, the most that is accepted")
            file.write(part)
            bar.update(len(part))
    if total is not None and done != total:
        raise UserError(f"{url} cannot be fetched (it ended after {done} of {total} bytes)")


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request: Any, file: Any, code: int, message: str, headers: Any, url: str) -> Any:
        """Called where the server says that the file lies elsewhere; elsewhere is held to the same rules."""
        try:
            _check(url)
            # From the outside nobody leads in: http is for who names this computer.
            if urlsplit(url).scheme == "http" and urlsplit(request.full_url).scheme != "http":
                raise UserError(f"{request.full_url} leads to {url}; a style is fetched over https alone")
        except UserError:
            file.close()
            raise
        return super().redirect_request(request, file, code, message, headers, url)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Redirects)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        safe = bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE))
    except ValueError:
        safe = False
    if not safe or any(not "!" <= letter <= "~" for letter in url):
        raise UserError(f"{url}: not an address that styles are fetched from; accepted: https://HOST/PATH")
