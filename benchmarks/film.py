"""Films: how still they stay, and what reading and writing cost beside the network.

    python benchmarks/film.py FILM [--style NAME] [--frames 48] [--width 320]

prints two ratios, each with both sides measured in this run on the same frames of the film: flicker with statistics
per shot over flicker with statistics per frame (for a style that normalises by the picture), and frames per second
of the whole command, from file to file, over those of the network with all frames in memory.
"""

import argparse
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.image.files import Picture  # noqa: E402
from japananime.inference import loading  # noqa: E402
from japananime.styles import folder as style_folder  # noqa: E402
from japananime.stylizing import films as film_stylizing  # noqa: E402
from japananime.stylizing import planning  # noqa: E402
from japananime.stylizing.film_work import FilmSettings  # noqa: E402
from japananime.video import shots  # noqa: E402
from japananime.video import source as film_source  # noqa: E402
from japananime.video.frames import TimedFrame  # noqa: E402
from japananime.video.steadiness import Flicker  # noqa: E402


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("--style", help="default: the bundled one")
    parser.add_argument("--frames", type=int, default=48, help="so many from the beginning (default 48)")
    parser.add_argument("--width", type=int, default=320, help="made smaller to this first (default 320)")
    parsed = parser.parse_args()
    engine = load(parsed.style)
    with tempfile.TemporaryDirectory() as folder:
        source = shrunk(parsed.film, Path(folder, "film.mp4"), parsed.frames, parsed.width)
        photos = [frame.load().rgb for frame in film_source.open_film(source).frames()]
        engine(photos[0])  # whatever is prepared once is prepared now
        flicker(engine, photos)
        speed(engine, photos, source)


def load(style):
    """The engine as the command makes it."""
    return loading.load(style_folder.find(style or style_folder.DEFAULT))


def shrunk(film, target, count, width):
    """The first frames of a film, made smaller: a file to work on."""
    source = film_source.open_film(film)
    height = round(source.height * width / source.width / 2) * 2
    with av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=source.rate, width=width, height=height, options={"crf": "12"})
        for frame in islice(source.frames(), count):
            image = av.VideoFrame.from_ndarray(frame.load().rgb, format="rgb24").reformat(width, height, "yuv420p")
            image.pts = frame.number
            out.mux(stream.encode(image))
        out.mux(stream.encode())
    return target


def flicker(engine, photos):
    """Print both scores and their ratio."""
    measure = getattr(engine, "measure", None)
    if measure is None or not measure(photos[:1]):
        print("flicker: this style does not normalise by the picture; frames cannot disturb each other")
        return
    row = [TimedFrame(number, number, 1, lambda photo=photo: Picture(photo)) for number, photo in enumerate(photos)]
    statistics = shots.survey(row, measure)
    alone, shared = Flicker(), Flicker()
    for number, photo in enumerate(photos):
        if number in statistics.begins:
            alone.cut()
            shared.cut()
        alone.add(photo, engine.apply(photo, measure([photo])))
        shared.add(photo, engine.apply(photo, statistics.at(number)))
    print(f"shots in {len(photos)} frames: {len(statistics.begins)}, beginning with frames {statistics.begins}")
    print(f"flicker of still pixels, output over input: {alone.score:.3f} by frame, {shared.score:.3f} by shot")
    print(f"flicker by shot / by frame = {shared.after / alone.after:.3f}")


def speed(engine, photos, source):
    """Print both speeds and their ratio; the faster of two runs each, in turns."""
    settings = FilmSettings(style="benchmark")
    times = {"network": [], "film": []}
    for _ in range(2):
        started = time.monotonic()
        for photo in photos:
            engine(photo)
        times["network"].append(time.monotonic() - started)
        started = time.monotonic()
        for task in planning.plan([source], None, planning.Wanted("made")).films:
            film_stylizing.make(task, engine, settings)
        times["film"].append(time.monotonic() - started)
    network, film = (len(photos) / min(found) for found in (times["network"], times["film"]))
    print(f"frames per second: network alone {network:.2f}, film to film {film:.2f}")
    print(f"film / network = {film / network:.3f}")


if __name__ == "__main__":
    main()
