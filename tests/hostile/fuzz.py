"""A plain mutator over pictures, films and styles: `make fuzz MINUTES=10`.

Files are read in a process of their own, two thousand to a process. One that dies, takes over 3 GB, hangs, or raises
anything but an error of one line has found something, and its input is kept in fuzz-found/.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from film_samples import film, scene

from japananime.base import terminal
from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.styles import folder as style_folder
from japananime.styles import weights as style_weights
from japananime.video import animations
from japananime.video.reading import containers, source

HANG, BYTES, IN_A_PROCESS = 20, 3_000_000_000, 2000
FILMS = {".mp4": "libx264", ".mkv": "libx264", ".avi": "mpeg4", ".ts": "mpeg2video", ".webm": "libvpx"}
WORDS = (b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"-1", b"1e999", b"[" * 50)


def seeds(folder):
    """{file name: bytes} to begin with."""
    found = {}
    pixels = scene(3, 40, 50)
    for kind, mode, options in (
        ("jpg", "RGB", {}), ("jpg", "CMYK", {}), ("png", "RGBA", {}), ("png", "P", {}), ("webp", "RGB", {}),
        ("webp", "RGBA", {"lossless": True}), ("tif", "RGB", {"compression": "tiff_lzw"}), ("tif", "F", {}),
        ("tif", "RGB", {"compression": "jpeg"}), ("bmp", "RGB", {}),
    ):  # fmt: skip
        path = folder / f"seed-{len(found)}.{kind}"
        Image.fromarray(pixels).convert(mode).save(path, **options)
        found[path.name] = path.read_bytes()
    for kind in ("gif", "webp"):
        content, pictures = io.BytesIO(), [Image.fromarray(scene(number, 40, 50)) for number in range(4)]
        pictures[0].save(content, kind.upper(), save_all=True, append_images=pictures[1:])
        found[f"moving.{kind}"] = content.getvalue()
    for suffix, codec in FILMS.items():
        found[f"film{suffix}"] = film(folder / f"film{suffix}", 4, codec=codec).read_bytes()
    style = style_folder.find(style_folder.DEFAULT).path
    for name in ("style.json", "graph.json", style_weights.WEIGHTS_FILE):
        found[name] = (style / name).read_bytes()
    return found


def mutated(chance, content):
    """The same with some bytes changed, left out, doubled or replaced."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        place = chance.randrange(len(changed) or 1)
        # Headers are where readers decide.
        place = chance.choice((place, min(place, chance.randrange(400))))
        kind = chance.randrange(5)
        if kind == 0 and changed:
            changed[place % len(changed)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            word = chance.choice(WORDS)
            changed[place : place + len(word)] = word
        elif kind == 2:
            del changed[place : place + chance.randrange(1, 300)]
        elif kind == 3:
            changed[place:place] = changed[place : place + chance.randrange(1, 300)]
        else:
            del changed[chance.randrange(len(changed) + 1) :]
    return bytes(changed)


def read(path):
    """Read a file as the commands would; a UserError of one line is an answer too."""
    with contextlib.suppress(UserError):
        try:
            if path.name in ("style.json", "graph.json"):
                style_folder.find(path.parent).graph()
            elif path.name == style_weights.WEIGHTS_FILE:
                style_weights.read(path)
            elif path.suffix in containers.EXTENSIONS:
                for frame in source.open_film(path).frames():
                    assert frame.load().rgb.dtype == np.uint8
            elif path.name.startswith("moving"):
                for frame in animations.open_animation(path).frames():
                    frame.load()
            else:
                image_files.read(path, BYTES // 4)
        except UserError as error:
            assert len(terminal.line(error)) < 1500
            raise


def many(number, count, until, folder, beat):
    """One process's share; `beat` holds the time at which the present file was begun, and its place."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = Path(folder)
    table = json.loads((folder / "seeds.json").read_text())
    for turn in range(count):
        if time.time() > until:
            return
        chance = random.Random(f"{number}/{turn}")
        name = chance.choice(table)
        path = folder / "now" / name
        for other in table:  # the files of a style belong together
            if other.endswith((".json", ".h5")):
                (folder / "now" / other).write_bytes((folder / other).read_bytes())
        path.write_bytes(mutated(chance, (folder / name).read_bytes()))
        beat[0], beat[1] = time.time(), table.index(name)
        beat[2] += 1
        read(path)


def main():
    """Mutate for some minutes; the exit status is 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parsed = parser.parse_args()
    until, number, found, total = time.time() + 60 * parsed.minutes, parsed.seed, 0, 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "now").mkdir()
        table = seeds(folder)
        for name, content in table.items():
            (folder / name).write_bytes(content)
        (folder / "seeds.json").write_text(json.dumps(list(table)))
        while time.time() < until:
            number += 1
            beat = multiprocessing.Array("d", [time.time(), 0, 0])
            process = multiprocessing.Process(target=many, args=(number, IN_A_PROCESS, until, place, beat))
            process.start()
            while process.is_alive() and time.time() - beat[0] < HANG:
                process.join(0.5)
            hung = process.is_alive()
            if hung:
                process.kill()
                process.join()
            total += int(beat[2])
            if hung or process.exitcode:
                found += 1
                kept = ROOT / "fuzz-found" / f"{number}-{int(beat[2])}-{list(table)[int(beat[1])]}"
                kept.parent.mkdir(exist_ok=True)
                kept.write_bytes((folder / "now" / list(table)[int(beat[1])]).read_bytes())
                print(f"{'hung' if hung else f'ended with {process.exitcode}'}: {kept}", flush=True)
    print(f"{total} files read in {parsed.minutes:g} minutes (seed {parsed.seed}), {found} of them found something")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
