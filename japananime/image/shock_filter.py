"""Soft edges made crisp: what is on the light side of an edge becomes lighter, what is on the dark side darker.

A shock filter (Osher and Rudin 1990), in the form of Kramer and Bruckner: every pixel moves towards the lightest or
the darkest of its neighbours. Areas become flat as gouache is, and nothing overshoots.
"""

import numpy as np

from japananime.image.color import LUMA

# So many times; by this share of the way each time.
TIMES, SHARE = 2, 0.5
# How far light is looked at around a pixel to tell on which side of an edge it is: passes of a blur of 1, 2, 1.
BLURS = 3
# From how sharp an edge on it is treated as one: levels of light by which it bends. Noise bends less.
FULL = 1.0
# Rows treated at once, with as many around as matter to them.
ROWS, AROUND = 32, TIMES * (BLURS + 3)


def crispen(picture: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) -> the same with crisp edges; no value leaves the range of its surroundings."""
    crisp = np.empty_like(picture)
    for top in range(0, len(picture), ROWS):
        first = max(0, top - AROUND)
        part = picture[first : top + ROWS + AROUND].astype(np.float32)
        for _ in range(TIMES):
            part = _step(part)
        crisp[top : top + ROWS] = np.rint(part[top - first :][:ROWS])
    return crisp


def _step(part: np.ndarray) -> np.ndarray:
    side = SHARE * _side(part @ LUMA.astype(np.float32))[..., None]
    # The lightest or the darkest around, whichever the side asks for.
    wanted = np.where(side > 0, _extreme(np.maximum, part), _extreme(np.minimum, part))
    return part + np.abs(side) * (wanted - part)


def _side(light: np.ndarray) -> np.ndarray:
    """Float32 (height, width), -1 to 1: how surely a place is on the light side of an edge (1) or on the dark one."""
    for _ in range(BLURS):
        light = _blur(light)
    down, right = _slope(light, 0), _slope(light, 1)
    bend = down**2 * _slope(down, 0) + 2 * down * right * _slope(down, 1) + right**2 * _slope(right, 1)
    return np.clip(-bend / (down**2 + right**2 + 1e-3) / FULL, -1, 1)


def _blur(light: np.ndarray) -> np.ndarray:
    """By 1, 2, 1 down and across."""
    for axis in (0, 1):
        before, after = _neighbours(light, axis)
        light = 0.25 * (before + after) + 0.5 * light
    return light


def _slope(light: np.ndarray, axis: int) -> np.ndarray:
    before, after = _neighbours(light, axis)
    return 0.5 * (after - before)


def _extreme(which: np.ufunc, part: np.ndarray) -> np.ndarray:
    """The largest or the smallest value of each channel among a pixel and its eight neighbours."""
    for axis in (0, 1):
        before, after = _neighbours(part, axis)
        part = which(which(before, after), part)
    return part


def _neighbours(field: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """What lies before and after each place along an axis; at the border the place itself."""
    if axis:
        longer = np.concatenate([field[:, :1], field, field[:, -1:]], axis)
        return longer[:, :-2], longer[:, 2:]
    longer = np.concatenate([field[:1], field, field[-1:]])
    return longer[:-2], longer[2:]
