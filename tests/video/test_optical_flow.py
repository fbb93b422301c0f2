"""Where pixels were, against motions made by hand."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from japananime.video import optical_flow


def texture(height, width):
    """Blurred noise, uint8 (height, width, 3): something to hold on to everywhere."""
    rgb = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(2)))


@pytest.mark.parametrize("thoroughly", [False, True])
def test_the_flow_of_a_translation_is_the_translation(thoroughly):
    wide = texture(100, 140)
    before, now = wide[10:90, 10:130], wide[13:93, 15:135]
    flow = optical_flow.measured(now, before, thoroughly=thoroughly)
    assert flow.shape == (80, 120, 2)
    # What is at a place now was five columns to the right and three rows further down.
    assert np.abs(flow[10:-10, 10:-10] - [5, 3]).mean() < 0.05


def test_pictures_of_any_size_have_a_flow():
    for shape in ((1, 1, 3), (8, 640, 3), (15, 16, 3)):
        still = np.full(shape, 90, np.uint8)
        assert np.array_equal(optical_flow.measured(still, still), np.zeros((*shape[:2], 2)))


def test_a_picture_is_carried_along():
    before = np.arange(12, dtype=np.float32).reshape(3, 4)
    flow = np.zeros((3, 4, 2), np.float32)
    flow[..., 0] = 1
    moved = [[1, 2, 3, 3], [5, 6, 7, 7], [9, 10, 11, 11]]
    assert optical_flow.carried(before, flow, smooth=False).tolist() == moved
    assert optical_flow.carried(before, flow).tolist() == moved
    assert optical_flow.inside(flow).tolist() == [[True, True, True, False]] * 3
    flow[..., 0] = 0.5
    assert optical_flow.carried(before, flow, smooth=False)[0].tolist() == [0.5, 1.5, 2.5, 3]


def test_what_leads_back_is_seen_in_both():
    flow = np.zeros((1, 6, 2), np.float32)
    flow[0, :, 0] = [2, 2, 2, 0, 0, 0]
    back = np.zeros((1, 6, 2), np.float32)
    back[0, :, 0] = [0, 0, -2, -2, -2, 0]
    # Columns 0 to 2 lead to 2 to 4, and those back. 3 and 4 stay, where the other flow goes two to the left.
    assert optical_flow.seen_in_both(flow, back).tolist() == [[True, True, True, False, False, True]]
