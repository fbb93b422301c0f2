"""Films: how still they stay, and what reading and writing cost beside the network.

    python benchmarks/film.py FILM [--style NAME] [--frames 48] [--width 320] [--side 0] [--rounds 3]

prints the processor's name and two ratios, each with both sides measured in this run on the same frames of the film:
flicker with statistics per shot over flicker with statistics per frame (for a style that normalises by the picture),
and frames per second of the whole work, from file to file, over those of the network with all frames in memory: of
several short rounds in turns, the median. Then where the time goes, in milliseconds of all processors a frame,
and the network's share of it: the ratio that a machine with nothing else to do would come to, on a busy one too.

--side: short side at which frames are drawn and from which they are enlarged as they are written, as `stylize --speed
realtime` does; the network alone is then given frames of that size. 0: their own size.
"""

import argparse
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flicker import Flicker

from japananime.image.files import Picture
from japananime.image.resize import resize
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import filtering, planning
from japananime.stylizing.film_work import FilmSettings, FilmWork
from japananime.video import shot_statistics
from japananime.video.frames import TimedFrame
from japananime.video.reading import source as film_source
from japananime.video.reading.frame_colors import ACCURATE


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("--style", help="default: the bundled one")
    parser.add_argument("--frames", type=int, default=48, help="so many from the beginning (default 48)")
    parser.add_argument("--width", type=int, default=320, help="made smaller to this first (default 320)")
    parser.add_argument("--side", type=int, default=0, help="short side to draw at (default 0: the film's own)")
    parser.add_argument("--preset", help="of x264 (default: the usual one)")
    parser.add_argument("--rounds", type=int, default=3, help="of both in turns (default 3)")
    parsed = parser.parse_args()
    print(f"processor: {processor()}")
    engine = load(parsed.style)
    with tempfile.TemporaryDirectory() as folder:
        source = shrunk(parsed.film, Path(folder, "film.mp4"), parsed.frames, parsed.width)
        work = work_of(source, parsed.side, parsed.preset)
        photos = [frame.load().rgb for frame in work.source.frames()]
        draw = filtering.applied(engine)
        draw(photos[0])  # whatever is prepared once is prepared now
        if not parsed.side:
            flicker(engine, photos)
        speed(engine, draw, photos, work, parsed.rounds)
        parts(draw, photos, work)
        if parsed.side:
            sizes(work, parsed.side)


def processor():
    """Its name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.processor() or platform.machine()


def work_of(film, side, preset):
    """The work on a film that is drawn at a short side."""
    settings = FilmSettings(style="benchmark")
    (task,) = planning.plan([film], None, planning.Wanted("made")).films
    return FilmWork(task, settings).at_pace(side, None, preset)


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
    statistics = shot_statistics.survey(row, measure)
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


def speed(engine, draw, photos, work, rounds):
    """Print both speeds and their ratio: the median of several rounds, in turns."""
    found = []
    for _ in range(rounds):
        started = time.monotonic()
        for photo in photos:
            draw(photo)
        network = len(photos) / (time.monotonic() - started)
        started = time.monotonic()
        make(engine, work)
        found.append((network, len(photos) / (time.monotonic() - started)))
    for network, film in found:
        print(f"frames per second: network alone {network:.2f}, film to film {film:.2f}, {film / network:.3f}")
    print(f"film / network = {statistics.median(film / network for network, film in found):.3f}")


def make(engine, work):
    """Make the film, from file to file."""
    with work.held():
        work.begin()
        sinks = work.sinks()
        with sinks[0]:
            work.run(engine, work.measured(engine, sinks), work.frames(sinks), sinks)
            sinks[0].finish()
        work.remove()


def parts(draw, photos, work):
    """Print what each part costs, all cores together."""
    frames = list(work.source.frames())
    (sink,) = work.sinks("parts")
    with work.held(), sink:
        seconds = {
            "decoding": taken(lambda: list(work.source.frames())),
            "to RGB, at the size that is drawn": taken(lambda: [frame.load() for frame in frames]),
            "the network": taken(lambda: [draw(photo) for photo in photos]),
            "to YUV at the film's size, and x264": taken(
                lambda: (
                    [sink.write(frame, Picture(photo)) for frame, photo in zip(frames, photos, strict=True)]
                    and sink.close()
                )
            ),
        }
    work.remove()
    for name, value in seconds.items():
        print(f"{name}: {1000 * value / len(photos):.1f} ms a frame")
    print(f"the network's share of that = {seconds['the network'] / sum(seconds.values()):.3f}")


def sizes(work, side):
    """Print what it costs to make frames small and large again, at once and in steps, and how far both differ."""
    own = replace(work.source, loaded_at=None)
    ones, others = list(work.source.frames()), list(own.frames())
    converter = VideoReformatter()

    def to_yuv(rgb):
        image = av.VideoFrame.from_numpy_buffer(rgb, format="rgb24")
        return converter.reformat(image, own.width, own.height, "yuv420p", interpolation=ACCURATE, threads=1)

    def enlarged(rgb):
        return resize(rgb, (own.height, own.width))

    read, shrunk, written, stepped = [], [], [], []
    at_once = taken(lambda: read.extend(frame.load().rgb for frame in ones))
    in_steps = taken(lambda: shrunk.extend(resize(frame.load().rgb, read[0].shape) for frame in others))
    at_once += taken(lambda: written.extend(map(to_yuv, shrunk)))
    in_steps += taken(lambda: stepped.extend(to_yuv(enlarged(rgb)) for rgb in shrunk))
    for name, seconds in (("at once", at_once), ("in steps", in_steps)):
        print(f"to {side} pixels in RGB and back to YUV, {name}: {1000 * seconds / len(ones):.1f} ms a frame")
    planes = [[image.to_ndarray() for image in images] for images in (written, stepped)]
    for name, pairs in (("read", zip(read, shrunk, strict=True)), ("written", zip(*planes, strict=True))):
        away = np.mean([np.abs(one.astype(int) - other).mean() for one, other in pairs])
        print(f"what is {name} differs by {away:.2f} levels")


def taken(work):
    """Seconds of all processors that some work takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
