"""Libraries that tell their makers how they are used, imported so that they do not; the one place that imports them.

Each is told before its import, since what they report first is the import itself.
"""

import os
import sys
from types import ModuleType


def openvino() -> ModuleType:
    """OpenVINO. As it comes, it reports to Google Analytics and leaves a number that knows the person in `~/intel`."""
    # Where the package that reports cannot be imported, OpenVINO has a stub in its place.
    sys.modules["openvino_telemetry"] = None
    import openvino

    return openvino


def onnxruntime() -> ModuleType:
    """ONNX Runtime. As it comes, it reports to Microsoft and leaves a number and a queue of events in `~/.cache`."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # what Windows itself collects heeds no variable
    return onnxruntime


def gradio() -> ModuleType:
    """Gradio. As it comes, it reports every start and asks for newer versions, and so does its Hugging Face library."""
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_OFFLINE="1")
    import gradio

    return gradio
