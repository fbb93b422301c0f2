"""The command, with a VGG19 of random weights and a few iterations."""

import os
import signal

import numpy as np
import pytest
from PIL import Image
from samples import paint

from japananime import neural_style
from japananime.image import files as image_files

QUICK = ["--vgg-weights", "random", "--size", "64", "--iterations", "2", "--scales", "1", "--style-layers", "conv1_1"]
QUICK += ["--content-layers", "conv2_1"]


@pytest.fixture
def pair(tmp_path, random):
    content = paint(tmp_path / "content.png", random, (48, 96))
    return ["--content", str(content), "--style", str(paint(tmp_path / "style.png", random, (80, 40)))]


def test_paints_at_the_size_asked_for_and_leaves_no_preview(pair, tmp_path, capsys):
    assert neural_style.main([*pair, *QUICK, "--preview", "1"]) == 0
    with Image.open(tmp_path / "content-style.jpg") as made:
        assert made.size == (64, 32)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content-style.jpg", "content.png", "style.png"]
    captured = capsys.readouterr()
    told = "64×32 pixels of 96×48; all of them with --size 96, which takes longer"
    assert captured.out.endswith(f"painted {tmp_path / 'content-style.jpg'}, {told}\n")
    assert "64×32, content " in captured.err


def test_previews_are_written_on_the_way(pair, tmp_path, monkeypatch):
    written = []
    whole = image_files.write
    monkeypatch.setattr(image_files, "write", lambda path, picture: written.append(path.name) or whole(path, picture))
    assert neural_style.main([*pair, *QUICK, "--preview", "2", "--iterations", "5", "--optimizer", "adam"]) == 0
    assert written == ["content-style-preview.jpg"] * 2 + ["content-style.jpg"]


def test_colors_are_the_contents(pair, tmp_path):
    out = tmp_path / "new" / "kept.png"
    assert neural_style.main([*pair, *QUICK, "--keep-colors", "--out", str(out), "--start", "noise"]) == 0
    content = Image.open(tmp_path / "content.png").resize((64, 32), Image.Resampling.LANCZOS)
    made, content = image_files.read_rgb(out), np.asarray(content)
    luma = np.array([0.299, 0.587, 0.114])
    chroma = [picture - (picture @ luma)[..., None] for picture in (made, content)]
    assert np.abs(chroma[0] - chroma[1]).max() <= 1.0 + 1e-9
    assert np.abs(made.astype(int) - content).mean() > 5


def test_an_interruption_leaves_the_picture_so_far(pair, tmp_path, monkeypatch, capsys):
    def interrupted(path, picture):
        os.kill(os.getpid(), signal.SIGTERM)

    whole = image_files.write
    monkeypatch.setattr(
        image_files, "write", lambda path, picture: (interrupted if "preview" in path.name else whole)(path, picture)
    )
    more = ["--iterations", "1000", "--optimizer", "adam", "--preview", "3"]
    assert neural_style.main([*pair, *QUICK, *more]) == 128 + signal.SIGTERM
    assert "stopped early: painted" in capsys.readouterr().out
    assert (tmp_path / "content-style.jpg").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "16"], "--size is 16; it must be 32 to 4096"),
        (["--scales", "3"], "--scales is 3: the content would begin at 16×8 pixels"),
        (["--style-layers", "conv9_1"], "--style-layers is 'conv9_1'; accepted: layers conv1_1"),
        (["--vgg-weights", "v.h5"], "--vgg-weights is 'v.h5': no such file"),
        (["--out", "x.gif"], "--out is 'x.gif'; a picture can be written as .jpg, .png or .webp"),
        (["--keep-colors", "all"], "invalid choice: 'all'"),
        (["--style", "nowhere.png"], "nowhere.png: no such file"),
        (["--iterations", "0"], "--iterations is 0; it must be at least 1"),
        (["--style-weight", "nan"], "--style-weight is nan; it must be a finite number"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(pair, tmp_path, capsys, arguments, message):
    assert neural_style.main([*pair, *QUICK, *arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ") and message in error
    assert len(list(tmp_path.iterdir())) == 2


def test_neither_picture_is_overwritten(pair, capsys):
    assert neural_style.main([*pair, *QUICK, "--out", pair[1]]) == 2
    assert "--out would overwrite" in capsys.readouterr().err
