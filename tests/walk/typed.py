"""What the documents say to type, and how it is cut down to seconds."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# What is not typed by `make docs-check`: {how a command begins or what is in it: what stands for it}.
NOT_HERE = {
    r"^pip install|^py -m|^python3\.12 -m venv|^\.venv": "installing: `make package`, `make oldest`, and every `make`",
    r"^make ": "the Makefile itself",
    r"^docker ": "needs Docker",
    r"^ffmpeg |ffplay": "needs FFmpeg's programs; pipes: tests/video/test_y4m.py, tests/test_film_command.py",
    r"^dask |/shared/": "several machines: tests/stylizing/test_cluster.py, test_workers.py",
    r"japananime\.live (--out camera|rtsp:|screen)": "needs a driver, a network or a screen: tests/test_live.py",
    r"https://|hf://": "needs the network: tests/styles/test_packages.py",
    r"--report-to wandb": "needs wandb: tests/training/run/test_trackers.py",
    r"http\.server|^japananime-demo": "serves until it is stopped: tests/web",
    r"\.vote .*--open|vote .*--open": "waits for people: tests/evaluation/test_voting.py",
    r"^python benchmarks/": "needs films and labelled pictures of one's own",
    r"^python -m japananime\.train \.\.\.": "a part of a command: tests/training/run/test_best_style.py",
    r"^python -m japananime\.train$": "a training of some minutes: tests/training/test_first_look.py",
    r"^(dataset/|note:|[\d.]+ pictures)|^ ": "no command",
}
COMMAND = re.compile(r"python -m japananime\.(\w+)(.*)|japananime (.*)|python (tools/\w+\.py.*)")
# Of trainings: of their length, and of their networks where they do not begin with a style.
SHORT = "--size 64 --batch 2 --steps-per-epoch 2 --epochs 2 --samples 2 --precision float32"
SMALL = {
    "width": 4,
    "residual_blocks": 1,
    "inverted_blocks": 1,
    "discriminator_width": 4,
    "pretrain_epochs": 1,
    "grid": 2,
    "fid_pictures": 4,
}
MORE = {
    "evaluate": "--features mobilenet_v2 --features-weights random --shown 2 --count 4",
    "neural_style": "--size 128 --scales 1 --iterations 2",
    "live": "--out none --seconds 1",
    "build_dataset.py": "--window 10 --size 64",
    "video2image.py": "--window 10",
    "image_cutting.py": "--size 64",
    "face_crop.py": "--threshold 0.05",
    "generate": "--count 9",
}
LESS = {"--review", "--open"}


def commands(text):
    """The lines of a document's blocks that are for a shell, without their comments."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        if language in ("", "sh", "powershell"):
            for line in re.sub(r" *\\\n\s*", " ", block).splitlines():
                if typed := re.split(r"(?:^|\s)#\s|(?<=\S)\s{3,}", line)[0].rstrip():
                    yield typed


def words(line):
    """A command as `japananime` or a tool takes it, or None for what is not run here."""
    if any(re.search(pattern, line) for pattern in NOT_HERE):
        return None
    found = COMMAND.fullmatch(line)
    if not found:
        raise ValueError(f"'{line}' is neither a command that is known nor one of NOT_HERE")
    if found[1]:
        return [found[1].replace("_", "-"), *shlex.split(found[2])]
    return shlex.split(found[3] or found[4])


def quick(words):
    """The same, cut down to seconds."""
    name = Path(words[0]).name.replace("-", "_")
    kept = [word for word in words if word not in LESS]
    if name == "train":
        return kept + small(kept)
    if name == "live" and (not kept[1:] or kept[1].startswith("--")):
        kept.insert(1, "test")  # for the camera that is not here
    if name == "experiment":
        own = kept[kept.index("--flags") + 1] if "--flags" in kept else ""
        return [*kept, "--flags", f"{own} {SHORT} --width 4 --discriminator-width 4".strip()]
    return kept + MORE.get(name, "").split()


def small(words):
    """Flags that make a training one of seconds."""
    from japananime.training.families import FAMILIES
    from japananime.training.settings import ask, choose_family

    asked = ask(words[1:])
    family, _ = choose_family(asked, FAMILIES)
    known = FAMILIES[family].Settings.__dataclass_fields__
    if "far" in words:  # the network that has none
        known = known.keys() - {"residual_blocks"}
    network = {} if asked.begin_with else {name: value for name, value in SMALL.items() if name in known}
    flags = [word for name, value in network.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    length = ["--minutes", "1"] if "--minutes" in words else []
    return [*SHORT.split(), *flags, *length]
