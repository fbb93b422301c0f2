"""Kill commands at random moments, let them go on, and compare the end with that of one that nobody disturbed.

`make kill KILLS=50`; `python tests/kill/kill.py --kills 5 cyclegan film` for some of it. The first line names the seed.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from running import LONGEST, different, finish, outcome, start
from subjects import Subject, add_subjects, chosen, material

from japananime.base import temporary

# Kills of one run before it may come to its end, so that some kills meet a run that has already gone on several times.
IN_A_ROW = 3


def age(folder: Path) -> None:
    """Make what killed runs left under temporary names two hours old, from when on the next start is to remove it."""
    for path in folder.rglob("*"):
        if temporary.is_own(path):
            os.utime(path, (time.time() - 2 * temporary.ABANDONED,) * 2)


def written(folder: Path) -> float:
    """When something last changed among what a command writes or moves."""
    places = [folder / "out", folder / "photos", *(folder / "out").rglob("*")]
    return max((path.stat().st_mtime for path in places if path.exists()), default=0.0)


def first_write(process: subprocess.Popen, folder: Path) -> None:
    """Wait until it has written something, or has ended."""
    before = written(folder)
    while process.poll() is None and written(folder) == before:
        time.sleep(0.003)


def undisturbed(subject: Subject, folder: Path, log: Path) -> float:
    """The whole command at one go; the seconds from its first write to its end."""
    process = start(subject, folder, log)
    first_write(process, folder)
    begun = time.monotonic()
    status = process.wait(timeout=LONGEST)
    assert status == 0, f"status {status}: {log.read_text(errors='replace')[-1500:]}"
    return time.monotonic() - begun


def kill(subject: Subject, folder: Path, log: Path, after: float) -> bool:
    """Start it and kill it so many seconds after its first write; whether it was still there to be killed."""
    process = start(subject, folder, log)
    first_write(process, folder)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


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
        for _ in range(min(IN_A_ROW, kills - met)):
            met += kill(subject, folder, log, chance.uniform(0, seconds))
        age(folder)
        finish(subject, folder, log)
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
    print(f"seed {parsed.seed}, {parsed.kills} kills each", flush=True)
    failed = False
    for name, subject in chosen(parser, parsed).items():
        with tempfile.TemporaryDirectory(prefix="japananime-kill-") as work:
            try:
                met, runs, faults = attempt(subject, parsed.kills, random.Random(f"{parsed.seed} {name}"), Path(work))
                told = f"{met} kills in {runs} runs: {', '.join(faults) + ' DIFFER' if faults else 'equal'}"
            except (AssertionError, subprocess.TimeoutExpired) as error:
                told, faults = str(error), ["failed"]
        failed |= bool(faults)
        print(f"{name}: {told}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
