"""What a training is made of: its settings, whatever the family, and a Job that is ready to run."""

import math
from dataclasses import dataclass, field

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.styles.description import BENT, CROP, WHOLE
from japananime.training import data as training_data
from japananime.training.run import best_style, trackers
from japananime.training.run.folder import Run
from japananime.training.runner import Runner
from japananime.training.workers import SingleProcess


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """How to train, whatever the family."""

    epochs: int = setting(152, "epochs in all, pretraining included", least=1)
    batch: int = setting(1, "images of each kind per step", least=1, most=1024)
    size: int = setting(256, "side of the square training crops in pixels, a multiple of 4", least=16, most=2048)
    smallest_crop: float = setting(
        0.5,
        "smallest crop, as a share of a picture's short side; larger crops are shrunk to --size",
        least=0.01,
        most=1.0,
    )
    largest_crop: float = setting(
        1.0, "largest crop, likewise; near --smallest-crop, textures and lines keep one scale", least=0.01, most=1.0
    )
    flip: bool = setting(True, "mirror every other picture")
    proportions: str = setting(
        "own",
        "of the faces in --photos: anime where tools/face_crop.py --proportions anime has cut them out, so that "
        "stylize --faces gives faces the same before it draws them",
        choices=("own", "anime"),
    )
    precision: str = setting(
        "auto",
        "precision of the networks; auto picks the faster of float32 and bfloat16 on this computer",
        choices=("auto", "float32", "bfloat16", "float16"),
    )
    seed: int = setting(0, "random seed: same seed, same training", least=0, most=2**31 - 1)
    clip: float = setting(0.0, "largest gradient norm of a phase, 0 for no limit", least=0.0)
    average_decay: float = setting(
        0.999, "how slowly the exported generator follows the trained one, 0 for at once", least=0.0, most=0.99999
    )
    schedule: str = setting("constant", "learning rates over the training", choices=("constant", "linear", "cosine"))
    decay_from: float = setting(
        0.5, "share of the training after which linear and cosine schedules fall towards 0", least=0.0, most=1.0
    )
    steps_per_epoch: int = setting(0, "steps per epoch, 0 for one pass through the photos", least=0)
    log_steps: int = setting(50, "steps between two rows of history.csv", least=1)
    save_minutes: float = setting(10.0, "at most so many minutes of work are lost to an interruption", least=0.0)
    save_steps: int = setting(0, "also save every so many steps, 0 to save by time only", least=0)
    samples: int = setting(6, "held-out images to watch", least=1, most=64)
    validation_share: float = setting(
        0.05, "share of the images held out, where no held-out folder is given", least=0.0, most=0.5
    )
    validation_batches: int = setting(16, "most batches of held-out images per validation", least=1)
    select_best: str = setting(
        best_style.NONE,
        "also keep the best style so far in best/: by frechet or kid, of pictures of held-out photos to anime, or "
        "by a loss on held-out images, such as generator/style",
    )
    patience: int = setting(5, "unusable steps in a row before going back to the last good state", least=1)
    cache_gigabytes: float = setting(0.0, "memory for decoded images, 0 for a quarter of the free memory", least=0.0)

    def __post_init__(self):
        super().__post_init__()
        if self.size % 4:
            raise UserError(f"--size is {self.size}; it must be a multiple of 4")
        if self.largest_crop < self.smallest_crop:
            raise UserError(
                f"--largest-crop is {self.largest_crop}; it must be at least --smallest-crop, {self.smallest_crop}"
            )

        if self.proportions == "anime" and self.smallest_crop != 1.0:
            raise UserError(
                f"--proportions is 'anime' and --smallest-crop is {self.smallest_crop}; parts of faces have no "
                "proportions: it must be 1"
            )

    @property
    def crop(self):
        """How training pictures are cut out."""
        return training_data.Crop(self.size, self.smallest_crop, self.largest_crop, self.flip)

    @property
    def framing(self) -> str:
        """CROP, WHOLE or BENT of styles.description."""
        if self.proportions == "anime":
            return BENT
        return WHOLE if self.smallest_crop == 1.0 else CROP


@dataclass
class Job:
    """All that a training needs, ready to run: see `training.assembly.prepare`."""

    run: Run
    runner: Runner
    settings: TrainingSettings
    pools: dict[str, training_data.Pool]
    held_out: dict[str, training_data.Pool]
    style_words: dict
    team: SingleProcess = field(default_factory=SingleProcess)
    judge: best_style.Selection = field(default_factory=best_style.Selection)
    tracker: trackers.Guarded | None = None

    def batches(self, step):
        """An endless iterator over this worker's parts of the batches from a step on."""
        part = self.team.part(self.settings.batch)
        return iter(training_data.batches(self.pools, self.settings.seed, step, part.whole, part.first, part.size))

    @property
    def steps_per_epoch(self):
        """Once through the first stream's pictures, the last incomplete batch included."""
        first = self.pools[self.runner.program.streams[0]]
        return self.settings.steps_per_epoch or math.ceil(len(first) / self.settings.batch)

    @property
    def steps(self):
        """Steps of the whole training."""
        return self.settings.epochs * self.steps_per_epoch
