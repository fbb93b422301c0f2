"""OpenVINO itself: one of it for the whole process."""

import functools
from typing import Any

from japananime.base import private_imports

openvino = private_imports.openvino()


@functools.cache
def core() -> Any:
    """The `openvino.Core` that everything is compiled by, made at the first call and kept.

    Each Core gives the thread that first uses it a stack of its own for signals, and takes it away when it goes. Of
    two that come and go, the second brings back the stack of the first, which is memory no more by then: the next
    signal, a Ctrl-C, would end the process (seen with OpenVINO 2026.4, tests/inference/test_openvino_core.py).
    """
    return openvino.Core()
