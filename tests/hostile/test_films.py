"""Films and animations that lie, are broken, or are no films: one line, or what there is of them."""

import io
import struct

import av
import numpy as np
import pytest
from film_samples import film, scene
from PIL import Image

from japananime.video.reading import source

from .conftest import DAMAGES, damaged, write

KINDS = (".mp4", ".mkv", ".avi", ".ts", ".webm", ".gif", ".webp")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """{ending: bytes of a film of eight frames, or of an animation}."""
    folder, found = tmp_path_factory.mktemp("whole"), {}
    for suffix in KINDS[:5]:
        codec = {".webm": "libvpx", ".avi": "mpeg4"}.get(suffix, "libx264")
        found[suffix] = film(folder / f"film{suffix}", 8, codec=codec, audio=suffix != ".webm").read_bytes()
    pictures = [Image.fromarray(scene(number, 48, 64)) for number in range(8)]
    for suffix in KINDS[5:]:
        content = io.BytesIO()
        pictures[0].save(content, suffix[1:].upper(), save_all=True, append_images=pictures[1:], duration=40)
        found[suffix] = content.getvalue()
    return found


def frames_of(path):
    """How many frames a finished film has; they can all be decoded."""
    if path.suffix in (".gif", ".webp"):
        with Image.open(path) as image:
            return image.n_frames
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged(command, whole, kind, damage):
    path = write(command.inside / f"film{kind}", damaged(whole[kind], damage))
    if command("--codec", "h264", path) == 0:
        (product,) = command.products
        assert 1 <= frames_of(product) <= (16 if damage == "twice" else 8)
    else:
        assert command.products == [] and str(path) in command.said


PLAYLISTS = {
    "of FFmpeg": "ffconcat version 1.0\nfile '{secret}'\n",
    "of FFmpeg with options": "ffconcat version 1.0\nfile '{secret}'\noption safe 0\nduration 99999\n",
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "HLS of another machine": "#EXTM3U\n#EXTINF:1,\nhttp://localhost:1/x.ts\n#EXT-X-ENDLIST\n",
    "HLS with a key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{secret}"\n#EXTINF:1,\nx.ts\n',
    "DASH": '<?xml version="1.0"?><MPD><BaseURL>{secret}</BaseURL></MPD>',
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "of IMF": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"/>',
    "of Windows": '<asx version="3.0"><entry><ref href="{secret}"/></entry></asx>',
    "of pictures": "%06d.jpg\n",
    "of AviSynth": 'DirectShowSource("{secret}")\n',
    "of VapourSynth": "import os\nos.remove('{secret}')\n",
    "of filters": "movie={secret}\n",
    "of subtitles": "1\n00:00:01,000 --> 00:00:02,000\n{secret}\n",
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_list_of_other_files_is_no_film(command, name, suffix):
    text = PLAYLISTS[name].replace("{secret}", str(command.secret))
    path = write(command.inside / f"film{suffix}", text.encode())
    assert command(path) == 1
    assert str(path) in command.said and command.products == []


def atom(kind, content=b"", size=None):
    return struct.pack(">I", 8 + len(content) if size is None else size) + kind + content


TYPE = atom(b"ftyp", b"isom\0\0\0\0")
REFERENCE = atom(b"moov", atom(b"rmra", atom(b"rmda", atom(b"rdrf", bytes(4) + b"url file"))))
LARGEST = b"GIF89a\xff\xff\xff\xff\0\0\0" + b"\x2c" + bytes(4) + b"\xff\xff\xff\xff\0\2\0;"
LIARS = {
    "an atom longer than the file": (".mp4", TYPE + atom(b"moov", size=2**31)),
    "an atom shorter than itself": (".mp4", TYPE + atom(b"moov", size=3) * 100),
    "atoms in atoms": (".mp4", TYPE + b"".join(atom(b"moov", size=2**30) for _ in range(5000))),
    "references to another file": (".mov", REFERENCE),
    "elements without an end": (".mkv", b"\x1a\x45\xdf\xa3" + b"\x01" + b"\xff" * 7 + b"\x18\x53\x80\x67" * 500),
    "an index without films": (".avi", b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffhdrlavih" + b"\xff" * 56),
    "packets of nothing": (".ts", (b"\x47" + b"\xff" * 187) * 300),
    "sound alone": (".wmv", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0"),
    "a photo": (".mp4", b"\xff\xd8\xff\xe0" + bytes(300)),
    "an archive": (".mkv", b"PK\x03\x04" + bytes(300)),
    "a program": (".avi", b"\x7fELF\x02\x01\x01" + bytes(300)),
    "letters": (".mov", b"hello\n" * 100),
    "a moving picture of no size": (".gif", b"GIF89a\0\0\0\0\0\0\0;"),
    "a moving picture as large as can be": (".gif", LARGEST),
}  # fmt: skip


@pytest.mark.parametrize("name", LIARS)
def test_liars(command, name):
    suffix, content = LIARS[name]
    path = write(command.inside / f"film{suffix}", content)
    assert command("--max-memory", "1500M", path) == 1
    assert str(path) in command.said and command.products == []


def test_frames_larger_than_memory_are_refused_undecoded(command):
    path = film(
        command.inside / "film.mkv",
        2,
        size=(1000, 2000),
        codec="mpeg4",
        picture=lambda n, h, w: np.zeros((h, w, 3), np.uint8),
    )
    assert command("--max-memory", "100M", path) == 1
    assert "2000×1000 pixels take about 0.12 GB of memory, and 0.10 GB may be used" in command.said


def growing(path, sizes):
    """A film without a container whose pictures change their size: [(how many, (height, width))] one after another."""
    content = b""
    for count, (height, width) in sizes:
        part = film(
            path.with_suffix(".part.h264"),
            *(count,),
            size=(height, width),
            picture=lambda n, h, w: np.full((h, w, 3), 10 * (n % 25), np.uint8),
        )
        content += part.read_bytes()
        part.unlink()
    return write(path, content)


def test_pictures_that_grow_past_the_memory_are_not_decoded(command):
    """Its beginning is small, and it is read for longer than FFmpeg looks; of the rest no picture comes out."""
    path = growing(command.inside / "film.ts", [(200, (48, 64)), (3, (2048, 2048))])
    sizes = {(frame.load().rgb.shape[:2]) for frame in source.open_film(path, 64_000_000).frames()}
    assert sizes == {(48, 64)}
    sizes = {(frame.load().rgb.shape[:2]) for frame in source.open_film(path, 2_000_000_000).frames()}
    assert sizes == {(48, 64), (2048, 2048)}


def test_one_bad_film_stops_no_others(command, whole):
    for damage in DAMAGES[:3]:
        write(command.inside / f"{damage}.mp4", damaged(whole[".mp4"], damage))
    for kind in (".mp4", ".mkv", ".gif"):
        write(command.inside / f"good{kind}", whole[kind])
    assert command(command.inside, bad=3) == 1
    assert [frames_of(path) for path in command.products] == [8, 8, 8]
