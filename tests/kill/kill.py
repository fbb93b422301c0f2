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

from contents import contents  # noqa: E402
from subjects import SUBJECTS, Subject, material  # noqa: E402

from japananime.base import temporary  # noqa: E402

# Kills of one run before it may come to its end, so that some kills meet a run that has already gone on several times.
IN_A_ROW = 3
LONGEST = 600


def start(subject: Subject, folder: Path) -> subprocess.Popen:
    """The command that fits what stands in a folder, as a process of its own; what it says goes to log.txt."""
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *subject.again(folder)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish(subject: Subject, folder: Path) -> None:
    """Let it come to its end; raises AssertionError with what it said where it fails."""
    status = start(subject, folder).wait(timeout=LONGEST)
    assert status == 0, f"status {status}: {(folder / 'log.txt').read_text(errors='replace')[-1500:]}"


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


def undisturbed(subject: Subject, folder: Path) -> float:
    """The whole command at one go; the seconds from its first write to its end."""
    process = start(subject, folder)
    first_write(process, folder)
    begun = time.monotonic()
    status = process.wait(timeout=LONGEST)
    assert status == 0, f"status {status}: {(folder / 'log.txt').read_text(errors='replace')[-1500:]}"
    return time.monotonic() - begun


def kill(subject: Subject, folder: Path, chance: random.Random, seconds: float) -> bool:
    """Start it and kill it at a random moment after its first write; whether it was still there to be killed."""
    process = start(subject, folder)
    first_write(process, folder)
    try:
        process.wait(timeout=chance.uniform(0, seconds))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def different(one: dict[str, object], other: dict[str, object]) -> list[str]:
    """Files that only one has, or whose contents differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def attempt(subject: Subject, kills: int, chance: random.Random, work: Path) -> tuple[int, int, list[str]]:
    """(kills that met it, runs brought to their end after them, what came out otherwise than undisturbed)."""
    material(work / "material")
    folder = work / "run"  # the same place for all, since some of what is written names it
    shutil.copytree(work / "material", folder)
    seconds = undisturbed(subject, folder)
    expected = {**contents(folder / "out"), **contents(folder / "photos")}
    met, runs, faults = 0, 0, []
    while met < kills:
        shutil.rmtree(folder)
        shutil.copytree(work / "material", folder)
        for _ in range(min(IN_A_ROW, kills - met)):
            met += kill(subject, folder, chance, seconds)
        age(folder)
        finish(subject, folder)
        runs += 1
        faults += different(expected, {**contents(folder / "out"), **contents(folder / "photos")})
    return met, runs, faults


def main() -> int:
    """Run the command; returns the exit status: 1 if anything came out otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)} (default all)")
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="of each (default 50)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random moments (default 0)")
    parsed = parser.parse_args()
    unknown = sorted(set(parsed.subjects) - set(SUBJECTS))
    if unknown:
        parser.error(f"{', '.join(unknown)}: accepted: {', '.join(SUBJECTS)}")
    print(f"seed {parsed.seed}, {parsed.kills} kills each", flush=True)
    failed = False
    for name in parsed.subjects or SUBJECTS:
        with tempfile.TemporaryDirectory(prefix="japananime-kill-") as work:
            try:
                met, runs, faults = attempt(
                    SUBJECTS[name], parsed.kills, random.Random(f"{parsed.seed} {name}"), Path(work)
                )
                told = f"{met} kills in {runs} runs: {', '.join(faults) + ' DIFFER' if faults else 'equal'}"
            except (AssertionError, subprocess.TimeoutExpired) as error:
                told, faults = str(error), ["failed"]
        failed |= bool(faults)
        print(f"{name}: {told}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
