"""`python -m japananime.live`: a camera, the screen or a stream in a style, while it happens."""

import argparse
import sys
import time
from collections.abc import Sequence

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.settings import add_flags, from_flags
from japananime.base.terminal import Bar, line
from japananime.image.color import Finish
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import filtering, live
from japananime.stylizing.live_size import WorkingSize, ladder
from japananime.video.live import inputs as live_inputs
from japananime.video.live.feed import Arrival, Feed
from japananime.video.live.mailbox import Mailbox
from japananime.video.live.outputs import Display

EXAMPLES = """\
examples:
  python -m japananime.live
      the camera, in the bundled style, in a window (q closes it, f fills the screen)
  python -m japananime.live test
      a moving test picture, where there is no camera
  python -m japananime.live --mirror --style watercolor --rate 20
      as in a mirror, in the quickest style, 20 pictures a second
  python -m japananime.live --out camera
      as a camera for video calls (pip install 'japananime[live]', and its driver, see docs/live.md)
  python -m japananime.live film.mkv --out none --seconds 20
      how fast it is here, told in the last line
  python -m japananime.live rtsp://192.168.1.20/stream --out evening.mkv
      a camera in the network; what is drawn becomes a film, without sound
  python -m japananime.live screen --out - | ffplay -
      as a stream for another program
Linux:
  python -m japananime.live camera:1                       /dev/video1, which does as well
  python -m japananime.live screen:1280x720+100+50         a part of an X11 screen: size, and left and top edge
  python -m japananime.live --input-option video_size=1280x720 --input-option input_format=mjpeg
Windows:
  python -m japananime.live "camera:Integrated Camera"     by its name, or a part of it; --list names them
  python -m japananime.live screen:1280x720+100+50         a part of the desktop
macOS:
  python -m japananime.live camera:1                       by its number or its name
  python -m japananime.live screen                         allow the terminal to record it, in the system's settings
Anything else that FFmpeg reads, by its own words:
  python -m japananime.live mandelbrot=size=640x360 --input-format lavfi
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.live",
        description="Show a camera, the screen, a stream or a film in a style while it happens: always the newest "
        "picture, drawn as large as this machine can RATE times a second. Ctrl-C ends it.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "source",
        nargs="?",
        default=live_inputs.CAMERA,
        metavar="SOURCE",
        help="camera (default), camera:N or camera:NAME; screen, or screen:WIDTHxHEIGHT+LEFT+TOP; test; a film; or an "
        f"address: {', '.join(f'{one}://' for one in live_inputs.PROTOCOLS)}",
    )
    parser.add_argument("--list", action="store_true", help="name the cameras that are seen here, and stop")
    parser.add_argument("--input-format", metavar="NAME", help="FFmpeg's input format that SOURCE is an address for")
    parser.add_argument(
        "--input-option", action="append", default=[], metavar="NAME=VALUE", help="for FFmpeg; may be repeated"
    )
    parser.add_argument(
        "--out",
        default="window",
        metavar="PLACE",
        help="window (default); camera, or camera:DEVICE, for other programs; none; - for a stream to another program; "
        "or a film's name",
    )
    parser.add_argument("--style", default=style_folder.DEFAULT, metavar="NAME", help="as stylize takes it")
    parser.add_argument(
        "--direction", choices=style_folder.DIRECTIONS, default="photo2anime", help="anime2photo in styles that know it"
    )
    add_flags(parser, Finish)
    parser.add_argument("--mirror", action="store_true", help="left and right exchanged, as in a mirror")
    add_flags(parser, live.Watching)
    loading.add_flags(parser)
    return parser.parse_args(arguments)


@cli.command
def main(arguments: Sequence[str] | None) -> int:
    """Run the command; returns the exit status: 2 where what it looks at breaks off."""
    parsed = parse(arguments)
    if parsed.list:
        seen = live_inputs.listed(live_inputs.CAMERAS.get(sys.platform, ""))
        print("\n".join(line(f"{one.title}: {one.address}") for one in seen) or "no camera is seen here")
        return 0
    given = live_inputs.understand(parsed.source, parsed.input_format, live_inputs.parse_options(parsed.input_option))
    watching, finish = from_flags(live.Watching, parsed), from_flags(Finish, parsed)
    live.check(parsed.out, watching.codec, given)
    style = style_folder.find(parsed.style).in_direction(parsed.direction)
    style.need("photo")
    engine = loading.options(parsed)
    with Feed(given) as feed:
        try:
            with live.open_display(parsed.out, watching.codec, feed, f"{given.name}, {style.title}") as display:
                draw = live.LiveStylizer(engine.load(style), finish, parsed.mirror)
                meter = _watch(watching, feed, draw, display)
        except BrokenPipeError:
            return filtering.BROKEN_PIPE
    print(line(f"{meter.drawn} pictures in {meter.seconds:.1f} s; at the end {meter}"), file=sys.stderr)
    if feed.fault:
        raise UserError(f"{given.name} breaks off ({feed.fault}); what came before has been shown")
    return 0


def _watch(watching: live.Watching, feed: Feed, draw: live.LiveStylizer, display: Display) -> live.Meter:
    """Draw until it is over, with a line that says how it goes."""
    size = WorkingSize(ladder(min(watching.largest, feed.height, feed.width), watching.smallest), watching.rate)
    mailbox: Mailbox[Arrival] = Mailbox()
    feed.start(mailbox)
    end = time.monotonic() + (watching.seconds or float("inf"))
    with cli.catching_signals() as received, Bar(bar_format="{desc}", leave=False) as bar:
        return live.run(
            *(mailbox, feed.picture, draw, display, size),
            ended=lambda: bool(received) or time.monotonic() >= end,
            report=lambda meter: bar.set_description_str(str(meter)),
        )


if __name__ == "__main__":
    sys.exit(main())
