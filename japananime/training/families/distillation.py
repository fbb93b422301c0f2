"""A network learns to draw as a style does: a fast one what a slower one, or a mixture, has learnt in hours.

There is no game. What the teacher makes of each photo is known, so the pupil is told pixel by pixel, edge by edge and
feature by feature where it differs.
"""

from dataclasses import dataclass

from keras import ops

from japananime.base.settings import setting
from japananime.perception import losses
from japananime.perception.features import PERCEPTIONS
from japananime.styles import folder as style_folder
from japananime.training.families.family import Family
from japananime.training.families.parts import averaged_generator
from japananime.training.families.parts.averaged_generator import GeneratorSettings
from japananime.training.program import Term


@dataclass(frozen=True)
class Settings(GeneratorSettings):
    """As the bundled fast styles were trained."""

    teacher: str = setting(style_folder.DEFAULT, "the style to learn from: a name, folder, run or mixture")
    network: str = setting("far", "the generator", choices=averaged_generator.NETWORKS)
    perception: str = setting(
        "mobilenet_v2", "the trained network whose features are compared", choices=tuple(PERCEPTIONS)
    )
    pixel_weight: float = setting(1.0, "weight of the difference of pixels", least=0.0)
    edge_weight: float = setting(2.0, "weight of the difference of steps between neighbours: of edges", least=0.0)
    feature_weight: float = setting(0.02, "weight of the difference of features; 0 needs no trained network", least=0.0)
    rate: float = setting(1e-3, "learning rate", least=0.0, most=1.0)
    beta_1: float = setting(0.9, "Adam's first-moment decay", least=0.0, most=0.999)

    @property
    def multiple(self):
        """What the sides of training pictures must be multiples of."""
        return max(averaged_generator.MULTIPLES[self.network], 32 if self.feature_weight else 1)


class Distillation(Family):
    """The pupil and its losses."""

    Settings = Settings
    # How it is trained unless asked otherwise.
    USUAL = {"size": 256, "batch": 4, "epochs": 40, "smallest_crop": 0.7}

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds: photos, and what the teacher makes of them."""
        return ("photo", "taught")

    def __init__(self, settings, features, size=None):
        super().__init__(settings, averaged_generator.build(settings))
        taps = tuple(PERCEPTIONS[settings.perception].taps)
        self.extractor = features(taps[:2]) if settings.feature_weight else None

    def phases(self):
        """One: the pupil."""
        yield self.phase("pupil", self.losses, [self.generator], self.settings.rate)

    def losses(self, tensors, seed):
        """How the pupil's picture differs from the teacher's."""
        settings, wanted, picture = self.settings, tensors["taught"], tensors["picture"]
        terms = {
            "pixels": Term(losses.absolute_difference(wanted, picture), settings.pixel_weight),
            "edges": Term(losses.edge_difference(wanted, picture), settings.edge_weight),
        }
        if self.extractor is not None:
            seen = [self.extractor(ops.cast(image, "float32")) for image in (wanted, picture)]
            terms["features"] = Term(
                sum(map(losses.absolute_difference, *seen)) / len(seen[0]), settings.feature_weight
            )
        return terms

    def preview(self, images):
        """Photos, what the teacher makes of them, and the pupil."""
        return {
            "photo": images["photo"],
            "teacher": images["taught"],
            "picture": self.average(images["photo"]),
        }
