"""Feature networks with Keras' ImageNet weights, known by name; the choice between them and a file."""

from pathlib import Path

from japananime.base.errors import UserError
from japananime.evaluation import onnx_features
from japananime.evaluation.feature_network import FID, FeatureNetwork
from japananime.evaluation.working_size import SQUARE
from japananime.perception import features

FLAG = "--features-weights"


def vgg19(weights, squares=1, flag=FLAG):
    """VGG19 on squares of a picture. weights: as `perception.features.find_weights` returns it."""
    taps = ("block2_conv2", "block3_conv3", "block4_conv4", "block5_conv4")
    return FeatureNetwork(
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


def inception(weights, flag=FLAG):
    """Inception v3 on whole pictures, as FID and KID are published.

    weights: as `perception.features.find_weights` returns it.
    """
    taps = ("mixed0", "mixed2", "mixed5", "mixed10")
    model = features.inception(weights, taps, flag=flag)
    name = "Inception v3 (Keras), whole pictures at 299 pixels"
    return FeatureNetwork(name, model, 0, side=299, frechet=3, kernel=3, content=2, gram=(0, 1, 2), headings=FID)


def mobilenet_v2(weights, flag=FLAG):
    """MobileNetV2 on whole pictures: some twenty times quicker than VGG19. Nobody's published score.

    weights: as `perception.features.find_weights` returns it.
    """
    model = features.mobilenet_v2(weights, ("block_2_add", "block_5_add", "block_12_add", "out_relu"), flag=flag)
    return FeatureNetwork(
        "MobileNetV2 (Keras), whole pictures at 224 pixels",
        model,
        0,
        side=224,
        frechet=3,
        kernel=3,
        content=2,
        gram=(0, 1, 2),
        scaled=True,
    )


def asked_for(network, given, squares=1, say=print):
    """The FeatureNetwork asked for; unless one is, Inception v3, or VGG19 where its weights cannot be had.

    network: "inception", "vgg19", "mobilenet_v2", the path of an ONNX file, or None. given: a path to the weights of
    those with a name, or None for those of the environment or Keras. say: called with a line where VGG19 takes
    Inception's place.
    """
    if network and network.endswith(onnx_features.ENDING):
        if given:
            raise UserError(f"{FLAG} is '{given}'; leave it out, since '{network}' holds its own weights")
        return onnx_features.read(Path(network))
    if network == "vgg19":
        return vgg19(features.find_weights(features.VGG19, given, FLAG), squares)
    if network == "mobilenet_v2":
        return mobilenet_v2(features.find_weights(features.MOBILENET_V2, given, FLAG))
    weights = features.find_weights(features.INCEPTION, given, FLAG)
    try:
        return inception(weights)
    except UserError as error:
        if network or weights != "imagenet":
            raise
        say(f"VGG19 looks at the pictures instead of Inception: {error}")
        return vgg19(features.find_weights(features.VGG19, None, FLAG), squares)
