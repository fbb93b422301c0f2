"""What every command does around its work: errors in one line, an exit status, TensorFlow's chatter kept down."""

import os
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


def quiet_tensorflow():
    """Keep TensorFlow's start-up messages off the terminal; to be called before it is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GLOG_minloglevel", "3")
