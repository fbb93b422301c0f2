"""Scores of whole sets of pictures: each picture is looked at once, and only a few kilobytes are kept of it.

Photos, what was made of them, and anime go through one feature network; `metrics` does the arithmetic.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.evaluation.tables import ANIME, PHOTOS, SCORES, Evaluation, Row
from japananime.image import files as image_files
from japananime.perception import features, metrics

SHORT_SIDE = 288  # of the pictures that are compared: all are brought to one scale first
SQUARE = 256  # side of the squares cut out of them
# A picture whose proportions differ more than this from its photo's was not made of it.
LARGEST_DISTORTION = 0.1


@dataclass(frozen=True)
class Eyes:
    """A network that looks at pictures, and which of its maps each score takes.

    name: stands in every table. model: pictures in [-1, 1] -> list of maps (batch, height, width, channels).
    squares: cut out of each picture; 0 presses the whole picture into one of `side` pixels.
    frechet, kernel, content, gram: places in that list. frechet_unit: what Fréchet distances are given in.
    scaled: features are divided by their root mean square before the kernel, which wants numbers around 1.
    """

    name: str
    model: keras.Model
    squares: int
    side: int = SQUARE
    frechet: int = 0
    kernel: int = 0
    content: int = 0
    gram: tuple[int, ...] = (0,)
    frechet_unit: float = 1.0
    scaled: bool = False

    def __call__(self, picture, squares):
        """Maps of a picture (uint8, at its working size) and of the squares cut out of it."""
        if not self.squares:
            shrunk = Image.fromarray(picture).resize((self.side, self.side), Image.Resampling.BICUBIC)
            squares = np.asarray(shrunk)[None]
        maps = self.model.predict_on_batch(squares.astype(np.float32) / 127.5 - 1.0)
        return [np.asarray(tensor, np.float32) for tensor in (maps if isinstance(maps, (list, tuple)) else [maps])]


def vgg19_eyes(weights, squares=1, flag="--features-weights"):
    """VGG19 on squares of a picture. weights: as `perception.features.find_weights` returns it."""
    taps = ("block2_conv2", "block3_conv3", "block4_conv4", "block5_conv4")
    return Eyes(
        f"VGG19, {squares} square{'s' if squares > 1 else ''} of {SQUARE} pixels a picture",
        features.vgg19(weights, taps, activated=True, flag=flag),
        squares,
        frechet=2,
        kernel=3,
        content=2,
        gram=(0, 1, 2),
        frechet_unit=1000.0,
        scaled=True,
    )


def inception_eyes(weights, flag="--features-weights"):
    """Inception v3 on whole pictures, as FID and KID are published.

    weights: as `perception.features.find_weights` returns it.
    """
    taps = ("mixed0", "mixed2", "mixed5", "mixed10")
    model = features.inception(weights, taps, flag=flag)
    name = "Inception v3 (Keras), whole pictures at 299 pixels"
    return Eyes(name, model, 0, side=299, frechet=3, kernel=3, content=2, gram=(0, 1, 2))


@dataclass
class Impression:
    """What is kept of a set of pictures.

    clouds: features of every picture for Fréchet distance and for KID, (samples, channels) a picture.
    grams: sums of Gram matrices. own: scores of each picture alone; changes: of each picture against its photo.
    """

    pictures: int = 0
    frechet: list = field(default_factory=list)
    kernel: list = field(default_factory=list)
    grams: list = field(default_factory=list)
    own: list = field(default_factory=list)
    changes: list = field(default_factory=list)

    def add(self, eyes, squares, maps):
        """Take in one picture."""
        self.pictures += 1
        self.frechet.append(maps[eyes.frechet].mean(axis=(1, 2)))
        self.kernel.append(maps[eyes.kernel].mean(axis=(1, 2)))
        found = [metrics.gram(maps[place]) for place in eyes.gram]
        self.grams = [a + b for a, b in zip(self.grams, found, strict=True)] if self.grams else found
        alone = [(metrics.edge_clarity(square), metrics.flat_share(square)) for square in squares]
        self.own.append(np.mean(alone, axis=0))


def evaluate(eyes, photos, anime, makers, *, progress=lambda: None, report=lambda text: None, show=None):
    """Look at everything once and score it: an Evaluation.

    photos, anime: paths. makers: {name: (path, rgb) -> rgb}, raising UserError where a photo has no picture.
    progress: called after each picture. report: called with each line about what had to be skipped.
    show: called with (path, {name: picture at its working size}) for every photo, the photo itself first.
    """
    skipped = []

    def skip(text):
        skipped.append(text)
        report(text)

    drawn, taken = Impression(), Impression()
    made = {name: Impression() for name in makers}
    for path in anime:
        try:
            _look(eyes, drawn, at_working_size(image_files.read_rgb(path)))
        except UserError as error:
            skip(str(error))
        progress()
    for path in photos:
        try:
            rgb = image_files.read_rgb(path)
        except UserError as error:
            skip(str(error))
            for _ in range(1 + len(makers)):
                progress()
            continue
        shown = {PHOTOS: at_working_size(rgb)}
        photo = _look(eyes, taken, shown[PHOTOS])
        progress()
        for name, make in makers.items():
            try:
                shown[name] = _like(make(path, rgb), shown[PHOTOS])
                picture = _look(eyes, made[name], shown[name])
                made[name].changes.append(_change(eyes, picture, photo))
            except UserError as error:
                skip(f"{name}: {error}")
            progress()
        if show:
            show(path, shown)
    for what, impression in (("photos", taken), ("anime pictures", drawn), *made.items()):
        if impression.pictures < 2:
            raise UserError(f"{what}: {impression.pictures} usable; scores of a set need 2 or more")
    rows = [_row(eyes, name, set_, drawn, taken) for name, set_ in ((PHOTOS, taken), *made.items(), (ANIME, drawn))]
    return Evaluation(eyes.name, rows, skipped)


def at_working_size(rgb):
    """A picture with a short side of `SHORT_SIDE` pixels: uint8 (height, width, 3)."""
    height, width = rgb.shape[:2]
    scale = SHORT_SIDE / min(height, width)
    return _resize(rgb, max(SHORT_SIDE, round(height * scale)), max(SHORT_SIDE, round(width * scale)))


def cut(picture, count):
    """Squares of a picture at its working size: (count, SQUARE, SQUARE, 3).

    Where they lie follows from the size alone, so a photo and what was made of it are cut alike.
    """
    height, width = picture.shape[:2]
    chance = np.random.RandomState(height * width % 1000)
    tops = chance.randint(0, height - SQUARE + 1, count)
    lefts = chance.randint(0, width - SQUARE + 1, count)
    return np.stack([picture[top : top + SQUARE, left : left + SQUARE] for top, left in zip(tops, lefts, strict=True)])


def folder_of_outputs(folder):
    """A maker that finds pictures made elsewhere: by the photo's name, whatever the extension."""
    found: dict[Any, Any] = {}
    for path in image_files.find(folder)[0]:
        if (other := found.setdefault(path.stem, path)) is not path:
            raise UserError(f"--outputs: '{path}' and '{other}' have the same name; each photo has one output")

    def make(photo, rgb):
        if photo.stem not in found:
            raise UserError(f"{photo}: no picture of that name in '{folder}'")
        return image_files.read_rgb(found[photo.stem])

    return make


