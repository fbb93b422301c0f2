"""Feature networks that anybody brings: an ONNX file, and a card beside it that says how it wants its pictures."""

from pathlib import Path
from typing import Any

import numpy as np

from japananime.base import json_files
from japananime.base.errors import UserError, reason
from japananime.base.files import refuse_other_kinds
from japananime.base.json_files import Field, one_of, within
from japananime.evaluation.feature_network import FID, FeatureNetwork
from japananime.inference.openvino_core import core

ENDING, CARD_ENDING = ".onnx", ".json"
CMMD = {"gaussian_anime": "CMMD to anime ×1000"}
# Features that scores have published names on, and what the scores are called there.
NAMES: dict[str, dict[str, str]] = {"inception": FID, "clip": CMMD, "other": {}}
PLACES = {"nchw": (0, 3, 1, 2), "nhwc": (0, 1, 2, 3)}


CARD = {
    "name": Field(json_files.TEXT),
    "size": Field(within(8, 2048)),
    "mean": Field(json_files.several(within(-1000, 1000, json_files.NUMBER), 3)),
    "deviation": Field(json_files.several(within(1e-6, 1000, json_files.NUMBER), 3)),
    "layout": Field(one_of(*PLACES)),
    "output": Field(json_files.TEXT, required=False),
    "features": Field(one_of(*NAMES), required=False),
}


def read(path: Path) -> FeatureNetwork:
    """The network in an ONNX file; raises UserError where it or its card are not what they should be."""
    refuse_other_kinds(path)
    if not path.is_file():
        raise UserError(f"--features is '{path}': no such file; accepted: an ONNX file with a card beside it")
    place = path.with_suffix(CARD_ENDING)
    if not place.is_file():
        raise UserError(
            f"--features is '{path}', and its card '{place}' does not exist; it must say {', '.join(CARD)} "
            "(docs/evaluation.md)"
        )
    card = json_files.read(place, "a card of features", CARD)
    name = f"{card['name']} ({path.name}), whole pictures at {card['size']} pixels"
    headings = NAMES[card.get("features", "other")]
    return FeatureNetwork(name, OnnxModel(path, card), 0, side=card["size"], gram=(), headings=headings)


class OnnxModel:
    """A network of one picture at a time: (1, side, side, 3) RGB in [-1, 1] -> its features as one map.

    Of tokens (1, tokens, channels) the map is a row, of a vector (1, channels) one place.
    """

    def __init__(self, path: Path, card: dict[str, Any]) -> None:
        self._mean, self._deviation = (np.array(card[key], np.float32) for key in ("mean", "deviation"))
        self._places = PLACES[card["layout"]]
        side = card["size"]
        try:
            model = core().read_model(path)
            shape = [(1, side, side, 3)[place] for place in self._places]
            model.reshape({model.input(): shape})  # raises where there are several inputs
            hints = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
            compiled = core().compile_model(model, "CPU", hints)
            self._output = compiled.output(card.get("output", 0))
            self._request = compiled.create_infer_request()
            rank = len(self._output.get_partial_shape())
        except RuntimeError as error:  # all that OpenVINO raises
            raise UserError(
                f"--features is '{path}', which does not take one picture of {side} by {side} pixels as its card says "
                f"({reason(error)})"
            ) from error
        if rank not in (2, 3, 4):
            raise UserError(f"--features is '{path}', whose output has {rank} axes; features have 2, 3 or 4")

    def predict_on_batch(self, pictures: np.ndarray) -> np.ndarray:
        """(1, side, side, 3) RGB in [-1, 1] -> (1, height, width, channels)."""
        prepared = ((pictures + 1.0) / 2.0 - self._mean) / self._deviation
        outputs = self._request.infer([np.ascontiguousarray(prepared.transpose(self._places), np.float32)])
        found = np.array(outputs[self._output])
        if found.ndim == 4:
            return found.transpose(np.argsort(self._places))
        return found.reshape(1, 1, -1, found.shape[-1])
