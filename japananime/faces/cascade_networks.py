"""The three networks of MTCNN on OpenVINO, out of one file of weights (`models/photo_face`)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from japananime.inference.openvino_core import core
from japananime.inference.openvino_graph import openvino, ops

WEIGHTS = Path(__file__).parent / "models" / "photo_face" / "weights.npz"
PROPOSE, REFINE, FINISH = "propose", "refine", "finish"
# What each convolution is followed by: pooling over so many pixels a side, or 0 for none.
POOLS = {PROPOSE: (2, 0, 0), REFINE: (3, 3, 0), FINISH: (3, 3, 2, 0)}
# Sides of the squares that they look at; the first, which is moved over the whole picture, at every second pixel.
SIDES = {PROPOSE: 12, REFINE: 24, FINISH: 48}
STRIDE = 2
MARKS = 5

Network = Callable[[np.ndarray], tuple[np.ndarray, ...]]


def load() -> dict[str, Network]:
    """{stage: network}.

    A network takes pictures, uint8 (batch, height, width, 3), and gives float32 arrays: by how much of a side the edges
    (left, top, right, bottom) of the face are away from those of the square; for FINISH where five marks are, first all
    from the left, then all from the top, as shares of the side; and how sure it is, 0 to 1, with one channel. REFINE
    and FINISH give them for each picture, (batch, channels), PROPOSE for each place of one, (channels, rows, columns).
    """
    with np.load(WEIGHTS, allow_pickle=False) as file:
        weights = {name: file[name].astype(np.float32) for name in sorted(file.files)}
    return {
        stage: _compile(stage, [array for name, array in weights.items() if name.startswith(f"{stage}/")])
        for stage in POOLS
    }


def _compile(stage: str, weights: list[np.ndarray]) -> Network:
    left = iter(weights)
    side = -1 if stage == PROPOSE else SIDES[stage]
    pictures = ops.parameter([-1, side, side, 3], np.uint8)
    x = ops.divide(ops.subtract(ops.convert(pictures, "f32"), np.float32(127.5)), np.float32(128))
    x = ops.transpose(x, [0, 3, 1, 2])
    for number, pool in enumerate(POOLS[stage]):
        x = _prelu(_convolution(x, next(left), next(left)), next(left))
        if pool:
            padding = "valid" if (pool, number) == (3, 1) else "same_upper"
            x = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [pool, pool], auto_pad=padding).output(0)
    if stage == PROPOSE:
        outputs = [_convolution(x, next(left), next(left)) for _ in range(2)]
        sure = ops.softmax(outputs.pop(), 1)
    else:
        # Its authors' framework went through columns first.
        x = ops.reshape(ops.transpose(x, [0, 3, 2, 1]), [0, -1], special_zero=True)
        x = _prelu(_dense(x, next(left), next(left)), next(left))
        outputs = [_dense(x, next(left), next(left)) for _ in range(3 if stage == FINISH else 2)]
        sure = ops.softmax(outputs.pop(), 1)
    model = openvino.Model([*outputs, ops.gather(sure, np.array([1]), np.array(1))], [pictures])
    hints = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    compiled = core().compile_model(model, "CPU", hints)

    def network(pictures: np.ndarray) -> tuple[np.ndarray, ...]:
        found = compiled(np.ascontiguousarray(pictures))
        made = [np.array(found[output]) for output in compiled.outputs]
        return tuple(array[0] for array in made) if stage == PROPOSE else tuple(made)

    return network


def _convolution(x: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
    kernel = ops.constant(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
    x = ops.convolution(x, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    return ops.add(x, ops.constant(bias.reshape(1, -1, 1, 1)))


def _dense(x: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
    return ops.add(ops.matmul(x, ops.constant(kernel), False, False), ops.constant(bias.reshape(1, -1)))


def _prelu(x: Any, slopes: np.ndarray) -> Any:
    return ops.prelu(x, ops.constant(slopes.reshape(-1)))
