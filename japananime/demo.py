"""`python -m japananime.demo`: a page on this computer to try styles in."""

import importlib.util
import signal
import sys
from pathlib import Path

from japananime.base import cli
from japananime.base import settings as base_settings
from japananime.base.errors import UserError
from japananime.base.terminal import tell_skipped
from japananime.image.bundled import bundled_photos
from japananime.styles import folder as style_folder
from japananime.web import password as page_password
from japananime.web import port, serving, temporary_folder
from japananime.web.limits import Limits
from japananime.web.service import PageService
from japananime.web.serving import PageAddress

EXAMPLES = """\
examples:
  python -m japananime.demo
      a page at http://127.0.0.1:7860, only for this computer; Ctrl-C ends it
  python -m japananime.demo --style runs/first runs/second
      with your own styles next to the bundled ones
  python -m japananime.demo --host 0.0.0.0 --film-seconds 10
      for everybody on the network, with shorter films
"""


def parse(arguments=None):
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.demo",
        description="Turn photos and short films into anime in a page of your browser. Nothing leaves this computer.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--style",
        nargs="+",
        default=[],
        metavar="NAME",
        help="styles, run directories or .keras files to offer; the first is preselected",
    )
    base_settings.add_flags(parser, PageAddress)
    parser.add_argument(
        "--served-as", nargs="+", default=[], metavar="NAME", help="names under which visitors reach this computer"
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="file whose first line is the password, with any user name (default: they need none)",
    )
    parser.add_argument(
        "--max-memory",
        type=cli.size,
        default="1G",
        metavar="SIZE",
        help="memory for the network; larger pictures are processed in tiles (default 1G)",
    )
    base_settings.add_flags(parser, Limits, "limits, for each visitor")
    return parser.parse_args(arguments)


@cli.command
def main(arguments):
    """Run the command; returns the exit status."""
    parsed = parse(arguments)
    address = base_settings.from_flags(PageAddress, parsed, served_as=tuple(parsed.served_as))
    limits = base_settings.from_flags(Limits, parsed)
    names = list(dict.fromkeys([*parsed.style, *(style.path.name for style in style_folder.opened(tell_skipped))]))
    for name in parsed.style:
        style_folder.find(name).need("photo")
    if importlib.util.find_spec("gradio") is None:
        raise UserError(cli.not_installed("the page", ["Gradio"], "demo"))
    password = page_password.read(parsed.password_file) if parsed.password_file else ""
    port.need(address.host, address.port)
    # Whoever ends the command has the files removed, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    temporary_folder.clear()
    with temporary_folder.page_folder() as folder:
        shelves = {sample.parent for sample in bundled_photos()}
        service = PageService(folder, limits, parsed.max_memory, shelves=shelves)
        service.prepare(names[0] if parsed.style else style_folder.DEFAULT)
        serving.serve(service, names, parsed.style[0] if parsed.style else style_folder.DEFAULT, address, password)
    return 0


if __name__ == "__main__":
    sys.exit(main())
