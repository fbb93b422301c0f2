"""What the page does, without the page: an "engine" of a few lines stands for the network."""

import os
import threading
import time
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from film_samples import film, frames, near
from PIL import Image
from samples import paint

from japananime.base.errors import UserError
from japananime.image import sheets
from japananime.image.bundled import bundled_photos
from japananime.inference import characters, two_passes
from japananime.networks import LATENT_GENERATORS
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable
from japananime.web import limits as page_limits
from japananime.web import service as page_service
from japananime.web.engines import Look
from japananime.web.limits import Limits
from japananime.web.service import PageService


class Inverse:
    """An "engine" that turns colours round; it has no normalisation."""

    def __call__(self, rgb):
        return 255 - rgb

    def measure(self, photos):
        return {}


LOOK = Look(style_folder.DEFAULT)


def shop(folder, engine=None, shelves=(), **limits):
    """A PageService in a folder whose every style is `engine`."""
    return PageService(folder, Limits(**limits), load=lambda style, **options: engine or Inverse(), shelves=shelves)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_picture_comes_back_in_its_size_and_as_strong_as_asked_for(tmp_path, random):
    source = paint(tmp_path / "photo.png", random)
    photo = pixels(source)
    made = shop(tmp_path).picture(source, LOOK)
    assert (made.width, made.height) == (48, 40)
    assert np.array_equal(pixels(made.full), 255 - photo)
    assert near(pixels(made.before), photo, 3) and near(pixels(made.after), 255 - photo, 3)
    half = shop(tmp_path).picture(source, Look(style_folder.DEFAULT, strength=0.25))
    expected = np.rint(0.75 * photo.astype(float) + 0.25 * (255.0 - photo))
    assert np.abs(pixels(half.full) - expected).max() <= 1
    colors = pixels(shop(tmp_path).picture(source, Look(style_folder.DEFAULT, colors=True)).full).astype(int)
    moved = (colors - photo).reshape(-1, 3)[(colors.reshape(-1, 3) % 255 != 0).all(axis=1)]
    assert len(moved) and np.abs(moved - moved[:, :1]).max() <= 1  # light and dark alone have changed
    with pytest.raises(UserError, match="strength is 2; it must be 0 to 1"):
        Look(style_folder.DEFAULT, strength=2)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("a.jpg", "a-cel.jpg"),
        ("holiday 7.webp", "holiday 7-cel.webp"),
        ("a.bmp", "a-cel.png"),
        ("a", "a-cel.png"),
        ("..<b>.png", "_b_-cel.png"),
        (".png", "png-cel.png"),
    ],
)
def test_files_are_called_by_photo_and_style_and_keep_their_kind(tmp_path, random, name, made):
    written = paint(tmp_path / f"x{Path(name).suffix or '.png'}", random)
    source = written.rename(tmp_path / name)
    assert shop(tmp_path).picture(source, Look("cel")).full.name == made


def test_several_of_one_name_are_told_apart_and_packed(tmp_path, random):
    sources = [paint(tmp_path / f"{number}" / "same.png", random) for number in range(3)]
    service = shop(tmp_path)
    made, _ = service.pictures(sources, Look("cel"))
    with zipfile.ZipFile(service.packed(made)) as archive:
        assert archive.namelist() == ["same-cel.png", "same-cel-2.png", "same-cel-3.png"]
        for one, source in zip(made, sources, strict=True):
            assert archive.read(one.full.name) == one.full.read_bytes()
            assert np.array_equal(pixels(one.full), 255 - pixels(source))
    assert service.packed(made[:1]) == made[0].full


def test_glances_show_a_photo_in_every_style(tmp_path, random):
    source = paint(tmp_path / "large.png", random, (300, 600))

    class Refuses(Inverse):
        def __call__(self, rgb):
            raise UserError("no")

    def load(style, **options):
        return Refuses() if style.path.name == "forest" else Inverse()

    service = PageService(tmp_path, Limits(), load=load)
    made = service.glances(source, ["cel", "forest"])
    assert [style for _, style in made] == ["cel", "forest"]
    small = page_service.smaller(pixels(source), page_service.GLANCE, min)
    assert small.shape == (240, 480, 3)
    assert np.abs(pixels(made[0][0]).mean((0, 1)) - (255 - small).mean((0, 1))).max() < 2
    assert np.abs(pixels(made[1][0]).mean((0, 1)) - small.mean((0, 1))).max() < 2


@pytest.mark.parametrize(
    ("second", "share", "name"),
    [
        (None, 0.5, "cel"),
        ("cel", 0.5, "cel"),
        ("pastel", 0.04, "cel"),
        ("pastel", 0.32, "cel:0.7+pastel:0.3"),
        ("pastel", 1.0, "pastel"),
    ],
)
def test_a_second_style_is_mixed_in_by_tenths(second, share, name):
    assert Look("cel", second=second, share=share).name == name


