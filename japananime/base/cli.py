"""What every command does around its work: errors in one line, an exit status, TensorFlow's chatter kept down."""

import argparse
import contextlib
import functools
import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from japananime import __version__
from japananime.base import completion, terminal
from japananime.base.errors import UserError, reason

NAMED = re.compile(r"python -m japananime\.(\w+)")
TOOL = re.compile(r"python tools/(\w+)\.py")
ROOT = Path(__file__).resolve().parents[2]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line like all others, and whose --help keeps its examples' lines.

    Commands in `prog`, `description` and `epilog` are named as the one that was typed.
    """

    def __init__(self, **options: Any) -> None:
        texts = {name: typed(text) for name, text in options.items() if isinstance(text, str)}
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **{**options, **texts}
        )
        self.add_argument("--version", action="version", version=f"japananime {__version__}")

    def parse_args(self, *arguments: Any, **options: Any) -> Any:
        """As argparse does it; but a shell that completes a line is told what the line takes, and that is all."""
        if completion.asked():
            completion.offer(self)
        return super().parse_args(*arguments, **options)

    def parse_intermixed_args(self, *arguments: Any, **options: Any) -> Any:
        """Likewise."""
        if completion.asked():
            completion.offer(self)
        return super().parse_intermixed_args(*arguments, **options)

    def error(self, message: str) -> NoReturn:
        """Called by argparse when the command line is not as it should be."""
        raise UserError(f"{message} (--help tells what is accepted)")


def typed(text: str) -> str:
    """A text with "python -m japananime.train" and its like as it was typed: `japananime train`, `japananime-train`."""
    program = Path(sys.argv[0]).name
    if program != "japananime" and not program.startswith("japananime-"):
        return text
    text = TOOL.sub(lambda found: f"japananime-{found[1].replace('_', '-')}", text)
    joint = " " if program == "japananime" else "-"
    return NAMED.sub(lambda found: f"japananime{joint}" + found[1].replace("_", "-"), text)


def help_without_tensorflow(
    make_parser: Callable[[], argparse.ArgumentParser], arguments: Sequence[str] | None = None
) -> None:
    """Show --help or --version, and exit, where it is asked for and the settings' flags cannot be had.

    make_parser: () -> a parser of the other flags.
    """
    asked = {"-h", "--help", "--version"} & set(sys.argv[1:] if arguments is None else arguments)
    if asked and importlib.util.find_spec("tensorflow") is None:
        parser = make_parser()
        parser.epilog = f"{parser.epilog}\nWith TensorFlow this lists the settings as well: {how_to_install('train')}"
        parser.parse_args([asked.pop()])


def how_to_install(extra: str) -> str:
    """What to type for the packages of an extra of setup.cfg, by how japananime came here."""
    if (ROOT / "setup.cfg").is_file():
        place = "." if Path.cwd() == ROOT else str(ROOT)
        return f"pip install {shlex.quote(f'{place}[{extra}]')}"
    try:
        origin = json.loads(importlib.metadata.distribution("japananime").read_text("direct_url.json") or "{}")
    except importlib.metadata.PackageNotFoundError:
        origin = {}
    url = origin.get("url", "")
    if "vcs_info" in origin:
        url = f"{origin['vcs_info']['vcs']}+{url}"
    # An address that pip noted is of a folder, a file or a repository; without one it came from an index.
    return f"pip install {shlex.quote(f'japananime[{extra}] @ {url}' if url else f'japananime[{extra}]')}"


def size(text: str) -> int:
    """A number of bytes on the command line: "4G" -> 4,000,000,000, "500M" -> 500,000,000."""
    factors = {"K": 1e3, "M": 1e6, "G": 1e9}
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in factors else (text, "")
    try:
        found = float(number) * factors.get(unit, 1)
    except ValueError:
        found = 0.0
    if not 1e6 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; accepted: 1M or more, such as 500M or 4G")
    return int(found)


def count_or_auto(text: str) -> int | str:
    """A number of at least 1 on the command line, or "auto"."""
    if text == "auto":
        return text
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of 1 or more nor auto")
    return int(text)


def named_folders(flag: str, texts: Sequence[str]) -> dict[str, Path]:
    """What was given as NAME=DIR: {name: folder}, the last one where several have a name. Raises UserError."""
    named = [text.partition("=") for text in texts]
    for text, (name, _, folder) in zip(texts, named, strict=True):
        if not name or not folder:
            raise UserError(f"{flag} is '{text}'; it must be NAME=DIR")
    return {name: Path(folder) for name, _, folder in named}


def command(work: Callable[[Any], int | None]) -> Callable[..., int]:
    """Make a command of `work(arguments)`: a function of its words, those typed if none are given, to its exit status.

    What a person can put right is one line and gives 2. Being ended by SIGTERM is as being interrupted.
    """

    @functools.wraps(work)
    def main(arguments: Sequence[str] | None = None) -> int:
        with terminal.guarding(), _polite_ending() as ended:
            try:
                return work(arguments) or 0
            except UserError as error:
                print(f"error: {terminal.line(typed(str(error)))}", file=sys.stderr)
                return 2
            except OSError as error:  # a full disk, a folder that went away: what the system refuses at any time
                about = f"{error.filename}: " if error.filename else ""
                print(f"error: {terminal.line(f'{about}{error.strerror or reason(error)}')}", file=sys.stderr)
                return 2
            except KeyboardInterrupt:
                print("interrupted", file=sys.stderr)
                return 128 + (ended or [signal.SIGINT])[0]

    return main


@contextlib.contextmanager
def _polite_ending() -> Iterator[list[int]]:
    """Turn SIGTERM into KeyboardInterrupt where nothing else is to be done about it; a list that it is noted in."""
    ended: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        ended.append(number)
        raise KeyboardInterrupt

    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield ended
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def catching_signals() -> Iterator[list[int]]:
    """A list that fills on SIGTERM or Ctrl-C, so that the step is finished and saved; a second one stops at once."""
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        print("\nstopping after this step (once more to stop at once) ...", file=sys.stderr)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def need(*packages: str) -> None:
    """Raise UserError where packages that come with training and the dataset tools are not installed."""
    lacking = [name for name in packages if importlib.util.find_spec(name) is None]
    if lacking:
        named = [{"tensorflow": "TensorFlow", "cv2": "OpenCV"}.get(name, name) for name in lacking]
        raise UserError(not_installed("this", named, "train"))


def not_installed(what: str, packages: Sequence[str], extra: str) -> str:
    """What is said where something needs packages that are not there. extra: the one that brings them."""
    names = ", ".join(packages[:-1]) + " and " * (len(packages) > 1) + packages[-1]
    verb = "is" if len(packages) == 1 else "are"
    return f"{what} needs {names}, which {verb} not installed; install with: {how_to_install(extra)}"


def load_tensorflow(*besides: str) -> None:
    """Import TensorFlow and let it find its devices with its start-up chatter kept off the terminal.

    besides: packages that come with it and are needed too, but not imported here.

    It writes to the process's standard error before its own log level counts, so that is put aside meanwhile. Whoever
    wants to read it (to see why a GPU is not found, say) sets TF_CPP_MIN_LOG_LEVEL=0.
    """
    need("tensorflow", *besides)
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with _without_standard_error():
        import tensorflow

        tensorflow.config.list_physical_devices()


@contextlib.contextmanager
def _without_standard_error() -> Iterator[None]:
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
