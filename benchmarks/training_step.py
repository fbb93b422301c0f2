"""One training step of the main system, ours against plain PyTorch, and the share of time that ours waits for data.

Same networks at the published widths, same losses (cross-entropy game, VGG19 content and style), same batch, same
precision, weights random on both sides. The two take turns in one process, and the medians are compared.

    pip install -r benchmarks/requirements.txt
    python benchmarks/training_step.py [--size 256] [--rounds 7]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keras
import numpy as np
import tensorflow as tf
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from japananime.perception import features
from japananime.training import data as training_data
from japananime.training.families import japananimegan
from japananime.training.runner import Runner

SEED = tf.constant([0, 0], tf.int32)
STAGE = 5  # an epoch after the pretraining: discriminator and generator are due


class OurStep:
    """The step as `japananime.train` takes it."""

    def __init__(self, precision, size, batch):
        keras.config.set_dtype_policy("float32" if precision == "float32" else f"mixed_{precision}")
        program = japananimegan.JapananimeGan.build(
            japananimegan.Settings(), lambda taps: features.vgg19("random", taps)
        )
        self.runner = Runner(program, precision=precision)
        self.phases = self.runner.due(STAGE, 0)
        random = np.random.default_rng(0)
        images = {name: random.uniform(-1, 1, (batch, size, size, 3)) for name in program.streams}
        self.batch = {name: tf.constant(values, tf.float32) for name, values in images.items()}

    def __call__(self, batch=None):
        rates = {phase.name: phase.rate for phase in self.phases}
        return self.runner.step(self.phases, batch or self.batch, SEED, rates, 0.999)


def convolution(inputs, outputs, kernel=3, stride=1, bias=True):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)


def norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


class TorchResidual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        first, second = (convolution(channels, channels, bias=False) for _ in range(2))
        self.change = nn.Sequential(first, norm(channels), nn.ReLU(), second, norm(channels))

    def forward(self, x):
        return x + self.change(x)


def torch_generator(width=64, blocks=8):
    layers = [convolution(3, width, 7, bias=False), norm(width), nn.ReLU()]
    for wide in (2 * width, 4 * width):
        layers += [convolution(wide // 2, wide, stride=2), convolution(wide, wide, bias=False), norm(wide), nn.ReLU()]
    layers += [TorchResidual(4 * width) for _ in range(blocks)]
    for wide in (2 * width, width):
        layers += [nn.ConvTranspose2d(2 * wide, wide, 3, 2, 1, output_padding=1)]
        layers += [convolution(wide, wide, bias=False), norm(wide), nn.ReLU()]
    return nn.Sequential(*layers, convolution(width, 3, 7), nn.Tanh())


def torch_discriminator(width=32):
    layers = [convolution(3, width), nn.LeakyReLU(0.2)]
    channels = width
    for wide in (2 * width, 4 * width):
        layers += [convolution(channels, wide, stride=2), nn.LeakyReLU(0.2)]
        layers += [convolution(wide, 2 * wide, bias=False), norm(2 * wide), nn.LeakyReLU(0.2)]
        channels = 2 * wide
    layers += [convolution(channels, channels, bias=False), norm(channels), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, convolution(channels, 1))


def torch_vgg19():
    layers, channels = [], 3
    for wide, count in ((64, 2), (128, 2), (256, 4), (512, 4)):
        for _ in range(count):
            layers += [convolution(channels, wide), nn.ReLU()]
            channels = wide
        layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers[:-2]).requires_grad_(False)  # conv4_4 before its activation


class TorchStep:
    """The same step as a person would write it in PyTorch."""

    def __init__(self, precision, size, batch):
        self.generator, self.discriminator, self.vgg = torch_generator(), torch_discriminator(), torch_vgg19()
        self.average = torch_generator().requires_grad_(False)
        self.optimizers = [
            torch.optim.Adam(model.parameters(), 1e-4, betas=(0.5, 0.999))
            for model in (self.discriminator, self.generator)
        ]
        self.precision = precision
        random = np.random.default_rng(0)
        images = (random.uniform(-1, 1, (batch, 3, size, size)) for _ in range(3))
        self.photo, self.anime, self.smooth = (torch.tensor(values, dtype=torch.float32) for values in images)
        self.mean = torch.tensor([103.939, 116.779, 123.68]).reshape(1, 3, 1, 1)

    def seen(self, picture):
        return self.vgg((picture.flip(1) + 1) * 127.5 - self.mean).float() / 255

    def __call__(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bfloat16"):
            self.step()

    def step(self):
        bce = functional.binary_cross_entropy_with_logits
        made = self.generator(self.photo).float()
        loss = 0
        for picture, label in ((self.anime, 1.0), (made.detach(), 0.0), (self.smooth, 0.0)):
            logits = self.discriminator(picture).float()
            loss = loss + bce(logits, torch.full_like(logits, label))
        self.update(self.optimizers[0], loss)
        logits = self.discriminator(made).float()
        made_features, anime_features, photo_features = map(self.seen, (made, self.anime, self.photo))
        loss = bce(logits, torch.ones_like(logits)) + 10 * (photo_features - made_features).abs().mean()
        loss = loss + (gram(anime_features) - gram(made_features)).abs().mean()
        self.update(self.optimizers[1], loss)
        with torch.no_grad():
            for live, average in zip(self.generator.parameters(), self.average.parameters(), strict=True):
                average.lerp_(live, 0.001)

    @staticmethod
    def update(optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def gram(features):
    batch, channels, height, width = features.shape
    flat = features.float().reshape(batch, channels, height * width)
    return flat @ flat.transpose(1, 2) / (channels * height * width)


def seconds(step):
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def compare(precision, size, batch, rounds):
    """Print medians and the ratio for one precision."""
    ours, theirs = OurStep(precision, size, batch), TorchStep(precision, size, batch)
    for step in (ours, theirs, ours, theirs):
        step()
    times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    our_time, their_time = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(b / a for a, b in times)
    print(f"{precision:9} ours {our_time:.3f} s, PyTorch eager {their_time:.3f} s: PyTorch takes {ratio:.2f} x as long")
    return ours


def waiting(step, size, batch, steps):
    """Print the share of time that a training at this step's speed waits for its data, decoded anew and from memory."""
    with tempfile.TemporaryDirectory() as folder:
        random = np.random.default_rng(0)
        for number in range(24):
            small = Image.fromarray(random.integers(0, 256, (40, 60, 3)).astype(np.uint8))
            small.resize((1280, 720), Image.Resampling.BICUBIC).save(Path(folder, f"{number}.jpg"), quality=92)
        for words, budget in (("decoded anew from 1280×720 JPEG", 0), ("from memory", 10**9)):
            pool, _ = training_data.gather("photos", folder, training_data.Crop(size), training_data.Budget(budget))
            stream = iter(training_data.batches(dict.fromkeys(step.batch, pool), 0, 0, batch))
            step(next(stream))
            began, waited = time.perf_counter(), 0.0
            for _ in range(steps):
                asked = time.perf_counter()
                images = next(stream)
                waited += time.perf_counter() - asked
                step(images)
            print(f"waiting for data, {words}: {waited / (time.perf_counter() - began):.2%} of the time")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256, help="side of the images (default 256)")
    parser.add_argument("--batch", type=int, default=1, help="images a step (default 1)")
    parser.add_argument("--rounds", type=int, default=7, help="timed steps of each side (default 7)")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, {given.size}×{given.size}, batch {given.batch}; medians of {given.rounds} rounds")
    for precision in ("float32", "bfloat16"):
        ours = compare(precision, given.size, given.batch, given.rounds)
    waiting(ours, given.size, given.batch, 4 * given.rounds)


if __name__ == "__main__":
    main()
