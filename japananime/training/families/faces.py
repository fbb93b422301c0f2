"""Faces into anime, one way only: no second generator, no way back.

The game is played on projected features and on pixels; what holds the face is the self-similarity of its features,
which says what places are like which, and the mean colours of its parts. The generator makes a change to the photo, so
that colours are there from the start: what it normalises to learn quickly would be lost to all faces alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from keras import ops

from japananime.base.settings import setting
from japananime.networks import blocks
from japananime.perception import losses
from japananime.perception.features import PERCEPTIONS
from japananime.training.families.parts import averaged_generator, shadows
from japananime.training.families.parts.projected_game import GameSettings, ProjectedGame, enlarged
from japananime.training.program import Term

# Where cheeks, nose and mouth are in the square of a face in the proportions of anime, for `lit_color_difference`.
SKIN = (0.5, 0.76, 0.3, 0.7)
COLORS: dict[str, Callable[..., Any]] = {
    "as they are": losses.block_color_difference,
    "relative": losses.relative_color_difference,
    "lit": partial(losses.lit_color_difference, even=SKIN),
}
# Tells the draws of shadows from those of the augmentation.
SHADOWS = 1000


@dataclass(frozen=True)
class Settings(GameSettings):
    """As the bundled style for faces was trained."""

    network: str = setting("residual", "the generator", choices=("resnet", *averaged_generator.NETWORKS))
    output: str = setting(
        "change", "what the residual generator makes: its change to the photo, or the picture", choices=blocks.OUTPUTS
    )
    normalisation: str = setting("instance", "normalisation in the generator", choices=blocks.NORMALISATIONS)
    upsampling: str = setting("resize", "how the generator doubles its resolution", choices=blocks.UPSAMPLINGS)
    width: int = setting(32, "filters of the generator at full resolution", least=1, most=512)
    residual_blocks: int = setting(5, "residual blocks of the generator", least=0, most=64)
    layout_weight: float = setting(15.0, "weight of keeping what is where, by self-similarity of features", least=0.0)
    color_weight: float = setting(4.0, "weight of keeping the mean colours of the parts of a face", least=0.0)
    colors: str = setting(
        "relative",
        "what of colours is kept: as they are; relative, so that all faces together may be lit and tinted as the "
        "anime is, and the lighter ones stay the lighter ones; or lit, as they are but with the skin of each face in "
        "one tone (for --proportions anime)",
        choices=tuple(COLORS),
    )
    color_blocks: int = setting(8, "rows and columns of parts whose mean colours are kept", least=1, most=32)

    shadows: float = setting(
        0.0, "share of the photos that are shown to the generator with shadows thrown on them", least=0.0, most=1.0
    )

    multiple = 32

    def __post_init__(self):
        super().__post_init__()
        averaged_generator.check_output(self)


class Faces(ProjectedGame):
    """The networks and the losses."""

    Settings = Settings
    # How it is trained unless asked otherwise: on whole faces.
    USUAL = {"size": 64, "batch": 16, "epochs": 40, "smallest_crop": 1.0, "average_decay": 0.995}

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("photo", "anime")

    def __init__(self, settings, features, size):
        super().__init__(settings, averaged_generator.build(settings), features, size)
        self.layout = features((PERCEPTIONS[settings.perception].layout,))

    def make(self, batch, seed):
        """A picture of each photo, of some as if they lay in shadow, which is not to be seen in the picture."""
        photo = batch["photo"]
        if self.settings.shadows:
            count = ops.shape(photo)[0]
            draws = self.chance.uniform((count, shadows.DRAWS + 1), seed, SHADOWS)
            heights = self.chance.normal((count, shadows.PATCHES, shadows.PATCHES, 1), seed, SHADOWS + 1)
            thrown = ops.reshape(draws[:, -1] < self.settings.shadows, (-1, 1, 1, 1))
            photo = ops.where(thrown, shadows.throw(photo, draws[:, :-1], heights), photo)
        return self.generator(photo)

    def generator_losses(self, tensors, seed):
        """Fool the judges, and keep what is where and the colours of the parts."""
        settings, photo, picture = self.settings, tensors["photo"], tensors["picture"]
        placed = [self.layout(enlarged(ops.cast(image, "float32"))) for image in (photo, picture)]
        colors = COLORS[settings.colors](photo, picture, settings.color_blocks)
        return {
            **super().generator_losses(tensors, seed),
            "layout": Term(losses.layout_difference(*placed), settings.layout_weight),
            "color": Term(colors, settings.color_weight),
        }
