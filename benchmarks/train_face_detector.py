"""Train the detector of anime faces that tools/face_crop.py brings along.

    python benchmarks/train_face_detector.py --faces FACES --backgrounds FRAMES [PHOTOS ...] --out detector

FACES: square pictures that a face fills. FRAMES, PHOTOS: folders of pictures without anime faces. The faces are pasted
at many sizes and places into these; no picture needs boxes drawn by hand.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
from tqdm import tqdm

from japananime.base import files
from japananime.faces import boxes as faces_boxes
from japananime.image import files as image_files

SIDE = 128


def load(folder, longest):
    """All pictures of a folder as uint8 arrays, no side longer than that."""
    found = []
    for path in image_files.find(folder)[0]:
        rgb = image_files.read_rgb(path)
        factor = min(1.0, longest / max(rgb.shape[:2]))
        found.append(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    return found


def piece(random, picture, shown=None):
    """A random square of a picture, as large as SIDE; shown: pixels of the picture in it."""
    height, width = picture.shape[:2]
    side = int(shown or min(height, width) * random.uniform(0.25, 1.0))
    y, x = (int(random.integers(0, max(1, length - side + 1))) for length in (height, width))
    return cv2.resize(picture[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def mask(random, size):
    """How much of a pasted square is seen, float32 (size, size, 1): an ellipse or a rectangle with soft borders."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    power = random.choice([2.0, 4.0, 16.0])
    distance = (np.abs(x) ** power + np.abs(y) ** power) ** (1 / power)
    soft = random.uniform(0.05, 0.3)
    return np.clip((1.0 - distance) / soft, 0, 1).astype(np.float32)[..., None]


def recolor(random, picture, strength=1.0):
    """A picture with other light, contrast and colours, uint8."""
    levels = np.linspace(0, 1, 256)[:, None] ** np.exp(random.normal(0, 0.35 * strength))
    levels = levels * random.uniform(1 - 0.35 * strength, 1.1) * np.exp(random.normal(0, 0.1 * strength, 3))
    table = np.clip(np.rint(levels * 255), 0, 255).astype(np.uint8)[None]
    color = random.uniform(1 - 0.6 * strength, 1 + 0.3 * strength)
    mixing = color * np.eye(3) + (1 - color) / 3
    return cv2.transform(cv2.LUT(picture, table), mixing)


def turned(random, picture, angle=14):
    """A picture mirrored or not and turned a little."""
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    side = picture.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), random.normal(0, angle), 1.0)
    return cv2.warpAffine(np.ascontiguousarray(picture), turn, (side, side), borderMode=cv2.BORDER_REFLECT)


def paste(random, canvas, picture, x, y, size):
    """Blend a square picture into a canvas, cut off at its borders."""
    size = int(size)
    small = recolor(random, turned(random, cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)), 0.8)
    seen = mask(random, size)
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(size, SIDE - x), min(size, SIDE - y)
    if right > left and bottom > top:
        part = canvas[y + top : y + bottom, x + left : x + right]
        alpha = seen[top:bottom, left:right]
        part[:] = np.rint(part + alpha * (small[top:bottom, left:right].astype(np.float32) - part))


