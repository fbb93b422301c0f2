import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from japananime.image.edge_smoothing import smooth_edges


def pixel_loop(rgb, box=5):
    """The published arithmetic, a pixel and a channel at a time."""
    edges = cv2.Canny(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 100, 200)
    height, width = edges.shape
    reach = box // 2
    near = np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            near[y, x] = edges[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].any()
    line = cv2.getGaussianKernel(box, 0).ravel()
    kernel = np.outer(line, line)
    padded = np.pad(rgb, ((reach, reach), (reach, reach), (0, 0)), mode="reflect").astype(np.float64)
    result = rgb.copy()
    for y in range(height):
        for x in range(width):
            if near[y, x]:
                for channel in range(3):
                    patch = padded[y : y + box, x : x + box, channel]
                    result[y, x, channel] = np.clip(np.rint((patch * kernel).sum()), 0, 255)
    return result


@pytest.fixture
def drawing():
    image = Image.new("RGB", (72, 56), (240, 220, 60))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 6, 50, 44), fill=(30, 90, 200), outline="black", width=2)
    draw.line((0, 55, 71, 0), fill=(200, 20, 40), width=3)
    draw.rectangle((60, 0, 71, 20), fill="white")
    return np.asarray(image)


def test_equals_the_pixel_loop_within_one_level(drawing):
    smoothed = smooth_edges(drawing)
    difference = np.abs(smoothed.astype(int) - pixel_loop(drawing))
    assert difference.max() <= 1
    assert np.abs(smoothed.astype(int) - drawing).max() > 50


def test_flat_areas_stay_as_they_are(drawing):
    smoothed = smooth_edges(drawing)
    assert np.array_equal(smoothed[22:28, 26:32], drawing[22:28, 26:32])


def test_a_picture_without_edges_is_left_alone():
    gray = np.full((20, 30, 3), 127, np.uint8)
    assert np.array_equal(smooth_edges(gray), gray)
