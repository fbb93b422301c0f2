"""Two workers on one machine against one, with the same global batch: steps a second, and what the exchange costs.

The main system's step of discriminator and generator at the published widths unless --width says otherwise, on random
images, so that no data is waited for. On a machine without GPUs the two workers share its cores, and nothing can be won
but what one process leaves unused; on one with two GPUs each has its own.

    python benchmarks/workers.py [--batch 4] [--size 128] [--width 64] [--workers 2] [--rounds 2] [--steps 6]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=4, help="of all workers together")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2, help="how often one and several take turns")
    parser.add_argument("--steps", type=int, default=6, help="measured in a round, after two that are not")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measure(parsed):
    """Steps of this many workers; the chief prints {"step": seconds, "exchange": seconds, "bytes": number} as JSON."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import numpy as np
    import tensorflow as tf

    from japananime.perception import features
    from japananime.training import workers as training_workers
    from japananime.training.families import japananimegan
    from japananime.training.runner import Runner

    with training_workers.team(parsed.workers, "benchmarks.workers") as team:
        part = team.part(parsed.batch)
        keras.config.set_dtype_policy("float32" if parsed.precision == "float32" else f"mixed_{parsed.precision}")
        keras.utils.set_random_seed(0)
        settings = japananimegan.Settings(width=parsed.width)
        program = japananimegan.JapananimeGan.build(settings, lambda taps: features.vgg19("random", taps))
        runner = Runner(program, precision=parsed.precision, combine=lambda nest: team.mean(nest, part))
        phases = runner.due(settings.pretrain_epochs, 0)
        random = np.random.default_rng(team.rank)
        shape = (part.count, parsed.size, parsed.size, 3)
        batch = {name: tf.constant(random.uniform(-1, 1, shape), tf.float32) for name in program.streams}
        rates = {phase.name: phase.rate for phase in phases}
        seed = tf.constant([0, 0], tf.int32)

        # What a step exchanges, and nothing else: gradients of every phase.
        gradients = [tf.zeros(variable.shape) for phase in phases for variable in phase.variables]
        exchange = tf.function(lambda: team.mean(gradients, part)[0], autograph=False)

        def times(work):
            found = []
            for number in range(parsed.steps + 2):
                team.any(False)  # all begin together
                began = time.monotonic()
                work()
                if number >= 2:
                    found.append(time.monotonic() - began)
            return statistics.median(found)

        step = times(lambda: runner.step(phases, batch, seed, rates, 0.999))
        alone = times(lambda: exchange().numpy())
        size = sum(4 * int(np.prod(gradient.shape)) for gradient in gradients)
        if team.chief:
            print(json.dumps({"step": step, "exchange": alone, "bytes": size}))


def main():
    parsed = parse()
    if parsed.measure:
        measure(parsed)
        return
    found = {1: [], parsed.workers: []}
    for number in range(parsed.rounds):
        for workers in found:
            flags = [f"--{name}={getattr(parsed, name)}" for name in ("batch", "size", "width", "precision", "steps")]
            command = [sys.executable, "-m", "benchmarks.workers", "--measure", f"--workers={workers}", *flags]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
            found[workers].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"round {number + 1}, {workers} workers: {found[workers][-1]['step']:.3f} s a step", flush=True)
    one, several = (statistics.median(each["step"] for each in rounds) for rounds in found.values())
    last = found[parsed.workers][-1]
    exchange = statistics.median(each["exchange"] for each in found[parsed.workers])
    print(
        f"global batch {parsed.batch}, {parsed.size} px, width {parsed.width}, {parsed.precision}, "
        f"{os.cpu_count()} processors"
    )
    print(f"one worker: {1 / one:.3f} steps/s; {parsed.workers} workers: {1 / several:.3f} steps/s")
    print(f"ratio {one / several:.2f}")
    print(
        f"the exchange by itself: {exchange * 1000:.0f} ms for {last['bytes'] / 1e6:.0f} MB a step, "
        f"{exchange / several:.1%} of a step"
    )


if __name__ == "__main__":
    main()
