"""Characters out of random numbers, from few pictures and on small machines.

A light generator with skip excitation plays against heads on projected features of a trained network and a small
discriminator on pixels, with augmentation on everything that is judged. If asked, half of what it makes are training
pictures remade from what an encoder sees in them: then no kind of face is forgotten, and none is made of nothing.
"""

from dataclasses import dataclass

from keras import ops

from japananime.base.settings import setting
from japananime.networks import dcgan_generator, latent_encoder
from japananime.perception import losses
from japananime.perception.features import PERCEPTIONS
from japananime.styles import latents
from japananime.training.families.parts import averaged_generator, fixed_latents
from japananime.training.families.parts.projected_game import GameSettings, ProjectedGame, enlarged
from japananime.training.program import Term


@dataclass(frozen=True)
class Settings(GameSettings):
    """As the bundled characters were trained."""

    latent: int = setting(128, "random numbers that a character is made of", least=1, most=4096)
    width: int = setting(32, "filters of the generator at 64 pixels", least=1, most=512)
    remake_weight: float = setting(
        0.0, "weight of remaking training pictures from what an encoder sees in them; 0 for no encoder", least=0.0
    )
    grid: int = setting(8, "rows and columns of the sheet of characters after each epoch", least=1, most=32)

    sizes = (32, 64, 128, 256)


class Characters(ProjectedGame):
    """The networks and the losses."""

    Settings = Settings
    # How it is trained unless asked otherwise.
    USUAL = {"size": 64, "batch": 16, "epochs": 40, "smallest_crop": 1.0, "average_decay": 0.998}

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("anime",)

    def __init__(self, settings, features, size):
        recipe = {"latent": settings.latent, "size": size, "width": settings.width}
        super().__init__(settings, averaged_generator.pair("skip_excitation", recipe), features, size)
        if settings.remake_weight:
            self.encoder = self.state["encoder"] = latent_encoder.build(settings.latent, size)
            self.compared = features((PERCEPTIONS[settings.perception].layout,))
        self.sheet = latents.draw(settings.grid**2, settings.latent, fixed_latents.SHEET_SEED)

    def make(self, batch, seed):
        """As many characters as there are pictures; with an encoder, the first half are those pictures remade."""
        anime = batch["anime"]
        numbers = self.chance.normal((ops.shape(anime)[0], self.settings.latent), seed)
        if self.settings.remake_weight:
            half = ops.shape(anime)[0] // 2
            seen = latent_encoder.as_drawn(self.encoder(anime[:half], training=True), numbers[:half])
            numbers = ops.concatenate([seen, numbers[half:]])
        return self.generator(numbers, training=True)

    def trained(self):
        """The generator, and the encoder if there is one."""
        return [self.generator, *([self.encoder] if self.settings.remake_weight else [])]

    def generator_losses(self, tensors, seed):
        """Fool the judges; be like the pictures that are remade, pixel by pixel and in features."""
        terms = super().generator_losses(tensors, seed)
        if self.settings.remake_weight:
            half = ops.shape(tensors["anime"])[0] // 2
            pair = [ops.cast(tensors[name][:half], "float32") for name in ("anime", "picture")]
            features = [self.compared(enlarged(picture)) for picture in pair]
            difference = losses.absolute_difference(*pair) + 0.25 * losses.absolute_difference(*features)
            terms["remake"] = Term(difference, self.settings.remake_weight)
        return terms

    def after_generator(self, tensors, seed):
        """Keep up the statistics of the generator's batches."""
        dcgan_generator.follow(self.generator)

    def preview(self, images):
        """Always the same characters."""
        return {"character": fixed_latents.make(self.average, self.sheet)}
