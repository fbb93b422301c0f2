"""Is the package whole? An sdist, a wheel made of it, and a photo stylised by that wheel alone.

`python .ci/check_package.py` from anywhere; needs the package `build`. What was built is left in dist/.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
# Where in the wheel the files of a folder of the checkout are to be.
INSTALLED = {
    "japananime": "japananime",
    "checkpoints": "japananime/checkpoints",
    "Pretrain/origin": "japananime/samples",
    "tools": "japananime/tools",
}
PHOTO, SIZE = ROOT / "Pretrain" / "origin" / "cat.jpg", (451, 300)
MEASURE = "import sys, PIL.Image; print(*PIL.Image.open(sys.argv[1]).size)"
LACKING = "import importlib.util as u; print(*[n for n in ('tensorflow', 'keras', 'gradio') if u.find_spec(n)])"


def build():
    """The wheel: made of the sdist, so that what the sdist lacks is missed here."""
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--outdir", DIST, ROOT], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = DIST.glob("*.whl")
    assert len(list(DIST.glob("*.tar.gz"))) == 1
    return wheel


def missing(names):
    """Files of the checkout that are not among a wheel's."""
    for folder, inside in INSTALLED.items():
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
                if name not in names:
                    yield name


def check(wheel, folder):
    """Install a wheel into a new environment in a folder, and use it there; the seconds that it took to get there.

    {"installed": ..., "first picture": ...}: with its environment, and what was downloaded; a whole process.
    """
    began = time.monotonic()
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")

    def run(program, *arguments):
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [programs / program, *arguments], cwd=folder, env=clean, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip()

    run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    seconds = {"installed": time.monotonic() - began}
    photo = shutil.copy(PHOTO, folder / "photo.jpg")
    began = time.monotonic()
    run("japananime", photo, "--out", folder / "anime.jpg")
    seconds["first picture"] = time.monotonic() - began
    assert run("python", "-c", LACKING) == "", "stylising alone is to be installed"
    assert run("python", "-c", "import japananime; print(japananime.__file__)").startswith(str(folder))
    styles = run("japananime", "stylize", "--list-styles")
    for described in (ROOT / "checkpoints").glob("*/style.json"):
        if json.loads(described.read_text(encoding="utf-8")).get("takes", "photo") == "photo":
            assert described.parent.name in styles, f"{described.parent.name} is not among the styles: {styles}"
    run("japananime", "generate", "--count", "4")
    assert len(list((folder / "characters").glob("character-*.png"))) == 4
    # The tools take OpenCV, an extra: that they are there is all that can be asked here.
    assert list(programs.glob("japananime-video2image*"))
    size = tuple(map(int, run("python", "-c", MEASURE, folder / "anime.jpg").split()))
    assert size == SIZE, f"the picture is {size}, the photo {SIZE}"
    assert (folder / "anime.jpg").read_bytes() != PHOTO.read_bytes()
    return seconds


def main():
    """Build, look, install, use; the exit status."""
    began = time.monotonic()
    wheel = build()
    seconds = {"built": time.monotonic() - began}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = (archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    if lacking := list(missing(names)):
        print(f"error: {wheel.name} lacks {', '.join(lacking)}", file=sys.stderr)
        return 1
    assert "](docs/" not in about, "a link into the checkout, where there is none"
    assert "License-Expression: Apache-2.0" in about
    with tempfile.TemporaryDirectory() as folder:
        seconds |= check(wheel, Path(folder).resolve())
    taken = ", ".join(f"{what} in {value:.1f} s" for what, value in seconds.items())
    print(f"{wheel.name}: whole, and stylises where nothing else is installed ({taken})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
