"""High dynamic range made what a common screen shows: PQ and HLG into BT.709, a highlight kept as a highlight.

Both say how much light a screen gives, in candelas per square metre (ITU-R BT.2100). White is at 203 in them (BT.2408),
and highlights go up to 1000. The tone curve of BT.2390 leaves what is dark as it is, and bends the rest so that 1000
becomes the common screen's white.
"""

import numpy as np

# Names of transfer functions and of primaries: H.273's numbers.
PQ, HLG = 16, 18
BT709, P3, BT2020 = 1, 12, 9
WHITE, PEAK = 203.0, 1000.0
GAMMA = 2.4  # of a common screen (BT.1886)
# Where red, green and blue lie in CIE's x and y; white is D65 in all of them.
PRIMARIES = {
    BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
D65 = (0.3127, 0.3290)


def is_hdr(transfer: int) -> bool:
    """Whether H.273's number of a transfer function is PQ's or HLG's."""
    return transfer in (PQ, HLG)


def to_bt709(levels: np.ndarray, transfer: int, primaries: int = BT2020) -> np.ndarray:
    """Levels of red, green and blue as a common screen shows them: float (..., 3), 0 to 1, both ways.

    transfer: PQ or HLG. primaries: by H.273's number; what is not known here is taken for BT.2020.
    """
    light = pq_light(levels) if transfer == PQ else hlg_light(levels)
    own = PRIMARIES.get(primaries, PRIMARIES[BT2020])
    light = light @ (np.linalg.inv(_to_xyz(PRIMARIES[BT709])) @ _to_xyz(own)).T
    # The strongest of the three is bent and the others go with it, so that a colour stays what it is.
    strongest = light.max(axis=-1, keepdims=True)
    light = light * (tone_curve(strongest) / np.maximum(strongest, 1e-6))
    return (_within(light) / WHITE) ** (1 / GAMMA)


def pq_light(levels: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084: levels from 0 to 1 -> candelas per square metre, up to 10000."""
    power = np.clip(levels, 0, 1) ** (32 / 2523)
    return 10000 * (np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)) ** (16384 / 2610)


def pq_level(light: np.ndarray) -> np.ndarray:
    """The inverse of `pq_light`."""
    power = (np.clip(light, 0, 10000) / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg_light(levels: np.ndarray) -> np.ndarray:
    """ARIB STD-B67: levels from 0 to 1, (..., 3) -> candelas per square metre on a screen that reaches PEAK."""
    levels = np.clip(levels, 0, 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(levels <= 0.5, levels**2 / 3, (np.exp((np.maximum(levels, 0.5) - c) / a) + b) / 12)
    # A screen shows the scene with more contrast than it had, by its luminance.
    return PEAK * scene * (scene @ [0.2627, 0.6780, 0.0593])[..., None] ** 0.2


def tone_curve(light: np.ndarray) -> np.ndarray:
    """BT.2390: candelas per square metre up to PEAK -> up to WHITE; what is more than PEAK becomes WHITE."""
    peak, white = float(pq_level(np.array(PEAK))), float(pq_level(np.array(WHITE)))
    level, most = np.minimum(pq_level(light) / peak, 1), white / peak
    knee = 1.5 * most - 0.5
    t = np.maximum(level - knee, 0) / (1 - knee)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return pq_light(np.where(level < knee, level, bent) * peak)


def _within(light: np.ndarray) -> np.ndarray:
    """Light of colours that BT.709 cannot show, with just so much white that it can.

    Some of their light is negative; the strongest stays as it is, so that nothing becomes brighter than WHITE.
    """
    strongest, least = light.max(axis=-1, keepdims=True), light.min(axis=-1, keepdims=True)
    share = strongest / np.maximum(strongest - np.minimum(least, 0), 1e-6)
    return np.clip(strongest - (strongest - light) * share, 0, WHITE)


def _to_xyz(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Linear red, green and blue -> CIE's XYZ, (3, 3)."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    x, y = D65
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])
