"""From films and folders of pictures to a dataset: `python tools/build_dataset.py --films movie.mkv --out dataset`."""

import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.base import cli, jobs, locking, temporary
from japananime.base.errors import UserError
from japananime.base.files import fingerprint, numbered
from japananime.base.settings import Settings, add_flags, from_flags, setting
from japananime.base.terminal import tell_skipped
from japananime.datasets import (
    building,
    cutting,
    extraction,
    measuring,
    rejection,
    review_decisions,
    review_server,
    reviewing,
)
from japananime.image import files as image_files
from japananime.image.resize import resize
from japananime.video import reading

# The short side of frames in which faces are looked for, and the smallest of them, in pixels.
LOOKED_AT, SMALLEST = 480, 24
EXAMPLES = """\
  python tools/build_dataset.py --films movie.mkv --photos holiday --out dataset
      key frames of a film, cleaned, cut and smoothed; photos cleaned; a tenth of the scenes of both for validation
  python tools/build_dataset.py --films season --anime artbook --photos holiday streets --out dataset --areas none
      several sources of each kind; whole frames, which training crops itself
  python tools/build_dataset.py --films season --out dataset --review
      the same, then a page in this computer's browser: scenes as rows, a key keeps or rejects a picture
  python -m japananime.train --dataset dataset --out runs/first
      what the dataset is for

After a stop, the same command picks up where it left off. Look at report.html when it is done.
"""


@dataclass(frozen=True)
class ReviewPage(Settings):
    """Where the page of the review is."""

    port: int = setting(7880, "of that page", least=0, most=65535)
    open: bool = setting(False, "open that page in the browser", switch=True)


