"""Which chip is taken, with a Core that claims to see several: there is one processor where tests run."""

import argparse

import numpy as np
import pytest

from japananime import devices as command
from japananime.base.errors import UserError
from japananime.inference import loading, openvino_backend, openvino_core, openvino_devices
from japananime.inference.openvino_core import core as real_core
from japananime.inference.openvino_devices import Device
from japananime.styles import folder as style_folder


class FakeCore:
    """OpenVINO with devices of its own: those named `broken` compile nothing, all others are the real CPU."""

    def __init__(self, seen, broken=(), mute=()):
        self.available_devices, self.broken, self.mute = list(seen), broken, mute
        self.compiled = []

    def get_property(self, name, what):
        if name in self.mute:
            raise RuntimeError("the driver is too old\nand more")
        if name == "CPU":
            return real_core().get_property(name, what)
        return {"FULL_DEVICE_NAME": f"Chip {name}", "OPTIMIZATION_CAPABILITIES": ["FP32", "BIN", "FP16", "INT8"]}[what]

    def compile_model(self, model, device, hints):
        self.compiled.append((device, hints))
        if device in self.broken:
            raise RuntimeError("no memory left on it")
        return real_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


@pytest.mark.parametrize(
    ("seen", "wanted", "taken"),
    [
        (["CPU"], "CPU", "CPU"),
        (["CPU"], "AUTO", "AUTO"),
        (["CPU", "GPU"], "GPU", "GPU"),
        (["CPU", "GPU.0", "GPU.1"], "GPU", "GPU"),
        (["CPU", "GPU.0", "GPU.1"], "GPU.1", "GPU.1"),
        (["CPU", "NPU"], "NPU", "NPU"),
    ],
)
def test_a_device_that_is_there_is_taken(seen, wanted, taken, capsys):
    assert openvino_devices.chosen(FakeCore(seen), wanted) == taken
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("seen", "wanted"), [(["CPU"], "GPU"), (["CPU", "GPU.0"], "NPU"), (["CPU", "GPU.0"], "GPU.1")])
def test_one_that_is_not_there_gives_the_cpu_and_a_line(seen, wanted, capsys):
    assert openvino_devices.chosen(FakeCore(seen), wanted) == "CPU"
    said = f"note: --device {wanted} cannot be used here (OpenVINO sees {', '.join(seen)}), the CPU is\n"
    assert capsys.readouterr().err == said


def test_devices_are_listed_with_what_they_can_do(capsys):
    assert openvino_devices.listed(FakeCore(["GPU.0", "NPU"], mute=["NPU"])) == [
        Device("GPU.0", "Chip GPU.0", ("FP16", "FP32", "INT8")),
        Device("NPU", "NPU", ()),
    ]
    assert "note: NPU: the driver is too old\n" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "name"), [("gpu", "GPU"), ("Gpu.1", "GPU.1"), ("auto", "AUTO"), ("CPU", "CPU")])
def test_names_are_read_in_any_case(text, name):
    assert openvino_devices.named(text) == name


@pytest.mark.parametrize("text", ["TPU", "GPU.", "AUTO.1", "GPU,CPU", ""])
def test_other_names_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="accepted: CPU, GPU, NPU, AUTO"):
        openvino_devices.named(text)


def test_a_device_is_told_what_it_needs():
    assert openvino_devices.hints("GPU", "auto") == {"PERFORMANCE_HINT": "LATENCY"}
    assert openvino_devices.hints("GPU", "float32") == {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    assert openvino_devices.hints("AUTO", "auto") == {"PERFORMANCE_HINT": "LATENCY", "ENABLE_STARTUP_FALLBACK": False}


@pytest.mark.parametrize(
    ("taken", "speed", "calls"),
    [
        ([4.0, 1.0], 1.0, 7),  # six more end at the tenth second
        ([1.0, 4.0], 0.25, 3),  # a third would end after it
        ([11.0], None, 1),
        ([9.0, 9.0], 1 / 9, 2),  # nobody knows before how long the first one takes
    ],
)
def test_speed_is_measured_in_ten_seconds_without_the_first_call(taken, speed, calls):
    now, made = [100.0], []

    def work():
        now[0] += taken[min(len(made), len(taken) - 1)]
        made.append(now[0])

    assert openvino_devices.frames_per_second(work, clock=lambda: now[0]) == (
        None if speed is None else pytest.approx(speed)
    )
    assert len(made) == calls


@pytest.fixture
def seeing(monkeypatch):
    """A function that puts a FakeCore in the place of the real one."""

    def put(*arguments, **options):
        fake = FakeCore(*arguments, **options)
        monkeypatch.setattr(openvino_backend, "core", lambda: fake)
        monkeypatch.setattr(openvino_core, "core", lambda: fake)
        return fake

    return put


def drawn(**options):
    picture = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
    return loading.load(style_folder.find("cel"), "openvino", "float32", drawn_at=0, **options)(picture)


def test_a_network_runs_on_the_device_asked_for(seeing):
    fake = seeing(["CPU", "GPU"])
    on_gpu = drawn(device="GPU")
    assert fake.compiled == [("GPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})]
    assert np.array_equal(on_gpu, drawn())
    assert fake.compiled[1][0] == "CPU"


def test_a_device_that_compiles_nothing_gives_way_to_the_cpu(seeing, capsys):
    fake = seeing(["CPU", "NPU"], broken=["NPU"])
    assert np.array_equal(drawn(device="NPU"), drawn())
    assert [device for device, _ in fake.compiled] == ["NPU", "CPU", "CPU"]
    assert capsys.readouterr().err == "note: --device NPU cannot be used here (no memory left on it), the CPU is\n"


def test_tensorflow_is_not_told_of_devices():
    with pytest.raises(UserError, match="--device is GPU, and .* would run on TensorFlow"):
        loading.load(style_folder.find("cel"), "tensorflow", device="GPU")


def test_openvino_is_taken_where_a_device_is_named(seeing, monkeypatch):
    fake = seeing(["CPU", "GPU"])
    monkeypatch.setattr(loading, "_has_gpu", lambda: True)
    loading.load(style_folder.find("cel"), drawn_at=0, device="GPU")(np.zeros((32, 32, 3), np.uint8))
    assert [device for device, _ in fake.compiled] == ["GPU"]


def test_the_command_measures_each_and_says_of_which_it_cannot(seeing, monkeypatch, capsys):
    seeing(["CPU", "GPU.0", "NPU"], broken=["NPU"])
    monkeypatch.setattr(command, "HEIGHT", 64)
    monkeypatch.setattr(command, "WIDTH", 64)
    monkeypatch.setattr(openvino_devices, "frames_per_second", lambda work: work() is not None and 12.5)
    assert command.main(["--style", "cel"]) == 0
    out = [text.strip() for text in capsys.readouterr().out.splitlines()]
    assert out[2:] == [
        "GPU.0: Chip GPU.0, FP16 FP32 INT8",
        "12.50 frames of 64x64 a second",
        "NPU: Chip NPU, FP16 FP32 INT8",
        "cannot be used",
    ]
    assert out[0].startswith("CPU: ") and out[1] == "12.50 frames of 64x64 a second"
