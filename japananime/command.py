"""What every command does around its work: errors in one line, an exit status, TensorFlow's chatter kept down."""

import contextlib
import os
import signal
import sys

from japananime.errors import UserError


def run(work, arguments=None):
    """Call `work(arguments)` and return its exit status; a UserError is printed as one line and gives 2."""
    try:
        return work(arguments) or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


@contextlib.contextmanager
def catching_signals():
    """A list that fills on SIGTERM or Ctrl-C, so that the step is finished and saved; a second one stops at once."""
    received = []

    def stop(number, frame):
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


def load_tensorflow():
    """Import TensorFlow and let it find its devices with its start-up chatter kept off the terminal.

    It writes to the process's standard error before its own log level counts, so that is put aside meanwhile. Whoever
    wants to read it (to see why a GPU is not found, say) sets TF_CPP_MIN_LOG_LEVEL=0.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with _without_standard_error():
        import tensorflow

        tensorflow.config.list_physical_devices()


@contextlib.contextmanager
def _without_standard_error():
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