def parse(arguments=None):
    """The command line: (namespace, datasets.building.Settings, ReviewPage)."""
    parser = jobs.parser(
        "build_dataset",
        "Build a dataset for japananime.train from films, anime pictures and photos.",
        EXAMPLES,
    )
    parser.add_argument("--films", nargs="+", default=[], metavar="PATH", help="anime films, or folders of them")
    parser.add_argument("--anime", nargs="+", default=[], metavar="DIR", help="folders of anime pictures")
    parser.add_argument("--photos", nargs="+", default=[], metavar="DIR", help="folders of photos")
    parser.add_argument("--out", required=True, metavar="DIR", help="the dataset, created if missing")
    add_flags(parser, building.Settings)
    parser.add_argument(
        "--review", action="store_true", help="then review the pictures in the browser, keeping or rejecting them"
    )
    add_flags(parser, ReviewPage)
    extraction.add_flags(parser)
    add_flags(parser, rejection.Thresholds, "what is rejected")
    cutting.add_flags(parser, whole=True)
    parsed = parser.parse_args(arguments)
    return parsed, _settings(parsed), from_flags(ReviewPage, parsed)


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if any input could not be used."""
    parsed, settings, page = parse(arguments)
    cli.need("cv2", "imagehash", "scenedetect")
    out = Path(parsed.out)
    found, folders, problems = _inputs(parsed)
    if not found and not folders:
        raise UserError("nothing to build from: " + "; ".join(problems))
    building.claim(out, settings)
    inputs = fingerprint([path for path, _ in found] + [file for *_, files in folders for file in files])
    done = building.finished(out, inputs)
    if done and not parsed.review:
        for problem in problems:
            tell_skipped(problem)
        print(f"{out}: built before, nothing has changed")
        return int(bool(problems))

    with locking.exclusive_lock(out, "--out"):
        temporary.clear(out)
        candidates, status = _candidates(out, settings, found, folders, problems)
        if not done:
            status = max(status, _build(candidates, out, settings, inputs))
        if parsed.review:
            if _review(candidates, out, settings, page):
                status = max(status, _build(candidates, out, settings, inputs))
            else:
                print(f"{out}: nothing has changed")
        return status


def _candidates(out, settings, found, folders, problems):
    """([Candidate] with what the measures say of each, exit status)."""
    places = [(path, out / "frames" / name) for path, name in found]
    results, status = extraction.extract_all(places, settings.frames, problems=problems)
    candidates = [one for result in results if result for one in building.from_film(*result)]
    for kind, folder, name, files in folders:
        candidates += building.from_folder(kind, folder, name, files)
    return candidates, max(status, measuring.examine(candidates, out))


def _build(candidates, out, settings, inputs):
    """Write the dataset of candidates and decisions: exit status."""
    decided = review_decisions.read(out)
    building.reject(candidates, settings)
    review_decisions.apply(candidates, decided)
    building.split(candidates, settings.validation, settings.cut.seed)
    records, status = building.write(candidates, out, settings)
    if not records:
        why = building.rejection_summary(candidates, settings)
        raise UserError(f"{out}: none of {len(candidates)} pictures can be used: {why}")
    table = building.write_report(records, candidates, out)
    building.write_index(records, candidates, inputs, out, settings, decided)
    for kind, count, kept, scenes, training, validation, _ in table[1:]:
        print(
            f"{kind}: {kept} of {count} kept, {scenes} scenes; {training} pictures for training, {validation} held out"
        )
    for kind, _, _, _, training, *_ in table[1:]:
        if 0 < training < building.FEW:
            print(f"warning: {kind}: {building.small_set_warning(training, kind)}", file=sys.stderr)
    print(
        f"look through {out / building.REPORT}, then train with: python -m japananime.train --family featuregan "
        f"--dataset {out} --out runs/first"
    )
    return status


def _review(candidates, out, settings, page):
    """Let somebody look through the candidates; returns whether the dataset is to be built again."""
    building.reject(candidates, settings)
    noted = review_decisions.Decisions(out)
    review = reviewing.prepare(candidates, out, _face_counter())[0]
    with review_server.ReviewServer(review, noted, page.port) as server:
        print(f"review at {server.address} ({len(candidates)} pictures, {len(noted.decided)} decided); Ctrl-C ends it")
        server.serve_until_stopped(page.open)
    return noted.waiting


def _face_counter():
    """What counts the faces in a frame of anime."""
    from japananime.faces import detectors

    detect = detectors.AnimeFaces(SMALLEST)

    def count(rgb):
        height, width = rgb.shape[:2]
        scale = min(1.0, LOOKED_AT / min(height, width))
        return len(detect(resize(rgb, (round(height * scale), round(width * scale))) if scale < 1 else rgb))

    return count


def _inputs(parsed):
    """([(film, name)], [(kind, folder, name, files)], [problem]) named on the command line; names differ."""
    problems, names, found, folders = [], set(), [], []
    tasks, missing = jobs.plan(parsed.films, None, "frames", reading.find, beside=True)
    problems += missing
    found = [(task.source, _unique(task.source.stem, names)) for task in tasks]
    for kind in ("anime", "photos"):
        for folder in map(Path, getattr(parsed, kind)):
            if folder.is_file():
                problems.append(f"{folder}: a file; --{kind} takes folders")
                continue
            tasks, missing = jobs.plan([folder], None, kind, image_files.images)
            problems += missing
            if tasks:
                name = _unique(folder.resolve().name, names)
                folders.append((kind, folder, name, [task.source for task in tasks]))
    return found, folders, problems


def _settings(parsed):
    if not parsed.films and not parsed.anime and not parsed.photos:
        raise UserError("nothing to build from; give --films, --anime or --photos")
    return from_flags(
        building.Settings,
        parsed,
        cut=cutting.settings(parsed, whole=True),
        frames=extraction.settings(parsed),
        limits=from_flags(rejection.Thresholds, parsed),
    )


def _unique(name, names):
    """The name, with a number behind it if it is taken."""
    chosen = next(one for one in numbered(name) if one.lower() not in names)
    names.add(chosen.lower())
    return chosen


if __name__ == "__main__":
    sys.exit(main())
