"""Let the disk fill up under commands at many places, make room, and compare the end with that of an undisturbed one.

`make full PLACES=20`; `python tests/kill/full.py --places 5 cyclegan film` for some of it. Needs Linux: each command
writes to a file system of its own in memory, which takes no rights but those over one's own name spaces.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from running import Command, different, finish, outcome, prepare
from subjects import Subject, add_subjects, chosen, material

from japananime.base import temporary

MEGABYTES = 400
MOUNTED = "JAPANANIME_MOUNTED"
# Files that are there whole or not at all; tables and lists grow as a command goes on.
WHOLE = (".png", ".jpg", ".mkv")


def free(folder: Path) -> int:
    """Bytes that can still be written."""
    return shutil.disk_usage(folder).free


def fill(folder: Path, room: int) -> Path:
    """A file that leaves room for so many bytes."""
    path = folder / "filler"
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free(folder) - room))
    return path


def problems(said: str, status: int, folder: Path, expected: dict[str, object]) -> list[str]:
    """What is not as it should be where a command has met a full disk."""
    found = []
    lines = [line for line in said.splitlines() if line.startswith(("error: ", "skipped: "))]
    if status not in (1, 2):
        found.append(f"status {status}")
    if "Traceback" in said or len(lines) != 1:
        found.append(f"said {said[-1500:]!r}")
    elif not re.search(r"\bout\b", lines[0]):
        found.append(f"names no output: {lines[0]}")
    found += [f"left {path.relative_to(folder)}" for path in folder.rglob("*") if temporary.is_own(path)]
    made = {name: what for name, what in outcome(folder).items() if name.endswith(WHOLE) and ".parts/" not in name}
    return found + [f"half-written {name}" for name in made if name in expected and made[name] != expected[name]]


def attempt(subject: Subject, places: int, work: Path, log: Path) -> tuple[int, list[str]]:
    """(runs that met a full disk, what was not as it should be). work: the root of a small file system."""
    material(work / "material")
    folder = work / "run"
    shutil.copytree(work / "material", folder)
    before = free(work)
    finish(subject, folder, log)
    takes, expected, met, faults = before - free(work), outcome(folder), 0, []
    for place in range(places):
        shutil.rmtree(folder)
        shutil.copytree(work / "material", folder)
        room = takes * place // places
        filler = fill(work, room)
        log.write_text("")
        status = Command(subject, folder, log).wait()
        if status:
            met += 1
            faults += [f"{room} bytes: {fault}" for fault in problems(log.read_text(), status, folder, expected)]
        filler.unlink()
        finish(subject, folder, log)
        faults += [f"{room} bytes: {name} DIFFERS" for name in different(expected, outcome(folder))]
    return met, faults


def main() -> int:
    """Run the command; returns the exit status: 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_subjects(parser)
    parser.add_argument("--places", type=int, default=20, metavar="N", help="of each (default 20)")
    parsed = parser.parse_args()
    subjects = chosen(parser, parsed)
    if MOUNTED not in os.environ:
        command = ["unshare", "--map-root-user", "--mount", sys.executable, *sys.argv]
        return subprocess.call(command, env={**os.environ, MOUNTED: "1"})
    prepare()
    failed = False
    for name, subject in subjects.items():
        with tempfile.TemporaryDirectory(prefix="japananime-full-") as place:
            work = Path(place, "disk")
            work.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", work], check=True)
            try:
                met, faults = attempt(subject, parsed.places, work, Path(place, "log.txt"))
            except AssertionError as error:
                met, faults = 0, [str(error)]
            finally:
                subprocess.run(["umount", work], check=True)
        failed |= bool(faults)
        print(f"{name}: {met} of {parsed.places} met a full disk" + "".join(f"\n  {fault}" for fault in faults) +
              ("" if faults else ": told in one line, nothing half-written, equal in the end"), flush=True)  # fmt: skip
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
