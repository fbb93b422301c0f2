"""Faces into anime, one way only: no second generator, no way back.

The game is played on projected features and on pixels; what holds the face is the self-similarity of its features,
which says what places are like which, and the mean colours of its parts.
"""

from dataclasses import dataclass

from keras import ops

from japananime.base.settings import setting
from japananime.networks import resnet_generator
from japananime.perception import losses
from japananime.perception.features import PERCEPTIONS
from japananime.training.families import averaging
from japananime.training.families.chance import Chance
from japananime.training.families.projected_game import GameSettings, ProjectedGame, enlarged
from japananime.training.program import Exportable, Phase, Program, Term

# How it is trained unless asked otherwise: on whole faces.
USUAL = {"size": 64, "batch": 16, "epochs": 40, "smallest_crop": 1.0, "average_decay": 0.995}


@dataclass(frozen=True)
class Settings(GameSettings):
    """As the bundled style for faces was trained."""

    width: int = setting(32, "filters of the generator at full resolution", least=1, most=512)
    residual_blocks: int = setting(5, "residual blocks of the generator", least=0, most=64)
    layout_weight: float = setting(15.0, "weight of keeping what is where, by self-similarity of features", least=0.0)
    color_weight: float = setting(20.0, "weight of keeping the mean colours of the parts of a face", least=0.0)
    color_blocks: int = setting(8, "rows and columns of parts whose mean colours are kept", least=1, most=32)

    multiple = 32


def streams(settings):
    """The kinds of image that a batch of this family holds."""
    return ("photo", "anime")


def build(settings, features, size):
    """The program of this family.

    features: (taps) -> a frozen model from pictures to features, of the network that `settings.perception` names.
    size: side of the training pictures.
    """
    recipe = {"width": settings.width, "residual_blocks": settings.residual_blocks, "upsampling": "resize"}
    generator, average = averaging.pair(resnet_generator.build, recipe)
    chance = Chance()
    game = ProjectedGame(settings, features, size, chance)
    layout = features((PERCEPTIONS[settings.perception].layout,))

    def forward(batch, seed):
        picture = generator(batch["photo"])
        return {
            "picture": picture,
            "real": game.see(batch["anime"], seed, 0),
            "fake": game.see(picture, seed, 1),
        }

    def generator_losses(tensors, seed):
        photo, picture = tensors["photo"], tensors["picture"]
        placed = [layout(enlarged(ops.cast(image, "float32"))) for image in (photo, picture)]
        return {
            "adversarial": Term(game.fool_loss(tensors["real"], tensors["fake"])),
            "layout": Term(losses.layout_difference(*placed), settings.layout_weight),
            "color": Term(losses.block_color_difference(photo, picture, settings.color_blocks), settings.color_weight),
        }

    return Program(
        state={"generator": generator, "generator_average": average, **game.state},
        phases=(
            game.phase(),
            Phase("generator", generator_losses, generator.trainable_variables, game.adam(), settings.generator_rate),
        ),
        streams=streams(settings),
        forward=forward,
        averages=((generator, average),),
        preview=lambda images: {"photo": images["photo"], "picture": average(images["photo"])},
        export=Exportable("resnet", recipe, average),
    )
