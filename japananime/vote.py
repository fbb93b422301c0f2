"""`python -m japananime.vote`: which pictures people prefer, asked two at a time."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from japananime.base import cli, locking
from japananime.base.errors import UserError
from japananime.base.files import make_folders, write_bytes
from japananime.base.settings import Settings, add_flags, from_flags, setting
from japananime.base.terminal import line

TABLE, REPORT = "votes.csv", "votes.md"
EXAMPLES = """\
examples:
  python -m japananime.stylize photos --style cel --out made/cel
  python -m japananime.stylize photos --style pastel --out made/pastel
  python -m japananime.vote --photos photos --outputs cel=made/cel pastel=made/pastel --out votes
      a page in this computer's browser; Ctrl-C ends it and writes votes/votes.md
  python -m japananime.vote --photos photos --outputs cel=made/cel pastel=made/pastel --out votes --report
      only the report, on the votes so far

Pictures have the names of the photos they were made from. The makers are not shown; sides and order are random.
Every vote is saved to votes/votes.csv at once; starting again continues, and several people can vote, each by name.
"""


@dataclass(frozen=True)
class VotePage(Settings):
    """Where the page is."""

    port: int = setting(7870, "of the page", least=0, most=65535)
    open: bool = setting(False, "open the page in the browser", switch=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; `outputs` as {name: folder}."""
    parser = cli.Parser(
        prog="python -m japananime.vote",
        description="Let people choose between pictures by several makers, and rank the makers.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--photos", metavar="DIR", required=True, help="the photos that all pictures were made from")
    parser.add_argument(
        "--outputs", nargs="+", action="extend", metavar="NAME=DIR", required=True, help="two or more makers' pictures"
    )
    parser.add_argument("--out", metavar="DIR", default="votes", help="folder for the votes (default votes)")
    add_flags(parser, VotePage)
    parser.add_argument("--report", action="store_true", help="write the report on the votes so far, and stop")
    parsed = parser.parse_args(arguments)
    given = len(parsed.outputs)
    parsed.outputs = cli.named_folders("--outputs", parsed.outputs)
    if len(parsed.outputs) < max(2, given):
        raise UserError(f"--outputs names {len(parsed.outputs)} makers; two or more are needed, each with its own name")
    return parsed


@cli.command
def main(arguments: Sequence[str] | None) -> int:
    """Run the command; returns the exit status."""
    parsed = parse(arguments)
    page = from_flags(VotePage, parsed)
    from japananime.evaluation import ballots, ranking
    from japananime.evaluation.vote_server import VoteServer

    photos, made, left_out = ballots.gather(Path(parsed.photos), parsed.outputs)
    if left_out:
        print(f"note: {left_out} photos are left out, which not every maker has a picture of", file=sys.stderr)
    out = Path(parsed.out)
    make_folders([out])
    votes = ballots.Ballots(photos, made, out / TABLE)
    if not parsed.report:
        with locking.exclusive_lock(out, "--out"), VoteServer(votes, page.port) as server:
            print(f"vote at {server.address} ({len(photos)} photos, {len(votes.votes)} votes so far); Ctrl-C ends it")
            server.serve_until_stopped(page.open)
    text = ranking.report(votes.names, votes.votes)
    write_bytes(out / REPORT, text.encode("utf-8", "surrogateescape"))
    for row in ranking.ranks(votes.names, votes.votes):
        print(line(f"{row.name}: preferred {row.share:.0%} of {row.votes} times, strength {row.strength:+.2f}"))
    print(f"written: {out / REPORT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
