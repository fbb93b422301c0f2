"""A light photo-to-anime system for small means: the adversarial game is played on a trained network's features.

A discriminator that starts from nothing needs days before it sees more than colours. Here it is a few small heads on
what VGG19 or MobileNetV2 sees anyway for the content loss (after Projected GANs, Sauer et al. 2021), so it judges well
within minutes. First the generator learns to draw ("pretrain": flat areas, a film's light and contours, pixel by
pixel), then the game pulls it towards the film while content, colour and the drawing hold it.
"""

from dataclasses import dataclass

from keras import ops

from japananime.base.settings import setting
from japananime.perception import losses
from japananime.training.families.family import PretrainedFamily
from japananime.training.families.parts import averaged_generator
from japananime.training.families.parts.averaged_generator import GeneratorSettings
from japananime.training.families.parts.camera_noise import disturb, move
from japananime.training.families.parts.feature_discriminators import LOOKS, FeatureDiscriminators
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.program import Term


@dataclass(frozen=True)
class Settings(GeneratorSettings):
    """As the bundled styles were trained."""

    perception: str = setting(
        "vgg19",
        "the trained network that content is compared and pictures are judged by; mobilenet_v2 is far cheaper",
        choices=tuple(LOOKS),
    )
    discriminator_width: int = setting(32, "filters of each of the discriminator's heads", least=1, most=512)
    pixel_width: int = setting(
        0, "filters of a further discriminator on pixels, which sees grain and lattices; 0 for none", least=0, most=512
    )
    adversarial: str = setting("hinge", "the adversarial loss", choices=tuple(losses.ADVERSARIAL))
    pretrain_epochs: int = setting(2, "epochs in which the generator learns to draw; part of --epochs", least=0)
    adversarial_weight: float = setting(3.0, "weight of fooling the discriminator", least=0.0)
    content_weight: float = setting(
        1.0, "weight of keeping the photo's content; lower it if pictures stay photos", least=0.0
    )
    face_weight: float = setting(
        0.0, "so many times more the content of faces counts, which are found in the photos at the start", least=0.0
    )
    drawing_weight: float = setting(3.0, "weight of being like the photo's drawing, pixel by pixel", least=0.0)
    color_weight: float = setting(3.0, "weight of keeping the drawing's colours", least=0.0)
    style_weight: float = setting(0.0, "weight of the shape of the film's Gram matrices", least=0.0)
    variation_weight: float = setting(0.0, "weight of total variation, against noise", least=0.0)
    calm_weight: float = setting(
        20.0, "weight of drawing nothing where the drawing has nothing, such as hair-lines into a smooth sky", least=0.0
    )
    pretrain_calm_weight: float = setting(4.0, "the same while the generator learns to draw", least=0.0)
    consistency_weight: float = setting(
        0.0, "weight of giving the same result for a photo with grain and a shift of a fraction of a pixel", least=0.0
    )
    smooth_weight: float = setting(
        0.5, "the discriminator's weight on anime with smoothed edges, which teaches clear lines", least=0.0
    )
    feature_scale: float = setting(255.0, "VGG19's features are divided by this", least=1e-6)
    pretrain_rate: float = setting(3e-4, "learning rate of the pretraining", least=0.0, most=1.0)
    generator_rate: float = setting(3e-4, "learning rate of the generator", least=0.0, most=1.0)
    discriminator_rate: float = setting(2e-4, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)

    @property
    def multiple(self):
        """What the sides of training pictures must be multiples of."""
        return max(averaged_generator.MULTIPLES[self.network], LOOKS[self.perception].multiple)


def drawn(settings):
    """The stream of drawings: where faces count, those in which they are drawn finer."""
    return "finer_drawing" if settings.face_weight else "drawing"


