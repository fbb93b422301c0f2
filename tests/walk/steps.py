"""The first hour of somebody who has a photo, a folder and a film: what is typed, and what must come of it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """typed: the words behind `japananime`, or those of a tool. says: patterns of the output, errors included.

    leaves: files that are there afterwards. status: of the end. long: whether it takes more than a few seconds, or
    wants more than the packages for photos and films.
    """

    title: str
    typed: str
    says: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    status: int = 0
    long: bool = False

    def wrong(self, status, said, folder):
        """What of the outcome is not as it must be, in words; "" if nothing."""
        if status != self.status:
            return f"the exit status is {status}, not {self.status}"
        if "Traceback" in said:
            return "a traceback"
        missing = [pattern for pattern in self.says if not re.search(pattern, said)]
        absent = [name for name in self.leaves if not (folder / name).is_file()]
        words = [f"it does not say '{pattern}'" for pattern in missing] + [f"{name} is not there" for name in absent]
        return "; ".join(words)


STEPS = (
    Step("what is there?", "", ("japananime PATH", "stylize .* photos, films")),
    Step("which version?", "--version", (r"japananime \d+\.\d+\.\d+\n",)),
    Step("what does training take?", "train --help", ("usage: ", "--photos DIR", "--resume")),
    Step("a photo", "photo.jpg", (r"1 of 1 pictures made: .*photo-cel\.jpg",), ("photo-cel.jpg",)),
    Step("nothing named", "stylize", ("name photos, films or folders",), status=2),
    Step("a name mistyped", "foto.jpg", ("'foto.jpg' is neither",), status=2),
    Step("a command mistyped", "stylise photo.jpg", ("did you mean stylize",), status=2),
    Step("a flag mistyped", "photo.jpg --boldnes 1", ("--boldnes", "--help"), status=2),
    Step("a number out of range", "photo.jpg --boldness 7", ("--boldness is 7.*0.*1",), status=2),
    Step("a style mistyped", "photo.jpg --style pastell", ("--style is 'pastell'", "did you mean pastel"), status=2),
    Step("one name for two", "photo.jpg holiday --out a.png", ("--out is 'a.png'", "must be a folder"), status=2),
    Step(
        "two photos, one --in for each",
        "stylize --in photo.jpg --in holiday/a.jpg --out both",
        ("2 of 2 pictures made",),
        ("both/photo-cel.jpg", "both/a-cel.jpg"),
    ),
    Step("another style", "photo.jpg --style pastel --out mine.png", (r"mine\.png",), ("mine.png",)),
    Step("what styles are there?", "stylize --list-styles", ("cel", "pastel", "watercolor")),
    Step(
        "a folder with other things in it",
        "holiday",
        ("1 file of other kinds is passed over: 1 .txt", r"skipped: .*broken\.jpg", "2 of 3 pictures made"),
        ("holiday-cel/a.jpg", "holiday-cel/b.jpg"),
        status=1,
    ),
    Step("a second of a film", "film.mp4 --preview 1", (r"film.*-cel.*\.mp4",)),
    Step("the film", "film.mp4", leaves=("film-cel.mp4",)),
    Step("and once more", "film.mp4", leaves=("film-cel.mp4",)),
    Step(
        "what happens now",
        "live test --out none --seconds 1",
        (r"\d+ pictures in .* s; at the end .* pictures/s, delay",),
    ),
    Step("a camera that is not there", "live camera:97 --out none", ("live --list",), status=2),
    Step("characters into a file", "generate --out sheet.png", ("it must be a folder",), status=2),
    Step("characters", "generate --out people", ("64 characters",), ("people/sheet.png", "people/character-0064.png")),
    Step(
        "a photo painted like another",
        "neural-style --content photo.jpg --style holiday/a.jpg --out painted.png --vgg-weights random "
        "--size 64 --scales 1 --iterations 1",
        ("64×48 pixels of 192×144; all of them with --size 192",),
        ("painted.png",),
        long=True,
    ),
    Step("frames", "tools/video2image.py film.mp4 --window 10", leaves=("film-frames/frames.csv",), long=True),
    Step(
        "a dataset of pictures that are too small",
        "tools/build_dataset.py --films film.mp4 --window 10 --out none",
        (r"none of \d+ pictures can be used: \d+ small; small is under --size 256",),
        status=2,
        long=True,
    ),
    Step(
        "a dataset of both",
        "tools/build_dataset.py --films film.mp4 --photos album --window 10 --size 64 --out data",
        ("warning: anime: .* are few", "--window"),
        ("data/dataset.json", "data/report.html"),
        long=True,
    ),
    Step(
        "a training with nothing named",
        "train --family featuregan",
        ("--photos and --anime and --out are missing", "for example: "),
        status=2,
        long=True,
    ),
    Step(
        "a training of folders that are not there",
        "train --photos here --anime there --out runs/1",
        ("'here', which does not exist", "'there', which does not exist"),
        status=2,
        long=True,
    ),
    Step(
        "what would it take?",
        "train --family cyclegan --dataset data --out runs/1 {small} --dry-run",
        ("warning: .* images of --anime are few", "to go in all"),
        long=True,
    ),
    Step(
        "a training",
        "train --family cyclegan --dataset data --out runs/1 {small}",
        ("to watch: .*tensorboard --logdir", "done: the style is in"),
        ("runs/1/style/style.json", "runs/1/samples/epoch-002.png", "runs/1/report.md"),
        long=True,
    ),
    Step("going on where nothing is left", "train --out runs/1 --resume", (r"epochs \(2\) are done",), long=True),
    Step("the style that came of it", "photo.jpg --style runs/1 --out own.png", leaves=("own.png",), long=True),
)
# Of `{small}`: a training of seconds.
SMALL = (
    "--size 32 --batch 2 --width 4 --residual-blocks 1 --steps-per-epoch 2 --epochs 2 --samples 2 --precision float32"
)
