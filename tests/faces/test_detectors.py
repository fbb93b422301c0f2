import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from japananime.faces import boxes, detectors, squares
from japananime.image import files as image_files
from japananime.inference.openvino_backend import OpenVinoNetwork
from japananime.networks import face_detector
from japananime.networks.pixels import to_bytes, to_signed
from japananime.styles import graph

ORIGIN = Path(__file__).resolve().parents[2] / "Pretrain" / "origin"
# The astronaut's face in a picture of 512 pixels; as detectors differ, good to a sixth of it.
FACE = (174, 70, 96)


def test_the_bundled_network_gives_what_keras_gives(random):
    folder = detectors.FOLDER
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1_000_000
    model = face_detector.build()
    model.load_weights(folder / detectors.WEIGHTS_FILE)
    network = OpenVinoNetwork(graph.read(folder), folder / detectors.WEIGHTS_FILE, "float32")
    assert network.reach <= boxes.OVERLAP / 2
    tile = random.integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)
    ours = network.whole(tile)
    expected = np.asarray(to_bytes(model(to_signed(tile))))
    assert ours.shape == (1, 64 // boxes.STRIDE, 96 // boxes.STRIDE, 4)
    assert ours.std() > 1
    assert np.abs(ours.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("kind", ["photo", "auto"])
def test_a_persons_face_is_found(kind):
    photo = image_files.read_rgb(ORIGIN / "astronaut.jpg")
    found = detectors.DETECTORS[kind](smallest=40, threshold=0.5)(photo)
    factor = photo.shape[0] / 512
    assert len(found) == 1
    assert found[0, :3] == pytest.approx([factor * value for value in FACE], abs=16 * factor)
    assert 0.5 <= found[0, 3] <= 1


@pytest.mark.parametrize("smallest", [16, 24, 33, 60, 90])
def test_the_smallest_size_asked_for_hides_no_larger_face(smallest):
    photo = image_files.read_rgb(ORIGIN / "astronaut.jpg")
    found = detectors.PhotoFaces(smallest=smallest, threshold=0.8)(photo)
    factor = photo.shape[0] / 512
    assert found[0, :3] == pytest.approx([factor * value for value in FACE], abs=16 * factor)


def test_a_face_from_the_right_is_where_its_mirror_image_says():
    photo = image_files.read_rgb(ORIGIN / "astronaut.jpg")
    detect = detectors.PhotoFaces(smallest=40)
    (x, y, size), (other, y_other, size_other) = (detect(picture)[0, :3] for picture in (photo, photo[:, ::-1].copy()))
    assert other == pytest.approx(photo.shape[1] - x - size, abs=8)
    assert (y_other, size_other) == pytest.approx((y, size), abs=10)


@pytest.mark.parametrize("kind", detectors.DETECTORS)
def test_no_face_in_an_empty_picture(kind):
    detect = detectors.DETECTORS[kind]()
    assert len(detect(np.full((90, 120, 3), 200, np.uint8))) == 0
    assert len(detect(np.full((3, 1, 3), 200, np.uint8))) == 0


def test_flatness_by_hand():
    picture = np.zeros((5, 5, 3), np.uint8)
    assert detectors.flatness(picture) == 1.0
    picture[2, 2] = 200
    # 16 pixels have neighbours right and below; the bright one differs from both, its left and upper ones from it.
    assert detectors.flatness(picture) == 13 / 16


@pytest.mark.parametrize("degrees", [-20, 8, 25])
def test_the_line_through_the_eyes_turns_with_the_picture(degrees):
    photo = Image.open(ORIGIN / "astronaut.jpg")
    detect = detectors.PhotoFaces(smallest=40)

    def tilt(picture):
        _, _, size, _, *eyes = detect(picture)[0]
        return math.degrees(squares.tilt(eyes[:2], eyes[2:], size))

    straight, turned = map(tilt, (np.asarray(photo), np.asarray(photo.rotate(-degrees, Image.Resampling.BICUBIC))))
    assert -6 <= straight <= 6
    assert turned - straight == pytest.approx(degrees, abs=4)