def test_engines_are_made_for_a_boldness_and_the_oldest_goes(tmp_path, random):
    loaded = []

    def load(style, max_memory, drawn_at):
        loaded.append(drawn_at)
        return Inverse()

    service, source = PageService(tmp_path, Limits(), load=load), paint(tmp_path / "a.png", random)
    for boldness in (0, 1, 1, *(number / 10 for number in range(1, 9)), 0):
        service.picture(source, Look("cel", boldness=boldness))
    assert loaded[:2] == [two_passes.SHYEST, two_passes.LEAST]
    assert len(loaded) == 11  # eight are kept, so the first is made again


def test_transparency_stays(tmp_path):
    image = Image.new("RGBA", (32, 24), (200, 10, 30, 128))
    image.save(tmp_path / "a.png")
    made = shop(tmp_path).picture(tmp_path / "a.png", LOOK)
    assert pixels(made.full)[3, 3].tolist() == [55, 245, 225, 128]


def test_large_pictures_are_looked_at_smaller_and_downloaded_whole(tmp_path):
    Image.new("RGB", (3000, 30), (1, 2, 3)).save(tmp_path / "wide.png")
    made = shop(tmp_path).picture(tmp_path / "wide.png", LOOK)
    assert pixels(made.full).shape == (30, 3000, 3)
    assert pixels(made.after).shape == pixels(made.before).shape == (20, 2048, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"just text", "not a picture; accepted: JPEG, PNG, WebP, GIF, BMP and TIFF"),
        (b"", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),  # would be run by Ghostscript
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"x" * 20_000, r"the file has 0.02 MB; at most 0.01 MB are taken"),
    ],
)
def test_what_is_no_picture_is_said_to_be_none(tmp_path, content, reason):
    source = tmp_path / "up" / "photo.png"
    source.parent.mkdir()
    source.write_bytes(content)
    with pytest.raises(UserError, match=rf"^photo\.png: {reason}"):
        shop(tmp_path, picture_megabytes=0.01).picture(source, LOOK)


def test_too_many_pixels_are_refused_by_the_header_alone(tmp_path):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")  # 100 megapixels in a file of a few KB
    content = (tmp_path / "large.png").read_bytes()
    (tmp_path / "large.png").write_bytes(content[:100])
    with pytest.raises(UserError, match=r"^large.png: 10000×10000 is 100 megapixels; at most 25 are taken$"):
        shop(tmp_path).picture(tmp_path / "large.png", LOOK)
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")  # beyond what Pillow itself opens
    with pytest.raises(UserError, match=r"^huge.png: too large a picture; at most 25 megapixels are taken$"):
        shop(tmp_path).picture(tmp_path / "huge.png", LOOK)


def test_nothing_outside_is_read(tmp_path, random):
    inside, outside, shelf = (tmp_path / name for name in ("inside", "outside", "shelf"))
    inside.mkdir()
    secret = paint(outside / "secret.png", random)
    (inside / "link.png").symlink_to(secret)
    service = shop(inside, shelves=[shelf])
    for path in (secret, inside / ".." / "outside" / "secret.png", inside / "link.png", inside / "gone.png", inside):
        with pytest.raises(UserError, match="not here any more; give it once more"):
            service.picture(path, LOOK)
        with pytest.raises(UserError, match="not here any more; give it once more"):
            service.film(path, LOOK)
    assert service.picture(paint(shelf / "sample.png", random), LOOK).width == 48


def test_several_pictures_with_a_bad_one_among_them(tmp_path, random):
    sources = [paint(tmp_path / f"{number}.png", random) for number in range(3)]
    (tmp_path / "bad<script>.png").write_text("text")
    sources.insert(1, tmp_path / "bad<script>.png")
    told = []
    made, problems = shop(tmp_path).pictures(sources, LOOK, tell=lambda *numbers: told.append(numbers))
    assert [one.full.name for one in made] == [f"{number}-{style_folder.DEFAULT}.png" for number in (0, 1, 2)]
    assert problems == ["bad_script_.png: not a picture; accepted: JPEG, PNG, WebP, GIF, BMP and TIFF"]
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(UserError, match="4 pictures are too many at once; at most 3 are taken"):
        shop(tmp_path, pictures=3).pictures(sources, LOOK)


