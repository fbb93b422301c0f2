"""Sort the worthless pictures out of a folder: `python tools/clean_dataset.py frames`."""

import csv
import io
import os
import sys
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.base import cli, csv_cells, files, html_sheets, jobs, locking
from japananime.base.errors import UserError
from japananime.base.settings import add_flags, from_flags
from japananime.base.terminal import tell_skipped
from japananime.datasets import rejection
from japananime.image import files as image_files

LIST, SHEET = "rejected.csv", "contact-sheet.html"
COLUMNS = ("file", "why", "value", "like")

EXAMPLES = """\
  python tools/clean_dataset.py movie-frames
      moves useless pictures to movie-frames-rejected; contact-sheet.html there shows what was kept and what was not
  python tools/clean_dataset.py movie-frames --restore
      puts everything back
  python tools/clean_dataset.py movie-frames --similar 4 --blurred 0
      rejects only near-identical pictures, and no blurred ones
"""


def parse(arguments=None):
    """The command line."""
    parser = jobs.parser(
        "clean_dataset",
        "Move pictures that are useless for training out of folders: near-identical, blurred, almost flat, "
        "too dark, mostly text. Nothing is deleted.",
        EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", metavar="FOLDER", help="folders of pictures, each cleaned on its own")
    parser.add_argument("--out", metavar="DIR", help="where rejected pictures go (default: FOLDER-rejected beside it)")
    parser.add_argument("--restore", action="store_true", help="move rejected pictures back to where they were")
    add_flags(parser, rejection.Thresholds, "what is rejected")
    return parser.parse_args(arguments)


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if any picture could not be read or moved."""
    parsed = parse(arguments)
    if not parsed.restore:
        cli.need("cv2", "imagehash")
    folders = [Path(name) for name in parsed.inputs]
    status = 0
    for folder in folders:
        if not folder.is_dir():
            what = "is a file; it must be a folder of pictures" if folder.exists() else "no such folder"
            tell_skipped(f"{folder}: {what}")
            status = 1
            continue
        rejected = _rejected_folder(folder, parsed.out, several=len(folders) > 1)
        with locking.exclusive_lock(folder, "FOLDER"):
            if parsed.restore:
                status = max(status, restore(folder, rejected))
            else:
                status = max(status, clean(folder, rejected, from_flags(rejection.Thresholds, parsed)))
    return status


def clean(folder, rejected, limits):
    """Move the worthless pictures of a folder to another, with a list and a contact sheet: the exit status."""
    tasks, problems = jobs.plan([folder], rejected, "rejected", image_files.images)
    measures, status = jobs.run(
        tasks, lambda task: rejection.measure(image_files.read_rgb(task.source)), "picture", problems=problems
    )
    verdicts = rejection.judge(measures, limits)
    names = [str(task.source.relative_to(folder)) for task in tasks]
    rows = [
        {"file": name, "why": one.why, "value": one.value, "like": "" if one.like is None else names[one.like]}
        for name, one in zip(names, verdicts, strict=True)
        if one
    ]
    kept = [
        name for name, one, measured in zip(names, verdicts, measures, strict=True) if measured is not None and not one
    ]
    if not tasks:
        return status
    refused = [row for row in rows if not _may_move(row["file"], folder, rejected)]
    rows = [row for row in rows if row not in refused]
    files.make_folders([rejected, *((folder / row["file"]).parent for row in rows)])
    earlier = [row for row in _read_list(rejected) if row["file"] not in {row["file"] for row in rows}]
    # The list comes first: a run that is stopped while moving can be undone all the same.
    _write_list(rejected, earlier + rows)
    for row in rows:
        _move(folder / row["file"], rejected / row["file"])
    _write_sheet(folder, rejected, kept, earlier + rows)
    counts = {why: sum(row["why"] == why for row in rows) for why in dict.fromkeys(row["why"] for row in rows)}
    print(
        f"{folder}: {len(kept)} kept, {len(rows)} rejected"
        + (f" ({', '.join(f'{count} {why}' for why, count in counts.items())})" if rows else "")
        + f"; look through {rejected / SHEET}"
    )
    return max(status, int(bool(refused)))


def restore(folder, rejected):
    """Move rejected pictures back: the exit status. What cannot go back, as its place is taken, stays on the list."""
    if not (rejected / LIST).exists():
        raise UserError(f"--restore: there is no '{rejected / LIST}', so nothing that could be moved back")
    stay, moved = [], 0
    for row in _read_list(rejected):
        name = row.get("file") or ""
        if not name or _leads_out(name, rejected) or os.path.lexists(rejected / name):
            if _may_move(name, rejected, folder):
                _move(rejected / name, folder / name)
                moved += 1
            else:
                stay.append(row)
    _write_list(rejected, stay)
    (rejected / SHEET).unlink(missing_ok=True)
    print(f"{folder}: {moved} pictures restored")
    return int(bool(stay))


def _may_move(name, source, target):
    """Whether a picture may go from one folder to the same place in another; if not, says why."""
    if out := next((folder for folder in (source, target) if _leads_out(name, folder)), None):
        why = f"leads out of '{out}'; only what lies in it is moved"
    elif not (source / name).is_file():
        why = "is no file"
    elif os.path.lexists(target / name):
        why = f"there is another picture of this name now, in '{target}'"
    else:
        return True
    tell_skipped(f"{source / name}: {why}")
    return False


def _leads_out(name, folder):
    """Whether a name, by itself or by a linked folder on its way, leads out of a folder."""
    path = Path(name)
    return (
        path.is_absolute()
        or ".." in path.parts
        or not ((folder / path.parent).resolve().is_relative_to(folder.resolve()))
    )


def _rejected_folder(folder, out, several):
    name = folder.resolve().name
    if not out:
        # Beside the folder, not in it, where a training would find them.
        return folder.resolve().with_name(f"{name}-rejected")
    rejected = Path(out) / name if several else Path(out)
    if rejected.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"--out is '{out}', inside the folder that is cleaned; it must be outside")
    return rejected


def _read_list(rejected):
    if not (rejected / LIST).exists():
        return []
    with (rejected / LIST).open(newline="", encoding="utf-8") as file:
        return [csv_cells.unescaped(row) for row in csv.DictReader(file)]


def _write_list(rejected, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(map(csv_cells.escaped, rows))
    files.write_bytes(rejected / LIST, text.getvalue().encode())


def _move(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    files.move(source, target)


def _write_sheet(folder, rejected, kept, rows):
    sections = []
    for why in dict.fromkeys(row["why"] for row in rows):
        shown = [row for row in rows if row["why"] == why]
        captions = [
            f"{row['file']} · {row['value']}" + (f" · like {row['like']}" if row["like"] else "") for row in shown
        ]
        sections.append(
            (
                f"Rejected as {why}: {len(shown)}",
                list(zip((rejected / row["file"] for row in shown), captions, strict=True)),
            )
        )
    sections.append((f"Kept: {len(kept)}", [(folder / name, name) for name in kept]))
    words = f"Rejected pictures lie in {rejected}. To put them back: python tools/clean_dataset.py {folder} --restore"
    html_sheets.write(rejected / SHEET, f"{folder.name}: kept and rejected", words=words, sections=sections)


if __name__ == "__main__":
    sys.exit(main())
