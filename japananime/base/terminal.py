"""What reaches the terminal: names and contents of strangers' files shown as text, and nothing of what libraries say.

A name can hold characters that move the cursor, change the window's title or turn the direction of writing. All that a
command prints goes through `Guarded`, and all bars are `Bar`s.
"""

import contextlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

from tqdm import tqdm

# Control characters but line feed and tab, what turns the direction of writing, other kinds of line ends, and bytes of
# names that are not UTF-8, which Python keeps as halves of pairs.
UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def shown(text: str) -> str:
    """A text with what a terminal would act upon written out, such as \\x1b."""
    return UNFIT.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def line(text: object) -> str:
    """The same on one line."""
    return shown(str(text)).replace("\n", "\\n").replace("\t", "\\t")


def tell_skipped(sentence: object) -> None:
    """Say on standard error what is passed over, and why."""
    print(f"skipped: {line(sentence)}", file=sys.stderr)


class Guarded:
    """A stream around a stream: what is written is shown, all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text; how long it is."""
        self.stream.write(shown(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several."""
        for each in lines:
            self.write(each)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class _Unguarded:
    """A Guarded stream for a bar, which moves the cursor itself; to tqdm they are one stream."""

    def __init__(self, guarded: Any) -> None:
        self.guarded = guarded
        self.write = getattr(guarded, "stream", guarded).write

    def __getattr__(self, name: str) -> Any:
        return getattr(self.guarded, name)

    def __eq__(self, other: object) -> bool:
        return self.guarded is getattr(other, "guarded", other)

    __hash__ = None  # type: ignore[assignment]


class Bar(tqdm):
    """A tqdm that shows names as `shown` does, and draws in a terminal alone unless `disable` says otherwise."""

    def __init__(self, *arguments: Any, file: Any = None, disable: bool | None = None, **options: Any) -> None:
        super().__init__(  # type: ignore[call-overload]  # tqdm's stub asks for each argument by name
            *arguments, file=_Unguarded(file or sys.stderr), disable=disable, **options
        )

    def __str__(self) -> str:
        return line(super().__str__())


@contextlib.contextmanager
def guarding() -> Iterator[None]:
    """Guard standard output and standard error, and keep warnings and log records of libraries off them."""
    if isinstance(sys.stdout, Guarded):
        yield
        return
    before = sys.stdout, sys.stderr, warnings.showwarning
    for stream in before[:2]:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # what the terminal has no letters for
    sys.stdout, sys.stderr = Guarded(before[0]), Guarded(before[1])
    silent = logging.NullHandler()
    logging.getLogger().addHandler(silent)
    if not sys.warnoptions:
        warnings.showwarning = _pass_over  # type: ignore[assignment]
    try:
        yield
    finally:
        logging.getLogger().removeHandler(silent)
        sys.stdout, sys.stderr, warnings.showwarning = before


@contextlib.contextmanager
def unguarded() -> Iterator[None]:
    """Let a library draw a bar of its own on standard output, as Keras does of a download: there is no name in it."""
    guarded = sys.stdout
    sys.stdout = getattr(guarded, "stream", guarded)
    try:
        yield
    finally:
        sys.stdout = guarded


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Keep off the terminal what libraries in C write to the process's standard error by themselves: banners, warnings.

    Python's own standard error goes on to where it went. Whoever wants to read it all sets TF_CPP_MIN_LOG_LEVEL=0.
    """
    own = getattr(sys.stderr, "stream", sys.stderr)
    try:
        plain = own.fileno() == 2 and os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "0"
    except (OSError, ValueError, AttributeError):
        plain = False
    if not plain:
        yield
        return
    own.flush()
    kept, nowhere, guarded = os.dup(2), os.open(os.devnull, os.O_WRONLY), sys.stderr
    with os.fdopen(kept, "w", buffering=1, encoding=own.encoding, errors="backslashreplace") as onward:
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = Guarded(onward)
        try:
            yield
        finally:
            onward.flush()
            os.dup2(kept, 2)
            sys.stderr = guarded


def _pass_over(*arguments: Any) -> None:
    """In place of showing a warning: what one can do about it the commands say themselves."""
