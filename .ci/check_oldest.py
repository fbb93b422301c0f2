"""Do the oldest versions that setup.cfg allows still do? All of them in a new environment, and the quick tests there.

`python .ci/check_oldest.py [what pytest takes]` from anywhere; takes a network, or a folder of wheels (PIP_FIND_LINKS).
Its folder is removed in the end. What needs an NVIDIA chip is left out.
"""

import configparser
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("train", "export", "cluster", "formats", "steady", "completion")
# What runs the tests may be new.
TESTING = ("pytest", "hypothesis")
REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)")


def files():
    """The requirements files that setup.cfg names, of the package itself and of EXTRAS."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [settings["options"]["install_requires"]]
    lists += [settings["options.extras_require"][extra] for extra in EXTRAS]
    return [ROOT / name for text in lists for name in re.split(r"[,\s]+", text.removeprefix("file:").strip())]


def oldest(lines):
    """{package: the oldest version allowed} of lines such as "dask[distributed]>=2025.7,<2027"."""
    found = {}
    for line in (line.strip() for line in lines):
        if line and not line.startswith("#"):
            named = REQUIREMENT.match(line)
            assert named, f"'{line}' has no oldest version"
            found[named[1]] = named[2]
    return found


def main():
    """Install and test; the exit status is pytest's, or 1."""
    names = dict.fromkeys(files())
    lines = [line for path in names for line in path.read_text(encoding="utf-8").splitlines()]
    pinned = [f"{name}=={version}" for name, version in oldest(lines).items()]
    developer = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    testing = [line for line in developer if line.startswith(TESTING)]
    print(" ".join(pinned), flush=True)
    with tempfile.TemporaryDirectory(prefix="japananime-oldest-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if os.name == "nt" else "bin", "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        constraints = Path(folder, "oldest.txt")
        constraints.write_text("\n".join(pinned), encoding="utf-8")
        wanted = [argument for path in names for argument in ("-r", path)]
        if subprocess.call([*install, "-c", constraints, *wanted, *testing]):
            return 1
        # Old packages warn of each other, which is no fault of ours.
        tests = [python, "-m", "pytest", "-o", "filterwarnings=default", "-p", "no:cacheprovider"]
        return subprocess.call([*tests, *(sys.argv[1:] or ["--quick"])], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
