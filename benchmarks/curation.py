"""How often each reason for which frames are rejected or flagged is right, and how much of what it is for it finds.

    pip install -r requirements.txt
    python benchmarks/curation.py --pictures DIR --labels labels.csv

DIR holds a folder for each film with its frames, whose names sort as they follow. labels.csv has the columns `file`
(FILM/frame.jpg) and `reasons`: what somebody sees in it, words with spaces between, of

    dark flat plain blurred text    nothing else to learn from; text is letters laid over the picture
    similar                         nothing new beside an earlier frame of the film
    subtitles logo                  laid over it
    recurring                       in another film as well: openings, endings, recaps

Frames that the file does not name are left out. Every reason is judged alone, whatever else a frame was rejected for;
`credits` is held to `text`, and `worthless` is any of dark, flat, plain and blurred for any of them.
"""

import argparse
import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from japananime.base.jobs import progress_bar  # noqa: E402
from japananime.datasets import overlays, rejection, reviewing, scenes  # noqa: E402
from japananime.datasets.building import Candidate  # noqa: E402
from japananime.image import files as image_files  # noqa: E402

# Subtitles to draw: their height as a share of the picture's, colours and words. Their numbers have no common factor.
SIZES, FILLS = (0.045, 0.055, 0.07), ("white", "#ffee55")
SAID = (
    "Where did you go?",
    "I told you: not before the summer is over.",
    "Wait!  - No, I will not wait any longer.",
    "What a day.\nLet us go home.",
    "Yes.",
)
LIMITS = rejection.Thresholds()
OWN = ("dark", "flat", "plain", "blurred", "text")
# All of the picture, whichever of them is named first.
WORTHLESS = "worthless"
BAD = ("dark", "flat", "plain", "blurred")


def read_labels(path):
    """{FILM/frame: set of reasons}, in the order of names."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: set(row["reasons"].split()) for row in csv.DictReader(file)}
    return dict(sorted(rows.items()))


def alone(measures, reason):
    """Whether a frame is rejected for a reason, whatever else is wrong with it."""
    limits = rejection.Thresholds(-1, **{name: getattr(LIMITS, name) if name == reason else 0.0 for name in OWN})
    return rejection.rejection_of(measures, limits) is not None


def find(folder, names):
    """{reason: set of the frames that it flags}."""
    films: dict[str, list] = {}
    found: dict[str, set] = {reason: set() for reason in (*OWN, "credits", "similar", "subtitles", "logo", "recurring")}
    with progress_bar(len(names), "frame") as bar:
        for name in names:
            film, rgb = name.split("/")[0], image_files.read_rgb(folder / name)
            frames = films.setdefault(film, [])
            one = Candidate("anime", folder / name, name, folder / film, film, time=float(len(frames)))
            one.measures = rejection.measure(rgb)
            frames.append(one)
            for reason in OWN:
                found[reason] |= {name} if alone(one.measures, reason) else set()
            found["credits"] |= {name} if one.measures.text >= reviewing.LETTERED else set()
            found["subtitles"] |= {name} if overlays.subtitles(rgb) >= overlays.LETTERS else set()
            bar.update()
    for frames in films.values():
        same = rejection.judge([one.measures for one in frames], rejection.Thresholds(LIMITS.similar, 0, 0, 0, 0, 0))
        found["similar"] |= {one.name for one, verdict in zip(frames, same, strict=True) if verdict}
        if overlays.has_logo(one.read() for one in frames[:: max(1, len(frames) // reviewing.SAMPLES)]):
            found["logo"] |= {one.name for one in frames}
    everything = [one for frames in films.values() for one in frames]
    found["recurring"] = set(scenes.recurring(everything))
    found[WORTHLESS] = set().union(*(found[reason] for reason in BAD))
    return found


def seen(labels, reason):
    """The frames in which somebody sees what a reason is for."""
    of = {"credits": ("text",), WORTHLESS: BAD}.get(reason, (reason,))
    return {name for name, reasons in labels.items() if reasons & set(of)}


def subtitled(rgb, number):
    """A frame with a line of subtitles, the number-th of several sorts: uint8 (height, width, 3)."""
    image = Image.fromarray(rgb)
    font = ImageFont.load_default(image.height * SIZES[number % len(SIZES)])
    ImageDraw.Draw(image).multiline_text(
        (image.width / 2, 0.96 * image.height),
        SAID[number % len(SAID)],
        font=font,
        fill=FILLS[number % len(FILLS)],
        stroke_width=max(1, image.height // 180),
        stroke_fill="black",
        anchor="md",
        align="center",
    )
    return np.asarray(image)


def find_subtitled(folder, names):
    """Of how many frames subtitles are seen that were drawn on them."""
    frames = (subtitled(image_files.read_rgb(folder / name), number) for number, name in enumerate(names))
    return sum(overlays.subtitles(frame) >= overlays.LETTERS for frame in frames)


def main():
    """Print the table, and with --wrong which frames it is about."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", required=True, type=Path, metavar="DIR", help="frames, a folder a film")
    parser.add_argument("--labels", required=True, metavar="FILE", help="what somebody sees in them")
    parser.add_argument("--wrong", action="store_true", help="also name the frames that are flagged or passed wrongly")
    parser.add_argument("--subtitled", action="store_true", help="also draw subtitles on the frames, and look for them")
    parsed = parser.parse_args()
    labels = read_labels(parsed.labels)
    found = find(parsed.pictures, labels)
    print(f"{len(labels)} frames")
    print("reason     labelled  flagged  of these rightly  precision  recall")
    for reason, flagged in found.items():
        wanted = seen(labels, reason)
        right = len(wanted & flagged)
        shares = [f"{100 * right / len(part):.0f} %" if part else "–" for part in (flagged, wanted)]
        print(f"{reason:<10} {len(wanted):>8} {len(flagged):>8} {right:>17} {shares[0]:>10} {shares[1]:>7}")
        if parsed.wrong:
            for words, names in (("wrongly", flagged - wanted), ("missed", wanted - flagged)):
                print(*(f"    {words}: {name}" for name in sorted(names)), sep="\n")
    if parsed.subtitled:
        print(f"subtitles drawn on {len(labels)} frames are seen on {find_subtitled(parsed.pictures, labels)}")


if __name__ == "__main__":
    main()
