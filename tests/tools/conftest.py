"""Films and pictures to try the tools on, made here, and the tools themselves as modules."""

import importlib.util
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def tool():
    """The module of a tool by its name; `tool("video2image").main([...])` runs it."""

    def load(name):
        specification = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load