def style_maker(stylizer: Callable):
    """A maker that applies a style."""

    def make(photo, rgb):
        try:
            return stylizer(rgb)
        except UserError as error:
            raise UserError(f"{photo}: {error}") from error

    return make


def find(flag, folder):
    """The pictures of a folder and below; raises UserError where there are none."""
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise UserError(f"--{flag} is '{folder}', which {what}; it must be a folder of pictures")
    found = image_files.find(folder)[0]
    if len(found) < 2:
        raise UserError(
            f"--{flag} is '{folder}', with {len(found)} pictures; 2 or more are needed "
            f"({', '.join(image_files.EXTENSIONS)})"
        )
    return found


def distances(eyes, made, wanted):
    """(Fréchet distance, KID ×1000, its deviation) between two Impressions, as the tables give them."""
    frechet = metrics.frechet_distance(np.concatenate(made.frechet), np.concatenate(wanted.frechet))
    kid, deviation = metrics.kernel_distance(*_clouds(eyes, made, wanted))
    return frechet / eyes.frechet_unit, 1000.0 * kid, 1000.0 * deviation


def _clouds(eyes, made, wanted):
    """What KID compares of two Impressions."""
    clouds = [np.concatenate(part.kernel).astype(np.float64) for part in (made, wanted)]
    if not eyes.scaled:
        return clouds
    scale = max(np.sqrt(np.mean(np.concatenate(clouds) ** 2)), np.finfo(np.float32).tiny)
    return [cloud / scale for cloud in clouds]


def _look(eyes, impression, picture):
    squares = cut(picture, max(1, eyes.squares))
    maps = eyes(picture, squares)
    impression.add(eyes, squares, maps)
    return squares, maps[eyes.content]


def _change(eyes, picture, photo):
    (squares, content), (photo_squares, photo_content) = picture, photo
    return metrics.content_distance(content, photo_content), metrics.color_drift(squares, photo_squares)


def _like(picture, photo):
    """A made picture at the working size of its photo."""
    proportions = picture.shape[1] / picture.shape[0] / (photo.shape[1] / photo.shape[0])
    if abs(np.log(proportions)) > LARGEST_DISTORTION:
        raise UserError(f"a picture of {picture.shape[1]}×{picture.shape[0]} pixels has not its photo's proportions")
    return _resize(picture, *photo.shape[:2])


def _resize(rgb, height, width):
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))


def _row(eyes, name, impression, drawn, taken):
    scores: dict[str, Any] = {}
    deviation, intervals = 0.0, {}
    if impression is not drawn:
        frechet, kid, deviation = distances(eyes, impression, drawn)
        wanted, own = ([gram / part.pictures for gram in part.grams] for part in (drawn, impression))
        scores |= {"frechet_anime": frechet, "kid_anime": kid, "gram": metrics.gram_distance(own, wanted)}
        low, high = metrics.kernel_interval(*_clouds(eyes, impression, drawn), together=max(1, eyes.squares))
        intervals["kid_anime"] = 1000.0 * low, 1000.0 * high
    if impression is not taken:
        scores["frechet_photos"], scores["kid_photos"], _ = distances(eyes, impression, taken)
    if impression.changes:
        scores["content"], scores["color_drift"] = map(float, np.mean(impression.changes, axis=0))
    scores["edge_clarity"], scores["flat_share"] = map(float, np.mean(impression.own, axis=0))
    pairs = (("content", "color_drift"), impression.changes), (("edge_clarity", "flat_share"), impression.own)
    for keys, found in pairs:
        if found:
            intervals |= zip(keys, map(metrics.mean_interval, np.transpose(found)), strict=True)
    scores["diversity"] = metrics.diversity(np.concatenate(impression.frechet))
    kept = {s.key: scores[s.key] for s in SCORES if s.key in scores}
    return Row(name, impression.pictures, kept, deviation, intervals)
