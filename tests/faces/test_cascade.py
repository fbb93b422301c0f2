"""MTCNN's networks against loops, and how its finds are cut, moved and sorted out."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from japananime.faces import cascade, cascade_networks
from japananime.image import files as image_files

ROOT = Path(__file__).resolve().parents[2]


def weights(stage):
    with np.load(cascade_networks.WEIGHTS) as file:
        return [file[name].astype(np.float64) for name in sorted(file.files) if name.startswith(stage)]


def convolution(x, kernel, bias):
    height, width = (length - side + 1 for length, side in zip(x.shape[:2], kernel.shape[:2], strict=True))
    made = np.zeros((height, width, kernel.shape[3])) + bias
    for row in range(kernel.shape[0]):
        for column in range(kernel.shape[1]):
            made += x[row : row + height, column : column + width] @ kernel[row, column]
    return made


def prelu(x, slopes):
    return np.where(x > 0, x, slopes * x)


def pool(x, side, padded):
    """Over windows at every second pixel; padded: with windows that reach beyond the end, as far as pixels are left."""
    sides = [-(-length // 2) if padded else (length - side) // 2 + 1 for length in x.shape[:2]]
    before = [max(2 * (count - 1) + side - length, 0) // 2 for count, length in zip(sides, x.shape[:2], strict=True)]
    made = np.zeros((*sides, x.shape[2]))
    for row in range(sides[0]):
        for column in range(sides[1]):
            top, left = (2 * place - start * padded for place, start in zip((row, column), before, strict=True))
            made[row, column] = x[max(top, 0) : top + side, max(left, 0) : left + side].max(axis=(0, 1))
    return made


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def scaled(picture):
    return (picture.astype(np.float64) - 127.5) / 128


def test_what_is_proposed_is_what_loops_say(random):
    picture = random.integers(0, 256, (19, 24, 3)).astype(np.uint8)
    left = iter(weights("propose"))
    x = pool(prelu(convolution(scaled(picture), next(left), next(left)), next(left)), 2, padded=True)
    for _ in range(2):
        x = prelu(convolution(x, next(left), next(left)), next(left))
    away, sure = convolution(x, next(left), next(left)), softmax(convolution(x, next(left), next(left)))
    ours = cascade_networks.load()["propose"](picture[None])
    assert ours[0] == pytest.approx(away.transpose(2, 0, 1), abs=1e-4)
    assert ours[1] == pytest.approx(sure[None, ..., 1], abs=1e-4)


@pytest.mark.parametrize(("stage", "side"), [("refine", 24), ("finish", 48)])
def test_what_is_refined_and_finished_is_what_loops_say(random, stage, side):
    picture = random.integers(0, 256, (side, side, 3)).astype(np.uint8)
    left = iter(weights(stage))
    x = scaled(picture)
    for size, padded in {"refine": ((3, 1), (3, 0), (0, 0)), "finish": ((3, 1), (3, 0), (2, 1), (0, 0))}[stage]:
        x = prelu(convolution(x, next(left), next(left)), next(left))
        x = pool(x, size, padded) if size else x
    x = x.transpose(1, 0, 2).ravel()
    x = prelu(x @ next(left) + next(left), next(left))
    expected = [x @ next(left) + next(left) for _ in range(3 if stage == "finish" else 2)]
    expected[-1] = softmax(expected[-1])[1:]
    ours = cascade_networks.load()[stage](np.stack([picture, picture[::-1]]))
    assert [part.shape for part in ours] == [(2, part.size) for part in expected]
    for part, other in zip(ours, expected, strict=True):
        assert part[0] == pytest.approx(other, abs=2e-4)


def test_her_face_and_its_marks_are_where_the_package_mtcnn_finds_them():
    rgb = image_files.read_rgb(ROOT / "Pretrain" / "origin" / "astronaut.jpg")
    corners, sure, marks = cascade.Cascade()(rgb, 20, 0.9)
    # mtcnn 1.0.0 on the same file: a box of 84 by 107 at (180, 65), and these five marks.
    assert len(corners) == 1 and sure[0] > 0.99
    assert corners[0] == pytest.approx([180, 65, 264, 172], abs=6)
    assert marks[0].ravel() == pytest.approx([202, 100, 246, 102, 223, 127, 200, 138, 244, 140], abs=4)


def test_a_square_beyond_the_border_is_gray_there():
    picture = np.zeros((10, 10, 3), np.uint8)
    cut = cascade._cut(picture, np.array([-10.0, 0.0, 10.0, 20.0]), 20)
    assert not cut[:10, 10:].any()
    assert cut.sum() == 127 * 3 * (400 - 100)


def test_squares_around_the_same_middles():
    made = cascade._squares(np.array([[0.0, 0.0, 10.0, 20.0], [4.0, 6.0, 10.0, 8.0]]))
    assert made.tolist() == [[-5, 0, 15, 20], [4, 4, 10, 10]]


def test_edges_are_moved_by_shares_of_the_sides():
    made = cascade._moved(np.array([[0.0, 10.0, 9.0, 29.0]]), np.array([[0.1, -0.1, 0.2, 0.05]]))
    assert made[0] == pytest.approx([1, 8, 11, 30])


def test_of_finds_in_common_the_surest_stays():
    # The second shares 50 with the first, of 150 that either covers; the third, inside of the first, is 25 of 100.
    corners = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [2, 2, 7, 7], [40, 40, 50, 50]])
    sure = np.array([0.9, 0.8, 0.95, 0.7])
    assert cascade._apart(corners, sure, 0.5).tolist() == [2, 0, 1, 3]
    assert cascade._apart(corners, sure, 0.3).tolist() == [2, 0, 3]
    assert cascade._apart(corners, sure, 0.7, of_smaller=True).tolist() == [2, 1, 3]
    assert cascade._apart(corners[:0], sure[:0], 0.5).tolist() == []


def test_it_takes_neither_tensorflow_nor_opencv():
    program = (
        "import sys, numpy\nfrom japananime.faces.detectors import EitherFaces\n"
        "EitherFaces()(numpy.zeros((60, 80, 3), 'uint8'))\n"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'mtcnn'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout == "[]\n"
