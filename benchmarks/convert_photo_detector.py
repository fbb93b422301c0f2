"""The weights of `japananime/faces/models/photo_face`, out of the package mtcnn: `pip install mtcnn`, then run this."""

from importlib.metadata import files
from pathlib import Path

import joblib
import numpy as np

TO = Path(__file__).resolve().parents[1] / "japananime" / "faces" / "models" / "photo_face" / "weights.npz"
STAGES = {"pnet.lz4": "propose", "rnet.lz4": "refine", "onet.lz4": "finish"}


def main():
    weights = {}
    for file in files("mtcnn"):
        for number, array in enumerate(joblib.load(file.locate()) if file.name in STAGES else ()):
            weights[f"{STAGES[file.name]}/{number:02d}"] = array.astype(np.float16)
    np.savez_compressed(TO, **weights)
    print(f"{len(weights)} arrays, {sum(array.size for array in weights.values())} numbers, into {TO}")


if __name__ == "__main__":
    main()
