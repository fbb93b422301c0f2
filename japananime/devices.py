"""`python -m japananime.devices`: the chips that styles can be computed on here, and how fast each is."""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from japananime.base import cli
from japananime.base.errors import UserError, reason
from japananime.base.terminal import line, without_chatter
from japananime.inference import openvino_devices
from japananime.inference.openvino_devices import Device
from japananime.inference.tiling import TilingEngine
from japananime.inference.two_passes import TwoPasses
from japananime.styles import folder as style_folder
from japananime.styles.folder import Style

HEIGHT, WIDTH = 720, 1280

EXAMPLES = """\
examples:
  python -m japananime.devices
      what OpenVINO sees, and frames of 1280x720 a second on each; at most some ten seconds for each
  python -m japananime.stylize film.mp4 --device GPU
      on one of them
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.devices",
        description="List the chips that OpenVINO can use here, their precisions, and their speed.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--style", default=style_folder.DEFAULT, metavar="NAME", help="to measure with")
    parser.add_argument("--no-speed", action="store_true", help="list them without measuring")
    return parser.parse_args(arguments)


@cli.command
def main(arguments: Sequence[str] | None) -> int:
    """Run the command; returns the exit status."""
    parsed = parse(arguments)
    style = style_folder.find(parsed.style)
    style.need("photo")
    from japananime.inference.openvino_core import core

    for device in openvino_devices.listed(core()):
        print(line(f"{device.name}: {device.title}, {' '.join(device.precisions) or 'precisions unknown'}"))
        if not parsed.no_speed:
            print(line(f"    {speed(style, device)}"), flush=True)
    return 0


def speed(style: Style, device: Device) -> str:
    """A sentence on how fast a device is, or why it cannot be told."""
    from japananime.inference.openvino_backend import OpenVinoNetwork

    graph = style.graph()
    if graph is None:
        raise UserError(f"--style is '{style.path}', which OpenVINO cannot run; accepted: a style with graph.json")
    try:
        with without_chatter():
            network = OpenVinoNetwork(graph, style.weights, device=device.name)
            engine = TwoPasses(TilingEngine(network))
            photo = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            found = openvino_devices.frames_per_second(lambda: engine(photo))
    except RuntimeError as error:
        return f"cannot be used ({reason(error)})"
    if network.device != device.name:
        return "cannot be used"
    return f"{found:.2f} frames of {WIDTH}x{HEIGHT} a second" if found else "takes too long to measure"


if __name__ == "__main__":
    sys.exit(main())