def example(seed, portraits, backgrounds):
    """A picture uint8 (SIDE, SIDE, 3) with faces in it or none, and what `faces.boxes.encode` says of them."""
    random = np.random.default_rng(seed)
    folder = backgrounds[
        random.choice(len(backgrounds), p=[0.7, *[0.3 / (len(backgrounds) - 1)] * (len(backgrounds) - 1)])
    ]
    canvas = recolor(random, piece(random, folder[random.integers(len(folder))]), 0.5)
    for _ in range(random.integers(0, 4)):  # what is pasted but no face
        if random.random() < 0.5:
            other = piece(random, folder[random.integers(len(folder))])
        else:  # an eye or hair or a chin, larger than life
            face = portraits[random.integers(len(portraits))]
            other = piece(random, face, shown=face.shape[0] * random.uniform(0.2, 0.45))
        size = faces_boxes.WINDOW * 2 ** random.uniform(-1, 1.5)
        x, y = (int(random.uniform(-size / 2, SIDE - size / 2)) for _ in range(2))
        paste(random, canvas, other, x, y, size)
    boxes = []
    for _ in range(random.choice(5, p=[0.15, 0.3, 0.3, 0.15, 0.1])):
        growth = random.uniform(-0.7, 0.7) if random.random() < 0.85 else random.uniform(-1.3, 1.8)
        size = int(faces_boxes.WINDOW * 2**growth)
        x, y = (int(random.uniform(-0.2 * size, SIDE - 0.8 * size)) for _ in range(2))
        if any(faces_boxes.overlap((x, y, size), np.array([[*box, 0]]))[0] > 0.05 for box in boxes):
            continue
        paste(random, canvas, portraits[random.integers(len(portraits))], x, y, size)
        boxes.append((x, y, size))
    canvas = recolor(random, canvas, 0.7)
    if random.random() < 0.3:
        canvas = cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.4, 1.2))
    noise = random.standard_normal((SIDE, SIDE, 1), np.float32) * random.uniform(0, 5)
    canvas = np.clip(canvas + noise, 0, 255).astype(np.uint8)
    return canvas, *faces_boxes.encode(boxes, SIDE, SIDE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", required=True, metavar="DIR")
    parser.add_argument("--backgrounds", nargs="+", required=True, metavar="DIR", help="the first is used most")
    parser.add_argument("--out", required=True, metavar="DIR", help="for graph.json and detector.weights.h5")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", metavar="DIR", help="begin with the weights in this folder")
    parsed = parser.parse_args()

    import keras
    import tensorflow as tf
    from keras import ops

    from japananime.networks import face_detector
    from japananime.networks.pixels import to_signed
    from japananime.styles.graph import GRAPH_FILE, to_json
    from japananime.styles.keras_to_graph import describe

    portraits, backgrounds = load(parsed.faces, 128), [load(folder, 480) for folder in parsed.backgrounds]
    keras.utils.set_random_seed(parsed.seed)
    model = face_detector.build(activation="linear")
    # At first nothing is a face, as nearly all cells are none.
    model.get_layer("cells").bias.assign([-1.0, 0.0, 0.0, 0.0])
    if parsed.start:
        model.load_weights(Path(parsed.start, "detector.weights.h5"))
    rates = keras.optimizers.schedules.CosineDecay(
        parsed.rate, parsed.steps, warmup_target=parsed.rate, warmup_steps=100
    )
    optimizer = keras.optimizers.Adam(rates, global_clipnorm=5.0)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=False, autograph=False)
    def step(canvases, values, kinds):
        with tf.GradientTape() as tape:
            cells = model(to_signed(canvases), training=True)
            logits = faces_boxes.SHARPNESS * cells[..., 0]
            positive, negative = (ops.cast(kinds == kind, "float32") for kind in (1, 0))
            sure = ops.sigmoid(logits)
            # Focal loss: cells that are right already, nearly all, count next to nothing.
            hits = positive * (1 - sure) ** 2 * ops.softplus(-logits)
            misses = negative * sure**2 * ops.softplus(logits)
            places = positive * ops.sum(ops.abs(ops.tanh(cells[..., 1:]) - values), axis=-1)
            count = ops.sum(positive) + 1.0
            found = ops.sum(hits + misses) / count
            place = ops.sum(places) / count
            total = found + place
        optimizer.apply(tape.gradient(total, [v.value for v in model.trainable_variables]), model.trainable_variables)
        return found, place

    def batch(number):
        seeds = [(parsed.seed, number, index) for index in range(parsed.batch)]
        examples = [example(seed, portraits, backgrounds) for seed in seeds]
        return [np.stack(part) for part in zip(*examples, strict=True)]

    out = Path(parsed.out)
    out.mkdir(parents=True, exist_ok=True)

    def save():
        finished = face_detector.build()
        finished.set_weights(model.get_weights())
        finished.save_weights(out / "detector.weights.h5")
        files.write_bytes(out / GRAPH_FILE, to_json(describe(finished)).encode())

    with ThreadPoolExecutor(1) as pool, tqdm(total=parsed.steps, mininterval=5) as bar:
        waiting = pool.submit(batch, 0)
        means = np.zeros(2)
        for number in range(parsed.steps):
            ready = waiting.result()
            waiting = pool.submit(batch, number + 1)
            means += 0.02 * (np.array([float(value) for value in step(*ready)]) - means)
            bar.set_postfix_str("found {:.3f}, place {:.3f}".format(*means), refresh=False)
            bar.update()
            if (number + 1) % 200 == 0:
                save()
    save()


if __name__ == "__main__":
    main()
