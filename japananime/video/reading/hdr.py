"""Films of high dynamic range tone-mapped as they are read: a table of `image.tone_mapping`, applied by FFmpeg."""

import functools
import tempfile
import threading
from pathlib import Path

import av
import av.filter
import numpy as np

from japananime.image import tone_mapping
from japananime.video.color_marks import Colors

# Of the table, between whose places FFmpeg interpolates: colours come out within a third of a level on average.
SIDE = 65
# What frames have to be in. FFmpeg is several times as fast with planes as with packed colours.
PLANES = "gbrp16le"
# How the film is written that is made of one.
WRITTEN = Colors(matrix=1, full=False, primaries=1, transfer=1)
NAMES = {tone_mapping.PQ: "PQ", tone_mapping.HLG: "HLG"}
MOST_GRAPHS = 4  # of a thread: sizes and kinds of frames
_threads = threading.local()


def name(colors: Colors) -> str:
    """PQ or HLG, or "" for a film of the common range."""
    return NAMES.get(colors.transfer, "")


def tone_mapped(planes: av.VideoFrame, colors: Colors) -> np.ndarray:
    """uint8 (height, width, 3), as BT.709 shows it, of a frame in PLANES; colors: what `name` is not "" for."""
    graph = _graph(planes.width, planes.height, colors.transfer, colors.primaries)
    graph.vpush(planes)
    levels: np.ndarray = graph.vpull().to_ndarray()
    # Divided by 257 and rounded.
    levels -= levels >> 8
    levels += 128
    return (levels >> 8).astype(np.uint8)


def _graph(*key: int) -> av.filter.Graph:
    """The filters of this thread for frames of a width, a height, a transfer function and primaries."""
    known = _threads.__dict__.setdefault("graphs", {})
    if key not in known:
        if len(known) == MOST_GRAPHS:
            known.clear()
        known[key] = _made(*key)
    return known[key]


def _made(width: int, height: int, transfer: int, primaries: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add("buffer", f"video_size={width}x{height}:pix_fmt={PLANES}:time_base=1/1000")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.cube")
        path.write_text(_table(transfer, primaries), encoding="ascii")
        table = graph.add("lut3d", file=str(path), interp="tetrahedral")
    graph.link_nodes(source, table, graph.add("buffersink")).configure()
    return graph


@functools.lru_cache(2)
def _table(transfer: int, primaries: int) -> str:
    """What becomes of SIDE³ colours, red fastest, as FFmpeg reads it."""
    steps = np.linspace(0, 1, SIDE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    shown = tone_mapping.to_bt709(np.stack([red, green, blue], -1).reshape(-1, 3), transfer, primaries)
    lines = "\n".join("{:.6f} {:.6f} {:.6f}".format(*color) for color in shown.tolist())
    return f"LUT_3D_SIZE {SIDE}\n{lines}\n"
