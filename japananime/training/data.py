"""From folders to batches: {stream: images} -> tf.data of {stream: (batch, size, size, 3) float32 in [-1, 1]}.

Every sample is a pure function of (seed, stream, position): which file, which crop, flipped or not. So the position in
the data is one number, the step, and a run that was stopped goes on with exactly the batches it would have seen.
"""

import functools
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import tensorflow as tf

from japananime.base.errors import UserError
from japananime.base.files import lack_of_folder
from japananime.image import files as image_files
from japananime.image.resize import LANCZOS, middle_square, resize
from japananime.networks.pixels import to_signed

# Pictures are enlarged by so much at most.
MOST_ENLARGED = 8


@dataclass(frozen=True)
class Crop:
    """How training pictures are cut out of whole ones.

    size: side of the squares in pixels.
    smallest, largest: the squares taken, as shares of the picture's short side. Squares larger than `size` are shrunk
        to it; none is enlarged but where the whole picture is too small, which is enlarged first.
    flip: mirror every other picture.
    """

    size: int = 256
    smallest: float = 0.5
    largest: float = 1.0
    flip: bool = True

    @property
    def working_side(self):
        """The short side beyond which a picture holds no detail that a crop could show."""
        return max(self.size, round(self.size / self.smallest))

    @property
    def least_side(self):
        """The short side under which a picture is of no use, there being nothing to enlarge."""
        return -(-self.size // MOST_ENLARGED)


@dataclass
class Pool:
    """The usable files of one stream and what is in memory of them.

    transform: applied once to every picture after it is brought to the working size (edge smoothing, for example).
    order: name of the sequence of files and crops; pools of the same files and order go side by side.
    lost: files that could be read at first and could not later; others take their places.
    enlarged: {file: (width, height)} of those that were smaller than the crops.
    """

    name: str
    files: list[Path]
    crop: Crop
    transform: Callable[[np.ndarray], np.ndarray] | None = None
    order: str = ""
    lost: set = field(default_factory=set)
    enlarged: dict = field(default_factory=dict)
    _cache: dict = field(default_factory=dict, repr=False)

    def __len__(self):
        return len(self.files)

    def load(self, path):
        """The picture at its working size, uint8 (height, width, 3)."""
        if path in self._cache:
            return self._cache[path]
        picture = image_files.read_rgb(path)
        height, width = picture.shape[:2]
        if min(height, width) < self.crop.least_side:
            raise UserError(f"{path}: too small: {width}×{height}, and crops are {self.crop.size}×{self.crop.size}")
        if min(height, width) < self.crop.size:
            self.enlarged[path] = width, height
        short = max(min(height, width), self.crop.size)
        picture = _resize(picture, min(short, self.crop.working_side))
        return self.transform(picture) if self.transform else picture

    def sample(self, seed, position):
        """The training picture at a position of an endless, reshuffled sequence: uint8 (size, size, 3)."""
        epoch, place = divmod(position, len(self.files))
        sequence = zlib.crc32((self.order or self.name).encode())
        order = _order(seed, sequence, epoch, len(self.files))
        generator = np.random.default_rng((seed, sequence, position))
        return _random_crop(self._load_or_next(order, place), self.crop, generator)

    def _load_or_next(self, order, place):
        for step in range(len(order)):
            path = self.files[order[(place + step) % len(order)]]
            try:
                return self.load(path)
            except UserError:
                self.lost.add(path)
        raise UserError(f"none of the {len(order)} files of '{self.name}' can be read any more, '{path}' for one")

    def center(self, index):
        """The largest centred square of a file, shrunk to size: the same every time. For validation and samples."""
        square = middle_square(self.load(self.files[index % len(self.files)]))
        return resize(square, (self.crop.size, self.crop.size), LANCZOS)

    def remember(self, path, picture, budget):
        """Keep a loaded picture if it fits in what is left of a budget."""
        if budget.take(picture.nbytes):
            self._cache[path] = picture


class Budget:
    """Bytes that may still be used, shared by threads."""

    def __init__(self, size):
        self.left = size
        self._lock = threading.Lock()

    def take(self, size):
        """Whether `size` more fit; if so they are counted."""
        with self._lock:
            if size > self.left:
                return False
            self.left -= size
            return True


def gather(name, folder, crop, budget, *, transform=None, progress=None):
    """Read every file of a folder once: (Pool of those that can be used, [(path, reason)] of those that can't).

    Pictures stay in memory as far as the budget allows. progress: called with 1 after each file.
    """
    folder = Path(folder)
    if fault := lack_of_folder(folder):
        raise UserError(f"--{name} is '{folder}', which {fault}; it must be a folder of images")
    images, others = image_files.find(folder)
    problems = [(path, "not an image by its extension") for path in others]
    pool = Pool(name, [], crop, transform)
    for path, problem in _load_all(pool, images, budget, progress):
        if problem:
            problems.append((path, problem))
        else:
            pool.files.append(path)
    return pool, sorted(problems)


def derive(pool, name, transform, budget, *, progress=None):
    """A pool of the same files, each changed once by a transform, that goes side by side with the first.

    Side by side, because two crops that differ in nothing but the transform teach a discriminator what it changes.
    """
    derived = Pool(name, list(pool.files), pool.crop, transform, order=pool.order or pool.name)
    for path, problem in _load_all(derived, derived.files, budget, progress):
        if problem:
            raise UserError(f"{path}: {problem}")
    return derived


def split(pool, count, seed):
    """Set `count` files aside: (the rest, those set aside), the same for the same files and seed."""
    order = np.random.default_rng((seed, zlib.crc32(b"split"))).permutation(len(pool.files))
    aside = {pool.files[index] for index in order[:count]}

    def part(keep):
        files = [path for path in pool.files if keep(path)]
        cache = {path: pool._cache[path] for path in files if path in pool._cache}
        return Pool(pool.name, files, pool.crop, pool.transform, pool.order, _cache=cache)

    return part(lambda path: path not in aside), part(lambda path: path in aside)


def batches(pools, seed, start, batch, first=0, count=None):
    """An endless tf.data.Dataset of {stream: (batch, size, size, 3) float32 in [-1, 1]}, from step `start` on.

    pools: {stream: Pool}, all of one crop size.
    first, count: only so many images of each batch, from that one on: a worker's part of it.
    """
    count = batch if count is None else count

    def stream(pool):
        size = pool.crop.size

        def load(number):
            step, place = divmod(int(number), count)
            return pool.sample(seed, step * batch + first + place)

        def sample(number):
            pixels = tf.numpy_function(load, [number], tf.uint8, stateful=False)
            pixels.set_shape((size, size, 3))
            return pixels

        numbers = tf.data.Dataset.range(start * count, np.iinfo(np.int64).max)
        return numbers.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).batch(count)

    merged = tf.data.Dataset.zip({name: stream(pool) for name, pool in pools.items()})
    return merged.map(lambda images: {k: to_signed(v) for k, v in images.items()}).prefetch(4)


