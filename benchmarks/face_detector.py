"""How many faces a detector finds, and how many of its finds are faces.

    python benchmarks/face_detector.py --kind anime --pictures DIR
    python benchmarks/face_detector.py --kind photo --pictures DIR

anime_face_labels.csv and photo_face_labels.csv beside this file hold the answers: squares drawn by eye, good to about a
tenth of their size. `front` are faces seen from the front or half from the side; `side` are profiles, blurred or
covered; `unsure` are animals, puppets, statues and heads turned away, and count neither as found nor as wrong. In
drawings a square holds some of the hair, in photos what is between forehead and chin; faces of less than 32 and 20
pixels are `unsure`. The pictures themselves belong to others.
"""

import argparse
import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from japananime.faces import boxes as faces_boxes
from japananime.faces.detectors import FOLDER, AnimeFaces, PhotoFaces
from japananime.image import files as image_files

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def read_labels(path):
    """{frame: [(x, y, size, kind)]} of all frames looked at, those without a face included."""
    frames = {}
    with Path(path).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            boxes = frames.setdefault(row["frame"], [])
            if row["kind"] != "none":
                boxes.append((*(float(row[key]) for key in ("x", "y", "size")), row["kind"]))
    return frames


def match(found, labels, least_overlap):
    """(kinds of the labels found, of those missed, number of wrong finds); the surest find takes a label first."""
    left, hits, wrong = list(labels), [], 0
    for box in found:
        overlaps = [faces_boxes.overlap(box, np.array([[*label[:3], 0.0]]))[0] for label in left]
        if overlaps and max(overlaps) >= least_overlap:
            hits.append(left.pop(int(np.argmax(overlaps)))[3])
        else:
            wrong += 1
    return hits, [label[3] for label in left], wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=("anime", "photo"), default="anime")
    parser.add_argument("--pictures", required=True, metavar="DIR", help="folder that the labels' paths begin in")
    parser.add_argument("--labels", metavar="FILE", help="others than those beside this file")
    parser.add_argument("--detector", default=FOLDER, metavar="DIR", help="for anime: another one than the bundled")
    parser.add_argument("--overlap", type=float, default=0.3, metavar="X", help="that makes a find right (default 0.3)")
    parsed = parser.parse_args()

    labels = read_labels(parsed.labels or Path(__file__).with_name(f"{parsed.kind}_face_labels.csv"))
    if parsed.kind == "photo":
        detect = PhotoFaces(smallest=20, threshold=min(THRESHOLDS))
    else:
        detect = AnimeFaces(smallest=32, threshold=min(THRESHOLDS), folder=parsed.detector)
    found = {name: detect(image_files.read_rgb(Path(parsed.pictures, name))) for name in labels}
    kinds = [label[3] for boxes in labels.values() for label in boxes]
    faceless = sum(not boxes for boxes in labels.values())
    print(
        f"{len(labels)} pictures, {faceless} without a face; "
        f"faces: {kinds.count('front')} front, {kinds.count('side')} side"
    )
    print("| threshold | precision | recall, all | recall, front | wrong finds | of them where no face is |")
    print("|---|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        hits, wrong, astray = [], 0, 0
        for name, boxes in labels.items():
            sure = found[name][found[name][:, 3] >= threshold]
            right, _, mistakes = match(sure, boxes, parsed.overlap)
            hits, wrong, astray = hits + right, wrong + mistakes, astray + mistakes * (not boxes)
        front, side = hits.count("front"), hits.count("side")
        precision = (front + side) / max(1, front + side + wrong)
        recall = (front + side) / (kinds.count("front") + kinds.count("side"))
        front /= kinds.count("front")
        print(f"| {threshold} | {precision:.3f} | {recall:.3f} | {front:.3f} | {wrong} | {astray} |", flush=True)


if __name__ == "__main__":
    main()
