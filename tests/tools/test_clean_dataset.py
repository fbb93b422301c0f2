"""tools/clean_dataset.py: what is rejected and why, and that nothing is lost."""

import csv

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from japananime.datasets import rejection


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
    measures = [rejection.measure(strip[:, x : x + 640]) for x in range(0, 2300, 10)]
    kept = sum(verdict is None for verdict in rejection.judge(measures, rejection.Thresholds()))
    assert 5 < kept < 115


def test_a_scene_is_known_by_its_look_or_its_colours():
    here, brighter, moved, elsewhere = (
        rejection.measure(picture)
        for picture in (landscape(1), np.minimum(landscape(1), 225) + 30, landscape(1)[::-1, ::-1], landscape(2))
    )
    assert rejection.same_scene(here, brighter)
    assert rejection.same_scene(here, moved)
    assert (here.hash ^ moved.hash).bit_count() > rejection.SAME_LOOK
    assert not rejection.same_scene(here, elsewhere)


def test_text_over_a_scene_is_a_scene():
    measured = rejection.measure(credits(landscape(3)))
    assert measured.text < 50 < rejection.measure(credits(cv2.GaussianBlur(landscape(3), (0, 0), 12))).text


def listed(bin, *names):
    bin.mkdir(exist_ok=True)
    rows = "".join(f"{name},dark,1,\n" for name in names)
    (bin / "rejected.csv").write_text(f"file,why,value,like\n{rows}", encoding="utf-8")


@pytest.mark.parametrize("name", ["../../x.jpg", "{absolute}", "linked/x.jpg", "a/../../../x.jpg", "subfolder", ""])
def test_restore_moves_nothing_into_or_out_of_other_places(run, tmp_path, capsys, name):
    folder, bin, elsewhere = (tmp_path / "in" / "here" / "frames", tmp_path / "bin", tmp_path / "elsewhere")
    for place in (folder, bin / "subfolder", elsewhere):
        place.mkdir(parents=True)
    (bin / "linked").symlink_to(elsewhere)
    for place in (tmp_path / "x.jpg", tmp_path / "in" / "x.jpg", elsewhere / "x.jpg", bin / "fine.jpg"):
        place.write_text(str(place))
    listed(bin, name.format(absolute=elsewhere / "x.jpg"), "fine.jpg")
    before = files(tmp_path)
    assert run([str(folder), "--out", str(bin), "--restore"]) == 1
    told = capsys.readouterr()
    assert "skipped: " in told.err and "1 pictures restored" in told.out
    fine = before.pop("bin/fine.jpg")
    after = files(tmp_path)
    assert after.pop("in/here/frames/fine.jpg") == fine
    assert {name: after[name] for name in before if not name.endswith(".csv")} == {
        name: content for name, content in before.items() if not name.endswith(".csv")
    }
    assert set(after) == set(before)


def test_restore_puts_nothing_behind_a_linked_folder(run, tmp_path, capsys):
    folder, bin, elsewhere = (tmp_path / name for name in ("frames", "bin", "elsewhere"))
    for place in (folder, bin / "deep", elsewhere):
        place.mkdir(parents=True)
    (folder / "deep").symlink_to(elsewhere)
    (bin / "deep" / "a.jpg").write_text("a")
    listed(bin, "deep/a.jpg")
    assert run([str(folder), "--out", str(bin), "--restore"]) == 1
    assert f"leads out of '{folder}'" in capsys.readouterr().err
    assert not list(elsewhere.iterdir()) and (bin / "deep" / "a.jpg").exists()


def test_restore_counts_what_it_moved(run, tmp_path, capsys):
    folder, bin = tmp_path / "frames", tmp_path / "bin"
    folder.mkdir()
    listed(bin, "gone.jpg", "there.jpg")
    (bin / "there.jpg").write_text("a")
    assert run([str(folder), "--out", str(bin), "--restore"]) == 0
    assert capsys.readouterr().out == f"{folder}: 1 pictures restored\n"


def test_a_picture_rejected_before_is_not_overwritten(run, folder, save, capsys):
    run([str(folder)])
    bin = folder.with_name("movie frames-rejected")
    before = (bin / "dark.jpg").read_bytes()
    save(folder / "dark.jpg", np.zeros((360, 640, 3), np.uint8))
    assert run([str(folder)]) == 1
    assert "dark.jpg: there is another picture of this name now" in capsys.readouterr().err
    assert (bin / "dark.jpg").read_bytes() == before and (folder / "dark.jpg").exists()
    assert set(rejected(bin)) == set(REASONS)


def test_names_that_a_spreadsheet_would_run_are_marked(run, folder, save):
    names = ["=1+1.jpg", "+a.jpg", "-b.jpg", "@c.jpg", "\td.jpg", "'e.jpg"]
    for name in names:
        save(folder / name, np.zeros((360, 640, 3), np.uint8))
    before = files(folder)
    run([str(folder)])
    bin = folder.with_name("movie frames-rejected")
    assert {f"'{name}" for name in names} < set(rejected(bin))
    assert run([str(folder), "--restore"]) == 0
    assert files(folder) == before
