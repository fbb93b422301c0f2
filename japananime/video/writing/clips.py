"""A short film of pictures that are all in memory."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

from japananime.base.files import whole

# Hardly any loss: such films are small.
QUALITY = "16"


def write(path: Path, pictures: Iterable[np.ndarray], rate: int) -> None:
    """Write an .mp4 of pictures, uint8 (height, width, 3) with even sides, `rate` of them a second; whole or not."""
    with whole(path) as unfinished, av.open(str(unfinished), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate, options={"crf": QUALITY})
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
        container.mux(stream.encode())
