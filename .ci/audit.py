"""Published holes of the installed packages, and the rights in everything that is bundled.

The first needs the package `pip-audit` and its database on the internet; where that cannot be reached, it says so,
and the exit status is that of the second alone.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FREE = re.compile(r"CC0|CC BY|public domain|Apache-2\.0|MIT|BSD", re.IGNORECASE)


def holes():
    """How many published holes the installed packages have, or None where that cannot be found out."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        packages = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return None
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return None
    if unknown:
        print(f"not in the database: {', '.join(unknown)}")
    known = [(package, hole) for package in packages for hole in package.get("vulns", ())]
    for package, hole in known:
        print(
            f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or '?'}"
        )
    return len(known)


def without_rights():
    """What is bundled and does not say under which free licence."""
    for style in sorted((ROOT / "checkpoints").glob("*/style.json")):
        if not FREE.search(json.loads(style.read_text(encoding="utf-8")).get("license", "")):
            yield style
    for model in sorted((ROOT / "japananime" / "faces" / "models").iterdir()):
        card = model / "card.md"
        if model.is_dir() and not (card.is_file() and FREE.search(card.read_text(encoding="utf-8"))):
            yield model
    photos = ROOT / "Pretrain" / "origin"
    rows = (photos / "README.md").read_text(encoding="utf-8").splitlines()
    for photo in sorted(photos.glob("*.*")):
        if photo.name != "README.md" and not any(photo.name in row and FREE.search(row) for row in rows):
            yield photo


def main():
    """Look at both; 1 where anything was found."""
    lacking = [path.relative_to(ROOT) for path in without_rights()]
    for path in lacking:
        print(f"{path}: says of no free licence")
    print(f"licences: {len(lacking)} of the bundled files and folders lack one")
    found = holes()
    if found is None:
        print("published holes: not looked for; pip-audit is not installed, or its database cannot be reached")
    else:
        print(f"published holes: {found}")
    return int(bool(lacking or found))


if __name__ == "__main__":
    sys.exit(main())
