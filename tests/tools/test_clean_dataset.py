"""tools/clean_dataset.py: what is rejected and why, and that nothing is lost."""

import csv

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from japananime import cleaning


@pytest.fixture
def run(tool):
    return tool("clean_dataset").main


def credits(background):
    picture = Image.fromarray(background)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(24)
    for line in range(8):
        draw.text((60 + 10 * line, 30 + 40 * line), "Key Animation  Hanako Yamada", fill="white", font=font)
    return np.asarray(picture)


def landscape(seed, height=360, width=640):
    """A picture with much in it, unlike any other."""
    generator = np.random.default_rng(seed)
    picture = np.full((height, width, 3), generator.integers(100, 200, 3), np.uint8)
    for _ in range(60):
        center = (int(generator.integers(width)), int(generator.integers(height)))
        radius = int(generator.integers(10, 90))
        cv2.circle(picture, center, radius, generator.integers(0, 256, 3).tolist(), -1, cv2.LINE_AA)
    return picture


@pytest.fixture
def folder(tmp_path, save):
    """A folder with good pictures, and one for every reason to reject."""
    place = tmp_path / "movie frames"
    for seed in range(4):
        save(place / f"good{seed}.jpg", landscape(seed))
    save(place / "deep" / "good 夏.png", landscape(10))
    again = landscape(0)
    again[100:110, 100:110] = 255
    save(place / "same-as-good0.jpg", np.clip(again.astype(int) + 12, 0, 255).astype(np.uint8))
    save(place / "dark.jpg", (landscape(20) * 0.12).astype(np.uint8))
    save(place / "flat.jpg", (landscape(21) * 0.1 + 120).astype(np.uint8))
    plain = np.full((360, 640, 3), 60, np.uint8)
    plain[:, 300:] = 190
    save(place / "plain.jpg", plain)
    save(place / "blurred.jpg", cv2.GaussianBlur(landscape(22), (0, 0), 5))
    save(place / "text.jpg", credits(np.zeros((360, 640, 3), np.uint8)))
    return place


REASONS = {
    "same-as-good0.jpg": "similar",
    "dark.jpg": "dark",
    "flat.jpg": "flat",
    "plain.jpg": "plain",
    "blurred.jpg": "blurred",
    "text.jpg": "text",
}


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rejected(folder):
    with (folder / "rejected.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_reason_is_found_and_good_pictures_stay(run, folder):
    before = files(folder)
    assert run([str(folder)]) == 0

    bin = folder.with_name("movie frames-rejected")
    rows = rejected(bin)
    assert {name: row["why"] for name, row in rows.items()} == REASONS
    assert rows["same-as-good0.jpg"]["like"] == "good0.jpg"
    assert set(files(folder)) == set(before) - set(REASONS)
    for name in REASONS:
        assert (bin / name).read_bytes() == before[name]


def test_restore_undoes_everything(run, folder):
    before = files(folder)
    run([str(folder)])
    assert run([str(folder), "--restore"]) == 0
    assert files(folder) == before
    assert rejected(folder.with_name("movie frames-rejected")) == {}


def test_restore_overwrites_nothing(run, folder, capsys):
    run([str(folder)])
    (folder / "dark.jpg").write_text("mine")
    assert run([str(folder), "--restore"]) == 1
    assert (folder / "dark.jpg").read_text() == "mine"
    assert "dark.jpg: there is another picture of this name now" in capsys.readouterr().err
    assert list(rejected(folder.with_name("movie frames-rejected"))) == ["dark.jpg"]


def test_a_second_run_adds_to_the_list(run, folder, save):
    run([str(folder)])
    save(folder / "late.jpg", np.zeros((360, 640, 3), np.uint8))
    run([str(folder)])
    assert set(rejected(folder.with_name("movie frames-rejected"))) == {*REASONS, "late.jpg"}
    assert run([str(folder), "--restore"]) == 0
    assert {"late.jpg", *REASONS} <= set(files(folder))


def test_the_sheet_shows_kept_and_rejected_by_links_that_work(run, folder):
    run([str(folder)])
    bin = folder.with_name("movie frames-rejected")
    page = (bin / "contact-sheet.html").read_text(encoding="utf-8")
    assert 'href="dark.jpg"' in page
    assert (folder / "deep" / "good 夏.png").resolve().as_uri() in page
    assert "Kept: 5" in page
    assert "Rejected as text: 1" in page


def test_thresholds_are_flags_and_can_be_turned_off(run, folder):
    off = ["--dark", "0", "--flat", "0", "--plain", "0", "--blurred", "0", "--text", "0", "--similar", "-1"]
    run([str(folder), *off])
    assert rejected(folder.with_name("movie frames-rejected")) == {}


def test_unreadable_pictures_and_missing_folders_are_told(run, folder, tmp_path, capsys):
    (folder / "broken.jpg").write_bytes(b"nothing")
    (tmp_path / "empty").mkdir()
    assert run([str(tmp_path / "missing"), str(tmp_path / "empty"), str(folder)]) == 1
    told = capsys.readouterr().err
    assert "broken.jpg: not an image" in told
    assert "missing: no such folder" in told
    assert "empty: a folder with nothing in it" in told
    assert (folder / "broken.jpg").exists()
    assert not (folder / "dark.jpg").exists()


def test_restore_without_a_list(run, folder, capsys):
    assert run([str(folder), "--restore"]) == 2
    assert "rejected.csv" in capsys.readouterr().err


def test_out_inside_the_folder_is_refused(run, folder, capsys):
    assert run([str(folder), "--out", str(folder / "rejected")]) == 2
    assert "must be outside" in capsys.readouterr().err


def test_a_slow_pan_keeps_some_of_its_pictures():
    strip = landscape(5, width=3000)
    measures = [cleaning.measure(strip[:, x : x + 640]) for x in range(0, 2300, 10)]
    kept = sum(verdict is None for verdict in cleaning.judge(measures, cleaning.Thresholds()))
    assert 5 < kept < 115


def test_a_scene_is_known_by_its_look_or_its_colours():
    here, brighter, moved, elsewhere = (
        cleaning.measure(picture)
        for picture in (landscape(1), np.minimum(landscape(1), 225) + 30, landscape(1)[::-1, ::-1], landscape(2))
    )
    assert cleaning.same_scene(here, brighter)
    assert cleaning.same_scene(here, moved)
    assert (here.hash ^ moved.hash).bit_count() > cleaning.SAME_LOOK
    assert not cleaning.same_scene(here, elsewhere)


def test_text_over_a_scene_is_a_scene():
    measured = cleaning.measure(credits(landscape(3)))
    assert measured.text < 50 < cleaning.measure(credits(cv2.GaussianBlur(landscape(3), (0, 0), 12))).text
