"""Films to try things on, engines of a few lines of arithmetic, and looking at what was made."""

from fractions import Fraction

import av
import numpy as np

from japananime.stylizing import films as film_stylizing
from japananime.stylizing import planning
from japananime.stylizing.film_work import FilmSettings
from japananime.stylizing.planning import Wanted
from japananime.video.reading.frame_colors import ACCURATE


class Inverse:
    """An "engine" that turns colours round; it has no normalisation."""

    def __init__(self):
        self.calls = 0

    def __call__(self, rgb):
        self.calls += 1
        return 255 - rgb

    def measure(self, pictures):
        return {}


class Centred:
    """An "engine" with normalisation: the mean of each channel becomes 128."""

    def __call__(self, rgb):
        return self.apply(rgb, self.measure([rgb]))

    def measure(self, pictures):
        together = np.concatenate([picture.reshape(-1, 3) for picture in pictures]).astype(np.float32)
        return {"only": (together.mean(0), together.var(0))}

    def apply(self, rgb, statistics):
        return np.clip(rgb - statistics["only"][0] + 128.5, 0, 255).astype(np.uint8)


def scene(number, height, width):
    """A picture that is like no other of the film: bands of colour, and a bright block that moves."""
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([rows * 3 % 200 + 20, columns * 2 % 180 + 40, np.full_like(rows, 90)], -1).astype(np.uint8)
    left = number * 4 % max(1, width - 12)
    picture[4:16, left : left + 12] = [240, 200, 30 + 3 * number % 200]
    return picture


def film(
    path, count=10, *, size=(48, 64), rate=Fraction(25), times=None, codec="libx264", kind="yuv420p", base=None,
    colors=None, audio=False, subtitles=False, picture=scene, options=None, stretch=None, container=None,
):  # fmt: skip
    """Write a film. times: of its frames in ticks of `base`, instead of one frame every 1/rate."""
    base = base or 1 / rate
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, width=size[1], height=size[0], options=options or {})
        stream.pix_fmt, stream.codec_context.time_base = kind, base
        if stretch:
            stream.codec_context.sample_aspect_ratio = stretch
        matrix, full = colors or (None, None)
        if colors:
            stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 2 if full else 1
        sound = out.add_stream("aac", rate=8000) if audio else None
        text = _subtitle_stream(out) if subtitles else None
        for number in range(count):
            image = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
            image = image.reformat(
                format=kind,
                dst_colorspace={6: 5}.get(matrix, matrix),
                src_color_range=2,
                dst_color_range=2 if full else 1,
                interpolation=ACCURATE,
            )
            if colors:
                image.colorspace = matrix
            image.pts, image.time_base = (times[number] if times else number), base
            out.mux(stream.encode(image))
        out.mux(stream.encode())
        if sound:
            _tone(out, sound, (times[-1] if times else count) * base)
        for number in range(3 if text else 0):
            line = f"line {number}".encode()
            packet = av.Packet(line if path.suffix == ".mkv" else len(line).to_bytes(2, "big") + line)
            packet.stream, packet.time_base, packet.duration = text, Fraction(1, 1000), 80
            packet.pts = packet.dts = 100 * number
            out.mux(packet)
    return path


def _subtitle_stream(out):
    return out.add_mux_stream("subrip" if out.format.name == "matroska" else "mov_text")


def _tone(out, stream, seconds):
    wave = np.sin(np.arange(int(8000 * seconds)) * 0.3).astype(np.float32)
    for start in range(0, wave.size - 1023, 1024):
        frame = av.AudioFrame.from_ndarray(np.stack([wave[start : start + 1024]] * 2), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 8000, start, Fraction(1, 8000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode())


def frames(path):
    """[(time in seconds, rgb)] of a film, read with nothing of ours."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = []
        for image in container.decode(stream):
            full = image.format.name.startswith("yuvj") or image.color_range == 2
            matrix = {6: 5, 2: 5}.get(image.colorspace, image.colorspace)
            rgb = image.reformat(
                format="rgb24",
                src_colorspace=matrix if not image.format.is_rgb else None,
                src_color_range=2 if full else 1,
                dst_color_range=2,
                interpolation=ACCURATE,
            )
            found.append((image.pts * stream.time_base, rgb.to_ndarray()))
        return found


def packets(path, kind):
    """[(time, bytes)] of all packets of the tracks of one kind."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        return (
            [
                (stream.index - streams[0].index, packet.pts * packet.time_base, bytes(packet))
                for stream in streams
                for packet in av.open(str(path)).demux(stream.index)
                if packet.size
            ]
            if streams
            else []
        )


def make(source, engine=None, out=None, **settings):
    """Make one film; the path of what was made."""
    settings = FilmSettings(**settings)
    task = task_of(source, out, settings)
    film_stylizing.make(task, engine or Inverse(), settings)
    return task.target


def task_of(source, out=None, settings=None, frames=False, compare=False):
    """The task of one film."""
    settings = settings or FilmSettings()
    wanted = Wanted("new", None, compare, settings.codec, settings.preview is not None, frames)
    plan = planning.plan([source], out, wanted)
    assert not plan.photos
    return plan.films[0]


def near(made, expected, most=6):
    """Whether pictures are the same but for what compression does."""
    return np.abs(made.astype(int) - expected).mean() < most


def cloud(number, height, width):
    """A picture with transparency: opaque on the left, clear on the right."""
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., :3] = scene(number, height, width)
    picture[:, : width // 2, 3] = 255
    return picture


def transparent(path, codec, kind, count=4, options=None):
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, width=64, height=48, options=options or {})
        stream.pix_fmt = kind
        for number in range(count):
            image = av.VideoFrame.from_ndarray(cloud(number, 48, 64), format="rgba").reformat(format=kind)
            image.pts = number
            out.mux(stream.encode(image))
        out.mux(stream.encode())
    return path
