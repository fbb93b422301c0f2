"""Kill commands at random moments, let them go on, and compare the end with that of one that nobody disturbed.

`make kill KILLS=50`; `python tests/kill/kill.py --kills 5 cyclegan film` for some of it. The first line names the seed.
A run is killed again and again until it comes to its end before its next kill. The commands are copies of this process,
which has imported TensorFlow and OpenVINO: what a kill meets is the work, and not the start.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from running import Command, check, different, finish, outcome, prepare
from subjects import Subject, add_subjects, chosen, material

from japananime.base import temporary

# Of what an undisturbed run takes, the longest that one may take before it is killed.
LATEST = 0.7
# Starts after which a run is left to itself: should all kills meet it before it has got anywhere, it would never end.
MOST_STARTS = 12


def age(folder: Path) -> None:
    """Make what killed runs left under temporary names two hours old, from when on the next start is to remove it."""
    for path in folder.rglob("*"):
        if temporary.is_own(path):
            os.utime(path, (time.time() - 2 * temporary.ABANDONED,) * 2)


def written(folder: Path) -> float:
    """When something last changed among what a command writes or moves."""
    changed = 0.0
    places = [folder / "photos", folder / "out"]
    # Unlike `rglob`, it minds no folder that goes meanwhile.
    places += [Path(place, name) for place, *names in os.walk(folder / "out") for name in names[0] + names[1]]
    for path in places:
        with contextlib.suppress(OSError):  # it has been given its name, or is gone
            changed = max(changed, path.stat().st_mtime)
    return changed


def first_write(command: Command, folder: Path) -> None:
    """Wait until it has written something, or has ended."""
    before = written(folder)
    while command.poll() is None and written(folder) == before:
        time.sleep(0.01)


def undisturbed(subject: Subject, folder: Path, log: Path) -> float:
    """The whole command at one go; the seconds from its first write to its end."""
    command = Command(subject, folder, log)
    first_write(command, folder)
    begun = time.monotonic()
    check(command.wait(), log)
    return time.monotonic() - begun


def kill(subject: Subject, folder: Path, log: Path, after: float) -> bool:
    """Start it and kill it so many seconds after its first write; whether it was still there to be killed."""
    command = Command(subject, folder, log)
    first_write(command, folder)
    status = command.wait(after)
    if status != -signal.SIGKILL:
        check(status, log)
    return status == -signal.SIGKILL


def kill_until_done(subject: Subject, folder: Path, log: Path, delays: Iterator[float]) -> int:
    """Kill a run as often as it is there to be killed, each time after one of some seconds; how often that was."""
    for met, after in enumerate(delays):
        if not kill(subject, folder, log, after):
            return met
        age(folder)
    finish(subject, folder, log)
    return met + 1


def attempt(subject: Subject, kills: int, chance: random.Random, work: Path) -> tuple[int, int, list[str]]:
    """(kills that met it, runs brought to their end after them, what came out otherwise than undisturbed)."""
    material(work / "material")
    # The same place for all, since some of what is written names it.
    folder, log = work / "run", work / "log.txt"
    shutil.copytree(work / "material", folder)
    seconds = undisturbed(subject, folder, log)
    expected = outcome(folder)
    met, runs, faults = 0, 0, []
    while met < kills:
        shutil.rmtree(folder)
        shutil.copytree(work / "material", folder)
        most = min(MOST_STARTS, kills - met)
        met += kill_until_done(subject, folder, log, (chance.uniform(0, LATEST * seconds) for _ in range(most)))
        runs += 1
        faults += different(expected, outcome(folder))
    return met, runs, faults


def main() -> int:
    """Run the command; returns the exit status: 1 if anything came out otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_subjects(parser)
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="of each (default 50)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random moments (default 0)")
    parsed = parser.parse_args()
    subjects = chosen(parser, parsed)
    print(f"seed {parsed.seed}, {parsed.kills} kills each", flush=True)
    prepare()
    failed = False
    for name, subject in subjects.items():
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="japananime-kill-") as work:
            try:
                met, runs, faults = attempt(subject, parsed.kills, random.Random(f"{parsed.seed} {name}"), Path(work))
                minutes = (time.monotonic() - begun) / 60
                told = f"{met} kills in {runs} runs, {minutes:.1f} minutes: "
                told += f"{', '.join(faults)} DIFFER" if faults else "equal"
            except AssertionError as error:
                told, faults = str(error), ["failed"]
        failed |= bool(faults)
        print(f"{name}: {told}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