def fixed_batches(pools, batch, most):
    """At most `most` batches of centred crops, the same every time, for validation: a list like `batches` yields."""
    count = min(most, max(1, min(len(pool) for pool in pools.values()) // batch))
    return [
        {name: center_batch(pool, range(number * batch, (number + 1) * batch)) for name, pool in pools.items()}
        for number in range(count)
    ]


def center_batch(pool, indices):
    """Centred crops of some files of a pool: (len(indices), size, size, 3) float32 in [-1, 1]."""
    return to_signed(np.stack([pool.center(index) for index in indices]))


def memory_budget(gigabytes):
    """Bytes that decoded pictures may take: those given, or (0) a quarter of what the machine has free."""
    return int(gigabytes * 1e9) if gigabytes else psutil.virtual_memory().available // 4


def _load_all(pool, files, budget, progress):
    """Load files on all cores, in order; yields (path, None) or (path, problem)."""

    def load(path):
        try:
            picture = pool.load(path)
        except UserError as error:
            return path, str(error).removeprefix(f"{path}: ")
        pool.remember(path, picture, budget)
        return path, None

    with ThreadPoolExecutor() as workers:
        for result in workers.map(load, files):
            if progress:
                progress(1)
            yield result


@functools.lru_cache(maxsize=16)
def _order(seed, sequence, epoch, count):
    return np.random.default_rng((seed, sequence, epoch)).permutation(count)


def _random_crop(picture, crop, generator):
    height, width = picture.shape[:2]
    short = min(height, width)
    smallest = max(crop.size, round(crop.smallest * short))
    side = int(generator.integers(smallest, max(smallest, round(crop.largest * short)) + 1))
    top = int(generator.integers(0, height - side + 1))
    left = int(generator.integers(0, width - side + 1))
    square = resize(picture[top : top + side, left : left + side], (crop.size, crop.size), LANCZOS)
    return np.ascontiguousarray(square[:, ::-1]) if crop.flip and generator.random() < 0.5 else square


def _resize(picture, short_side):
    height, width = picture.shape[:2]
    scale = short_side / min(height, width)
    if scale == 1:
        return picture
    return resize(picture, tuple(max(short_side, round(side * scale)) for side in (height, width)), LANCZOS)
