"""The processors and chips that OpenVINO computes on: which there are, which is taken, and how fast one is.

`core` is everywhere what `openvino_core.core()` gives; it is handed in, so that nothing here loads OpenVINO.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from japananime.base.errors import reason
from japananime.base.terminal import line

CPU, AUTO = "CPU", "AUTO"
# OpenVINO numbers chips of a kind if there are several.
NAMES = re.compile(r"(CPU|GPU|NPU)(\.\d+)?|AUTO")
MOST_SECONDS = 10.0


@dataclass(frozen=True)
class Device:
    """name: OpenVINO's, such as GPU.0. title: the maker's. precisions: in which it computes, such as FP16."""

    name: str
    title: str
    precisions: tuple[str, ...]


def named(text: str) -> str:
    """A device's name on the command line."""
    if not NAMES.fullmatch(text.upper()):
        raise argparse.ArgumentTypeError(f"{text!r} is no device; accepted: CPU, GPU, NPU, AUTO, or GPU.1 of several")
    return text.upper()


def listed(core: Any) -> list[Device]:
    """Every device that is there."""
    return [
        Device(name, str(_told(core, name, "FULL_DEVICE_NAME", name)), _precisions(core, name))
        for name in core.available_devices
    ]


def chosen(core: Any, wanted: str) -> str:
    """The device to compute on: the one that is wanted, or the CPU and a line that says so where that is not there."""
    seen = list(core.available_devices)
    if wanted in (CPU, AUTO, *seen) or any(name.partition(".")[0] == wanted for name in seen):
        return wanted
    tell_of_fallback(wanted, f"OpenVINO sees {', '.join(seen)}")
    return CPU


def tell_of_fallback(wanted: str, why: str) -> None:
    """Say that the CPU is taken in place of a device."""
    print(f"note: --device {wanted} cannot be used here ({line(why)}), the CPU is", file=sys.stderr)


def hints(device: str, precision: str) -> dict[str, Any]:
    """What a device other than the CPU is told when a network is compiled: in "float32", or in what it is fast at."""
    told: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if precision == "float32":
        told["INFERENCE_PRECISION_HINT"] = "f32"
    if device == AUTO:
        # Else it begins on the CPU and moves on in the middle of a film, where pictures would change a little.
        told["ENABLE_STARTUP_FALLBACK"] = False
    return told


def frames_per_second(
    work: Callable[[], object], seconds: float = MOST_SECONDS, clock: Callable[[], float] = time.monotonic
) -> float | None:
    """How often `work` is done in a second; its first call, which prepares, does not count for the speed.

    No call is begun that would likely end after so many seconds from the start. None where the first one took them all.
    """
    began = clock()
    work()
    prepared = clock()
    now, count = prepared, 0
    while now - began < seconds and (not count or now + (now - prepared) / count - began <= seconds):
        work()
        now, count = clock(), count + 1
    return count / (now - prepared) if count and now > prepared else None


def _precisions(core: Any, name: str) -> tuple[str, ...]:
    told = _told(core, name, "OPTIMIZATION_CAPABILITIES", ())
    return tuple(sorted(word for word in told if re.fullmatch(r"(FP|BF|INT)\d+", word)))


def _told(core: Any, name: str, what: str, otherwise: Any) -> Any:
    """What a device says of itself; a driver that cannot tell ends nothing."""
    try:
        return core.get_property(name, what)
    except RuntimeError as error:
        print(f"note: {name}: {line(reason(error))}", file=sys.stderr)
        return otherwise
