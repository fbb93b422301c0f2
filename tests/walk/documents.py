"""Every command of the documents, typed: `make docs-check`.

    python tests/walk/documents.py [PAGE ...] [--keep]

Each page has a new folder, in which the files that its commands name are made as they are needed, all of them small.
Trainings are cut down to a few steps of networks of a few filters, which see through networks with random weights.
What is not run here is in `typed.NOT_HERE`, with what stands for it.
"""

import argparse
import contextlib
import io
import os
import runpy
import shutil
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
for variable in ("JAPANANIME_VGG_WEIGHTS", "JAPANANIME_MOBILENET_WEIGHTS"):
    os.environ[variable] = "random"
os.environ["PYTHONPATH"] = str(ROOT)  # of trainings that a sweep or an experiment starts

from walk import kitchen, typed  # noqa: E402

from japananime import __main__ as command  # noqa: E402


def take(words, folder):
    """Type a command in a folder that is the working directory; what was wrong, or ""."""
    kitchen.provide(words, folder)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            if words[0].endswith(".py"):
                status = runpy.run_path(str(ROOT / words[0]))["main"](words[1:])
            else:
                status = command.main(words)
        except SystemExit as error:
            status = error.code
    return f"the exit status is {status}. It said:\n{said.getvalue()}" if status else ""


def walk(page, keep):
    """Type all of a page; [what was wrong], and print it."""
    wrong, folder = [], Path(tempfile.mkdtemp(prefix=f"japananime-{page.stem}-"))
    kitchen.provide(["stylize", "Pretrain/origin"], folder)
    with _inside(folder):
        for line in typed.commands(page.read_text(encoding="utf-8")):
            words = typed.words(line)
            if words is None:
                continue
            _fresh()
            start = time.monotonic()
            if said := take(typed.quick(words), folder):
                wrong.append(line)
            print(f"{time.monotonic() - start:6.1f} s  {line}{': ' + said if said else ''}", flush=True)
    if keep:
        print(f"{page.name}: everything is in {folder}")
    else:
        shutil.rmtree(folder)
    return wrong


def _fresh():
    """What one training sets must not reach the next."""
    if "keras" in sys.modules:
        import keras
        import tensorflow as tf

        keras.config.set_dtype_policy("float32")
        keras.backend.clear_session()
        tf.config.run_functions_eagerly(True)  # for a few steps sooner than compiling


@contextlib.contextmanager
def _inside(folder):
    before = Path.cwd()
    os.chdir(folder)
    own = {variable: str(folder / ".own") for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
    try:
        with mock.patch.dict(os.environ, own):
            yield
    finally:
        os.chdir(before)


def main():
    """Walk; the exit status is 1 where a command failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as training.md (default: all)")
    parser.add_argument("--keep", action="store_true", help="leave the folders where they are")
    given = parser.parse_args()
    pages = [page for page in typed.PAGES if not given.pages or page.name in given.pages]
    wrong = [line for page in pages for line in walk(page, given.keep)]
    print("every command went as it should" if not wrong else f"{len(wrong)} commands went wrong:")
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
