"""The cookbook, typed: each command that takes neither a training nor a person is run, and makes what is said."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from film_samples import film
from PIL import Image

from japananime import __main__ as command

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
RECIPES = {
    heading: [line for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines()]
    for heading, text in re.findall(r"^## (\d+\. .+?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
}
# Trainings, and what waits for a person or for weights that must be downloaded: their flags are held to the commands
# by test_documents, and what they do by tests of their own.
NOT_HERE = re.compile(r" train | evaluate |build_dataset|--open|--style runs/| export ")
MADE = {
    "1": {"photo-all.jpg", "photo-pastel.jpg"},
    "2": {"bold.jpg", "gentle.jpg", "mixed.jpg"},
    "3": {f"holiday-anime/{name}" for name in ("a.jpg", "a-compare.jpg", "b.jpg", "b-compare.jpg")},
    "4": {"film-cel-preview.mp4", "film-cel.mp4"},
    "5": {"dance-watercolor.webp"},
    "6": {f"crew/character-{number:04d}.png" for number in range(1, 17)}
    | {f"crew/{name}" for name in ("sheet.png", "mix.png", "interpolation.png", "interpolation.mp4")},
    "9": {f"made/{style}/{name}.jpg" for style in ("cel", "pastel") for name in "ab"} | {"votes/votes.md"},
    "10": {"mine.zip", "photo-watercolor.jpg"},  # the style that stands in for runs/mine
}


@pytest.fixture
def kitchen(tmp_path, tmp_path_factory, monkeypatch):
    """A folder with what the recipes take, all of it small."""
    monkeypatch.chdir(tmp_path)
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path_factory.mktemp("own")))
    cat = Image.open(ROOT / "Pretrain" / "origin" / "cat.jpg").convert("RGB").resize((96, 64))
    (tmp_path / "holiday").mkdir()
    for path in ("photo.jpg", "holiday/a.jpg", "holiday/b.jpg"):
        cat.save(tmp_path / path)
    film(tmp_path / "film.mp4", 6)
    cat.save(tmp_path / "dance.webp", save_all=True, append_images=[cat.rotate(180)], duration=80)
    shutil.copytree(ROOT / "checkpoints" / "watercolor", tmp_path / "runs" / "mine")
    return tmp_path


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_there_are_ten_recipes_with_commands():
    assert [heading.split(".")[0] for heading in RECIPES] == [str(number) for number in range(1, 11)]
    assert all(RECIPES.values())


@pytest.mark.parametrize("number", MADE)
def test_a_recipe_makes_what_it_says(kitchen, number):
    (lines,) = (lines for heading, lines in RECIPES.items() if heading.startswith(f"{number}. "))
    before = files(kitchen)
    for line in lines:
        program, *arguments = shlex.split(line)
        if not NOT_HERE.search(line):
            assert program == "japananime"
            assert command.main(arguments) == 0, line
    assert files(kitchen) - before == MADE[number]
