"""A style as a file for other programs: writing it, running it in its own runtime, and comparing with Keras."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from japananime.base import private_imports, temporary
from japananime.base.errors import UserError, reason
from japananime.base.files import write_bytes
from japananime.styles import generators, keras_to_graph
from japananime.styles.folder import Style

Run = Callable[[np.ndarray], Any]
PRECISIONS = ("float32", "float16", "int8")
# Two sizes, so that a file whose sides are not open is found out.
SIZES = ((96, 128), (160, 64))
LEVELS = 255


@dataclass(frozen=True)
class Difference:
    """Between two runtimes' pictures of 8 bits: the largest, in levels, and the mean square as decibels."""

    levels: float
    decibels: float


def write(
    style: Style, kind: str, target: Path | str, precision: str = "float32", tolerance: float | None = None
) -> Difference:
    """Write a style as `target` and check it; returns the Difference.

    kind: a key of KINDS. target: a name that is free, a file, or for a kind that is a folder an empty one. tolerance:
    the largest difference in levels of 8 bits that is accepted, or None for the precision's usual one. Raises
    UserError, and leaves nothing behind, if the file's pictures differ more.
    """
    target = Path(target)
    refuse_others_folders(target, kind)
    exporter = KINDS[kind]
    if precision not in exporter.precisions:
        raise UserError(f"--precision is {precision}; accepted with --to {kind}: {', '.join(exporter.precisions)}")
    tolerance = TOLERANCES[precision] if tolerance is None else tolerance
    generator = generators.load(style)
    with temporary.working_folder(target.parent) as folder:
        made = Path(folder, target.name)
        try:
            exporter.write(generator, made, precision)
            difference = compare(generator, exporter.open(made))
        except (UserError, OSError, MemoryError):
            raise
        except Exception as error:  # whatever a converter or a runtime raises on a network that it does not know
            raise UserError(f"--to {kind}: the style '{style.path}' cannot be written so ({reason(error)})") from error
        if not difference.levels <= tolerance:
            raise UserError(
                f"{target} is not written: its pictures differ from Keras' by up to {difference.levels:.2f} levels of "
                f"{LEVELS}; accepted: {tolerance:g} (--tolerance)"
            )
        if target.is_dir():
            target.rmdir()  # which it refuses where somebody has put something there meanwhile
        made.replace(target)
    return difference


def refuse_others_folders(target: Path, kind: str) -> None:
    """Raise UserError where something is in a folder's place that is not ours to replace: any folder but an empty one.

    Of a SavedModel nobody can tell whose it is, and what else lies in its folder.
    """
    if target.is_dir() and (KINDS[kind].suffix or target.is_symlink() or any(target.iterdir())):
        raise UserError(
            f"--out is '{target}', a folder with other things in it, or a link; accepted: a name that is free"
        )


def compare(generator: keras.Model, run: Run) -> Difference:
    """Difference of `run` from Keras, over a test picture in two sizes. run: float32 picture -> the same, as numpy."""
    parts = []
    multiple = keras_to_graph.describe(generator).multiple
    for height, width in SIZES:
        photo = probe(-(-height // multiple) * multiple, -(-width // multiple) * multiple)
        expected = keras.ops.convert_to_numpy(generator(photo, training=False))
        parts.append((np.asarray(run(photo), np.float32) - expected).ravel() * (LEVELS / 2))
    away = np.concatenate(parts)
    if not np.isfinite(away).all():
        return Difference(float("inf"), float("-inf"))
    square = float(np.mean(away.astype(np.float64) ** 2))
    return Difference(float(np.abs(away).max()), 10 * float(np.log10(LEVELS**2 / square)) if square else float("inf"))


def probe(height: int, width: int) -> np.ndarray:
    """A picture to test with, float32 (1, height, width, 3) in [-1, 1]: soft areas, edges and a little noise."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[0:height, 0:width] / 32.0
    channels = [np.sin(rows * a + columns * b) for a, b in ((1.0, 0.3), (0.4, 1.1), (0.7, 0.7))]
    picture = 0.6 * np.stack(channels, axis=-1) + np.where((rows + columns) % 2 < 1, 0.3, -0.3)[..., None]
    picture += random.normal(0.0, 0.03, picture.shape)
    return np.clip(picture, -1.0, 1.0).astype(np.float32)[None]


class Exporter(Protocol):
    """One kind of file: its suffix and the precisions it can have."""

    suffix: str
    precisions: tuple[str, ...]

    @staticmethod
    def write(generator: keras.Model, path: Path, precision: str, /) -> None:
        """Write the file."""

    @staticmethod
    def open(path: Path, /) -> Run:
        """Something that runs it: float32 picture -> the same."""


class _Onnx:
    suffix: str = ".onnx"
    precisions: tuple[str, ...] = ("float32",)

    @staticmethod
    def write(generator: keras.Model, path: Path, _: str) -> None:
        from japananime.inference import onnx_graph as onnx_export

        weights = {layer.name: [np.asarray(tensor) for tensor in layer.weights] for layer in generator.layers}
        model = onnx_export.build(keras_to_graph.describe(generator), weights)
        write_bytes(path, model.SerializeToString())

    @staticmethod
    def open(path: Path) -> Run:
        session = private_imports.onnxruntime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return lambda photo: session.run(None, {"photo": photo})[0]


class _Lite:
    suffix: str = ".tflite"
    precisions: tuple[str, ...] = PRECISIONS

    @staticmethod
    def write(generator: keras.Model, path: Path, precision: str) -> None:
        from japananime.exporting import tflite as tflite_export

        write_bytes(path, tflite_export.convert(generator, precision))

    @staticmethod
    def open(path: Path) -> Run:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=str(path))
        entry, leaving = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

        def run(photo):
            interpreter.resize_tensor_input(entry, photo.shape)
            interpreter.allocate_tensors()
            interpreter.set_tensor(entry, photo)
            interpreter.invoke()
            return interpreter.get_tensor(leaving)

        return run


class _SavedModel:
    suffix: str = ""
    precisions: tuple[str, ...] = ("float32",)

    @staticmethod
    def write(generator: keras.Model, path: Path, _: str) -> None:
        generator.export(path, format="tf_saved_model", verbose=False)

    @staticmethod
    def open(path: Path) -> Run:
        import tensorflow

        loaded = tensorflow.saved_model.load(str(path))
        return lambda photo: loaded.serve(photo)


class _Keras:
    suffix: str = ".keras"
    precisions: tuple[str, ...] = ("float32",)

    @staticmethod
    def write(generator: keras.Model, path: Path, _: str) -> None:
        generator.save(path)

    @staticmethod
    def open(path: Path) -> Run:
        return keras.saving.load_model(path, compile=False, safe_mode=True)


KINDS: dict[str, type[Exporter]] = {"onnx": _Onnx, "tflite": _Lite, "savedmodel": _SavedModel, "keras": _Keras}
# Levels of 8 bits, at the worst pixel.
TOLERANCES = {"float32": 0.5, "float16": 1.5, "int8": 16.0}