def test_a_film_with_progress(tmp_path):
    source = film(tmp_path / "holiday.mp4", 12, audio=True)
    told = []
    made, line = shop(tmp_path).film(source, LOOK, tell=lambda *numbers: told.append(numbers))
    assert made.name == f"holiday-{style_folder.DEFAULT}.mp4" and line.startswith("12 frames")
    for (_, photo), (_, picture) in zip(frames(source), frames(made), strict=True):
        assert near(picture, 255 - photo)
    assert told == [(number, 12) for number in range(13)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_beginning_of_a_film_can_be_seen_while_the_rest_is_made(tmp_path, suffix):
    """Its first 60 frames, which are a piece, with their sound; told of once, and not at all of a shorter film."""
    source = film(tmp_path / f"a{suffix}", 100, audio=True)
    told, seen = [], []

    def begun(path):
        seen.append((path.name, len(told)))
        beginning = frames(path)
        assert len(beginning) == 60
        with av.open(path) as container:
            ends = [float((packet.pts + packet.duration) * packet.time_base) for packet in container.demux(audio=0)
                    if packet.size]  # fmt: skip
        assert 2.3 < max(ends) < 2.5  # 60 frames are 2.4 seconds
        for (_, photo), (_, picture) in zip(frames(source), beginning, strict=False):
            assert near(picture, 255 - photo)

    made, _ = shop(tmp_path).film(source, LOOK, lambda *numbers: told.append(numbers), begun)
    assert len(frames(made)) == 100
    # Told of when the piece was there, at the latest when so many more frames had been made as wait for writing.
    ((name, when),) = seen
    assert name == "beginning.mp4" and 60 <= when - 1 <= 67
    shop(tmp_path).film(film(tmp_path / "b.mp4", 59), LOOK, begun=begun)
    assert len(seen) == 1


def test_a_film_of_another_kind_goes_into_matroska(tmp_path):
    made, _ = shop(tmp_path).film(film(tmp_path / "a.mkv", 3, subtitles=True), LOOK)
    assert made.suffix == ".mkv"


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_films_beyond_the_limits(tmp_path, suffix):
    options = {"codec": "libvpx-vp9"} if suffix == ".webm" else {}
    source = film(tmp_path / f"a{suffix}", 30, **options)  # 1.2 seconds of 64×48
    with pytest.raises(UserError, match=rf"^a{suffix}: lasts 1 seconds; at most 0.8 are taken$"):
        shop(tmp_path, film_seconds=0.8).film(source, LOOK)
    with pytest.raises(UserError, match=r"its pictures are 64×48, 0.00307 megapixels; at most 0.002 are taken"):
        shop(tmp_path, film_megapixels=0.002).film(source, LOOK)
    with pytest.raises(UserError, match=r"the file has .* MB; at most 0.001 MB are taken"):
        shop(tmp_path, film_megabytes=0.001).film(source, LOOK)


def test_a_film_that_does_not_say_how_long_it_is_is_measured(tmp_path):
    with (tmp_path / "live.webm").open("wb") as file:

        class Pipe:  # what cannot be gone back in gets no duration, as with what a browser records
            write = file.write

        import av

        with av.open(Pipe(), "w", format="webm") as out:
            stream = out.add_stream("libvpx", rate=25, width=64, height=48)
            for _ in range(30):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")))
            out.mux(stream.encode())
    assert page_limits.check_film(tmp_path / "live.webm", Limits()) == 30
    with pytest.raises(UserError, match="lasts 1 seconds; at most 0.8 are taken"):
        page_limits.check_film(tmp_path / "live.webm", Limits(film_seconds=0.8))


@pytest.mark.parametrize("content", [b"#EXTM3U\n#EXTINF:1,\n/etc/secret.mp4\n", b"ffconcat version 1.0\nfile x", b""])
def test_lists_of_other_files_are_no_films(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(UserError, match=r"^a.mp4: not a film; accepted: MP4, MOV, WebM, MKV and AVI$"):
        shop(tmp_path).film(tmp_path / "a.mp4", LOOK)


def test_errors_do_not_tell_where_files_lie(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom and nothing else")
    with pytest.raises(UserError) as caught:
        shop(tmp_path).film(tmp_path / "a.mp4", LOOK)
    assert str(caught.value).startswith("a.mp4: ") and str(tmp_path) not in str(caught.value)


def test_work_ends_with_its_time(tmp_path):
    class Slow(Inverse):
        def __call__(self, rgb):
            time.sleep(0.03)
            return rgb

    service = shop(tmp_path, Slow(), minutes=0.001)
    with pytest.raises(UserError, match=r"^a.mp4: stopped after 0.001 minutes, the longest that one task may"):
        service.film(film(tmp_path / "a.mp4", 60), LOOK)


def test_a_picture_is_made_between_the_frames_of_a_film(tmp_path, random):
    """The network serves one at a time, in the order of asking: nobody waits for a whole film."""
    begun, go_on, seen = threading.Event(), threading.Event(), []

    class Engine(Inverse):
        busy = 0

        def __call__(self, rgb):
            assert Engine.busy == 0
            Engine.busy += 1
            seen.append(rgb.shape[0])
            begun.set()
            go_on.wait(10)
            Engine.busy -= 1
            return rgb

    service = shop(tmp_path, Engine())
    source, photo = film(tmp_path / "a.mp4", 10), paint(tmp_path / "a.png", random)
    filming = threading.Thread(target=service.film, args=(source, LOOK))
    painting = threading.Thread(target=service.picture, args=(photo, LOOK))
    filming.start()
    assert begun.wait(10)
    painting.start()
    while service._engines._line._work_queue.qsize() == 0:
        time.sleep(0.001)
    go_on.set()
    painting.join()
    filming.join()
    assert seen == [48, 40, *[48] * 9]


def test_a_style_is_loaded_once(tmp_path, random):
    loaded = []

    def load(style, max_memory, drawn_at):
        loaded.append((style, max_memory, drawn_at))
        return Inverse()

    service = PageService(tmp_path, Limits(), max_memory=7, load=load)
    service.prepare(style_folder.DEFAULT)
    for _ in range(2):
        service.picture(paint(tmp_path / "a.png", random), LOOK)
    assert loaded == [(style_folder.find(style_folder.DEFAULT), 7, two_passes.DRAWN_AT)]
    with pytest.raises(UserError, match="--style is 'nowhere'"):
        service.picture(tmp_path / "a.png", Look("nowhere"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("holiday photo.jpg", "holiday photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("<img src=x onerror=alert(1)>.png", "_img src_x onerror_alert_1__.png"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("猫.jpg", "猫.jpg"),
        ("x" * 300 + ".png", "x" * 36 + ".png"),
        ("a\nb\x00.png", "a_b_.png"),
        ("  ", "file"),
    ],
)
def test_names_are_shown_harmlessly(name, expected):
    assert page_limits.shown(name) == expected


def test_old_files_are_removed(tmp_path):
    old, new = tmp_path / "a" / "old", tmp_path / "b" / "new"
    for path in (old, new):
        path.parent.mkdir()
        path.write_bytes(bytes(600_000))
        os.utime(path, (0, 0))  # a copy of an old file is as young as the copying
    now, limits = time.time(), Limits(keep_minutes=1, keep_megabytes=1)
    assert page_service.sweep(tmp_path, limits, now) == 0
    assert old.exists() and new.exists()  # too much, but somebody's
    assert page_service.sweep(tmp_path, limits, now + 61) == 2
    assert not list(tmp_path.iterdir())


def test_a_full_folder_takes_nothing_new(tmp_path, random):
    service = shop(tmp_path / "page", keep_megabytes=1)
    source = paint(tmp_path / "page" / "photo.png", random)
    (tmp_path / "page" / "others").write_bytes(bytes(900_000))
    assert service.has_room(90_000) and not service.has_room(100_000)
    service.picture(source, LOOK)
    (tmp_path / "page" / "more").write_bytes(bytes(100_000))
    with pytest.raises(UserError, match="there is no room for more files at the moment"):
        service.picture(source, LOOK)
    assert source.exists()


def test_the_samples_can_be_made():
    samples = bundled_photos()
    assert len(samples) >= 6
    for sample in samples:
        page_limits.check_picture(sample, Limits())


def test_characters_on_a_sheet(tmp_path):
    recipe = {"latent": 6, "size": 16, "width": 2}
    model = LATENT_GENERATORS["dcgan"](**recipe)
    generators.save(tmp_path / "faces", Exportable("dcgan", recipe, model, takes="latent"), name="faces")
    maker = str(tmp_path / "faces")
    made = shop(tmp_path).characters(maker, 3, 0.5)
    assert made.name == "characters-3.png"
    pictures = characters.Characters(style_folder.find(maker))(page_service.SHOWN, 3, 0.5)
    np.testing.assert_array_equal(pixels(made), sheets.grid(pictures, across=6))


@pytest.mark.parametrize(
    ("seed", "variety", "message"),
    [
        (None, 1, "the number is None; it must be a whole one of 0 to 2147483647"),
        (-1, 1, "the number is -1"),
        (0.5, 1, "the number is 0.5"),
        (float("nan"), 1, "the number is nan"),
        (1, 0, "variety is 0; it must be over 0 and at most 1"),
    ],
)
def test_characters_that_cannot_be(tmp_path, seed, variety, message):
    with pytest.raises(UserError, match=message):
        shop(tmp_path).characters("nowhere", seed, variety)
    assert not list(tmp_path.iterdir())