class FeatureGan(PretrainedFamily):
    """The networks and the losses."""

    Settings = Settings

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        wanted = {"smooth": settings.smooth_weight, "faces": settings.face_weight}
        return ("photo", "anime", drawn(settings), *(name for name, weight in wanted.items() if weight))

    def __init__(self, settings, features, size=None):
        generators = averaged_generator.build(settings)
        self.look, self.chance = LOOKS[settings.perception], SeededRandom()
        self.jury = FeatureDiscriminators(self.look, settings.discriminator_width, settings.pixel_width)
        super().__init__(settings, generators, **self.jury.state)
        self.extractor = features(tuple(self.look.taps))
        self.game = losses.ADVERSARIAL[settings.adversarial]
        self.kinds = ("photo", "anime", *(("smooth",) if settings.smooth_weight else ()))

    def seen(self, picture):
        """[float32 features of a picture, fine to coarse], scaled."""
        scale = self.look.scale or self.settings.feature_scale
        return [ops.cast(tap, "float32") / scale for tap in self.extractor(picture)]

    def forward(self, batch, seed):
        """The picture, the features of all that is given, and if asked the picture of a disturbed photo."""
        picture, kinds = self.generator(batch["photo"]), self.kinds
        # What needs no gradient in one call; phases that use none of it cost nothing, the compiled step leaves it out.
        given = [ops.split(tap, len(kinds)) for tap in self.seen(ops.concatenate([batch[kind] for kind in kinds]))]
        found = {f"{kind}_features": [tap[number] for tap in given] for number, kind in enumerate(kinds)}
        if self.settings.face_weight:
            found["faces"] = batch["faces"]
        if self.settings.consistency_weight:
            photo = batch["photo"]
            shares = self.chance.uniform((ops.shape(photo)[0], 3), seed, 0)
            disturbed = disturb(photo, shares, self.chance.normal(ops.shape(photo), seed, 1))
            found.update(moved=move(picture, shares[:, :2]), again=self.generator(disturbed))
        return {"picture": picture, "picture_features": self.seen(picture), **found}

    def pretrain_losses(self, tensors, seed):
        """Be like the drawing, pixel by pixel, and calm where it is."""
        drawing, picture = tensors[drawn(self.settings)], tensors["picture"]
        return {
            "drawing": Term(losses.absolute_difference(drawing, picture)),
            "calm": Term(losses.roughness_beyond(drawing, picture), self.settings.pretrain_calm_weight),
            **self.consistency(tensors),
        }

    def discriminator_losses(self, tensors, seed):
        """Anime is real; pictures are not, nor is anime without its edges."""
        shown = [kind for kind in ("anime", "picture", "smooth") if f"{kind}_features" in tensors]
        still = [
            (ops.stop_gradient(tensors[kind]), list(map(ops.stop_gradient, tensors[f"{kind}_features"])))
            for kind in shown
        ]
        real, fake, *smooth = self.jury.verdicts(still)
        terms = {"real": Term(mean(self.game.real, real)), "fake": Term(mean(self.game.fake, fake))}
        if smooth:
            terms["smooth"] = Term(mean(self.game.fake, *smooth), self.settings.smooth_weight)
        return terms

    def generator_losses(self, tensors, seed):
        """Fool the judges, while content, colours and the drawing hold."""
        settings = self.settings
        drawing, picture, made = (tensors[name] for name in (drawn(settings), "picture", "picture_features"))
        place = list(self.look.taps).index(self.look.content)
        content = self.kept(tensors, tensors["photo_features"][place], made[place])
        (verdicts,) = self.jury.verdicts([(picture, made)])
        return {
            "adversarial": Term(mean(self.game.fool, verdicts), settings.adversarial_weight),
            "content": Term(content, settings.content_weight),
            "drawing": Term(losses.absolute_difference(drawing, picture), settings.drawing_weight),
            "color": Term(losses.chroma_difference(drawing, picture), settings.color_weight),
            "style": Term(mean(losses.style_shape_difference, tensors["anime_features"], made), settings.style_weight),
            "variation": Term(losses.total_variation(picture), settings.variation_weight),
            "calm": Term(losses.roughness_beyond(drawing, picture), settings.calm_weight),
            **self.consistency(tensors),
        }

    def consistency(self, tensors):
        """The term of making the same of a disturbed photo, if asked."""
        if not self.settings.consistency_weight:
            return {}
        difference = losses.absolute_difference(tensors["moved"], tensors["again"])
        return {"consistency": Term(difference, self.settings.consistency_weight)}

    def kept(self, tensors, photo, made):
        """How far features of a photo and of its picture differ; those of faces count more, if asked."""
        if not self.settings.face_weight:
            return losses.absolute_difference(photo, made)
        marks = (ops.cast(tensors["faces"][..., :1], "float32") + 1.0) / 2.0
        return losses.weighted_difference(photo, made, 1.0 + self.settings.face_weight * marks)

    def judging(self, name, losses, **when):
        """A phase of the judges, whose norms are looked after."""
        return super().judging(name, losses, after=lambda tensors, seed: self.jury.after(), **when)


def mean(function, *maps):
    """The mean of a function over maps."""
    return sum(map(function, *maps)) / len(maps[0])
