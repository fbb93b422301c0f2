"""Live pictures read by FFmpeg: generated ones, films, and streams of servers on this machine."""

import http.server
import socket
import threading
from fractions import Fraction

import av
import numpy as np
import pytest
from film_samples import film

from japananime.base.errors import UserError
from japananime.video.live import inputs as live_inputs
from japananime.video.live.feed import Feed
from japananime.video.live.inputs import Input, understand
from japananime.video.live.mailbox import Mailbox

GENERATED = "testsrc2=size=64x48:rate=32:duration=0.3125"  # ten frames at times that are exact in binary


class Clock:
    """A clock that only waiting moves."""

    def __init__(self):
        self.now, self.waited = 100.0, []

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waited.append(seconds)
        self.now += seconds


class Kept(Mailbox):
    """A mailbox that notes all that is put in."""

    def __init__(self):
        super().__init__()
        self.put_in = []

    def put(self, item):
        self.put_in.append(item)
        super().put(item)


def read(given, clock=None):
    """(the Feed, the mailbox) of an Input that was read to its end."""
    clock, mailbox = clock or Clock(), Kept()
    with Feed(given, clock) as feed:
        feed.start(mailbox, clock.wait).join(60)
    assert mailbox.put_in and mailbox._closed
    return feed, mailbox


def pictures_of(address, format=None):
    with av.open(address, format=format) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_what_is_generated_comes_at_its_own_pace():
    clock = Clock()
    feed, mailbox = read(understand(GENERATED, "lavfi"), clock)
    assert (feed.width, feed.height, feed.rate, feed.fault) == (64, 48, 32, None)
    # Each frame is put in at its own time, the first at once.
    assert [arrival.time for arrival in mailbox.put_in] == [100 + number / 32 for number in range(10)]
    assert clock.waited == [1 / 32] * 9


def test_of_what_nobody_fetches_the_newest_is_kept():
    feed, mailbox = read(understand(GENERATED, "lavfi"))
    assert mailbox.dropped == 9
    last = mailbox.take(0)
    assert (last.image.pts, mailbox.over) == (9, True)
    expected = pictures_of(GENERATED, "lavfi")[9].astype(int)
    # At borders the two convert colours, which are half as many, in different ways.
    assert np.median(np.abs(feed.picture(last.image, 48) - expected)) <= 2


def test_who_is_late_waits_for_nothing():
    clock = Clock()
    with Feed(understand(GENERATED, "lavfi"), clock) as feed:
        mailbox = Kept()
        put = mailbox.put

        def slow_put(arrival):
            clock.now += 3 / 32
            put(arrival)

        mailbox.put = slow_put
        feed.start(mailbox, clock.wait).join(60)
    assert clock.waited == []
    assert [arrival.image.pts for arrival in mailbox.put_in] == list(range(10))


def test_a_picture_is_made_as_small_as_it_is_drawn():
    feed, mailbox = read(understand(GENERATED, "lavfi"))
    image = mailbox.take(0).image
    assert feed.picture(image, 24).shape == (24, 32, 3)
    assert feed.picture(image, 500).shape == (48, 64, 3)
    whole = feed.picture(image, 48).astype(float)
    small = feed.picture(image, 24).astype(float)
    means = whole.reshape(24, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(small - means).mean() < 6


def test_a_film_comes_upright_with_square_pixels(tmp_path):
    film(tmp_path / "a.mkv", 3, stretch=Fraction(2))
    feed, mailbox = read(understand(str(tmp_path / "a.mkv")))
    assert (feed.height, feed.width) == (48, 128)
    assert feed.picture(mailbox.take(0).image, 24).shape == (24, 64, 3)
    assert len(mailbox.put_in) == 3


@pytest.fixture
def servers(tmp_path):
    """(folder, two addresses of servers on it, the list of what both were asked for)."""
    if av.library_versions["libavformat"] < live_inputs.OBEDIENT:
        pytest.skip("needs FFmpeg 8.1")
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *arguments):
            pass

        def do_GET(self):
            asked.append((self.server.server_port, self.path))
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", f"{addresses[1]}/a.ts")
                self.end_headers()
            else:
                super().do_GET()

    running = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    addresses = [f"http://127.0.0.1:{one.server_port}" for one in running]
    for one in running:
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
    yield tmp_path, addresses, asked
    for one in running:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize(("name", "paced"), [("a.ts", False), ("a.mkv", True)])
def test_an_address(servers, name, paced):
    """A stream is read as fast as it comes; a film, which says how long it takes, at its own pace."""
    folder, addresses, asked = servers
    film(folder / name, 5, rate=Fraction(32))
    clock = Clock()
    feed, mailbox = read(understand(f"{addresses[0]}/{name}"), clock)
    assert (feed.width, feed.height, len(mailbox.put_in)) == (64, 48, 5)
    assert (len(clock.waited) > 0) == paced
    assert {path for _, path in asked} == {f"/{name}"}


def test_a_stream_of_bytes(tmp_path):
    """As fast as it comes, until who sends it is through."""
    source = film(tmp_path / "a.ts", 12)

    def send():
        connection, _ = server.accept()
        with connection:
            connection.sendall(source.read_bytes())

    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = threading.Thread(target=send)
        sender.start()
        clock = Clock()
        feed, mailbox = read(understand(f"tcp://127.0.0.1:{server.getsockname()[1]}"), clock)
        sender.join(30)
    assert [frame.image.pts for frame in mailbox.put_in] == sorted({frame.image.pts for frame in mailbox.put_in})
    assert (len(mailbox.put_in), mailbox.dropped, clock.waited, feed.fault) == (12, 11, [], None)


def test_an_address_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr("japananime.video.live.feed.SILENCE", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UserError, match=r"cannot be opened \(no answer for 0 seconds\); it must answer itself"):
        Feed(understand(f"udp://127.0.0.1:{port}"))


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}/a.ts\n#EXT-X-ENDLIST\n"
OTHERS = {
    "list.m3u8": PLAYLIST,
    "stream": PLAYLIST,
    "list.ffconcat": "ffconcat version 1.0\nfile {}/a.ts\n",
    "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5006 RTP/AVP 33\n",
    "moved": "",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_leads_elsewhere_is_not_followed(servers, name):
    """Playlists, descriptions of streams and redirections: the other server is never asked."""
    folder, addresses, asked = servers
    film(folder / "a.ts", 5)
    (folder / name).write_text(OTHERS[name].format(addresses[1]))
    with pytest.raises(UserError) as refused:
        Feed(understand(f"{addresses[0]}/{name}"))
    assert {(port, path) for port, path in asked} == {(int(addresses[0].rsplit(":", 1)[1]), f"/{name}")}
    assert "playlists (HLS, DASH)" in str(refused.value) or "redirections are not followed" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_playlist_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "list.m3u8").write_text(PLAYLIST.format("http://127.0.0.1:9"))
    with pytest.raises(UserError, match="not a film of a kind that is read"):
        Feed(understand(str(tmp_path / "list.m3u8")))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            Input("camera:99", "camera", "/dev/video99", "v4l2"),
            r"camera:99: the camera at /dev/video99 cannot be opened \(No such file or directory\); `python",
        ),
        (
            Input("screen", "screen", ":987", "x11grab"),
            r"screen: the screen at :987 cannot be read \(Input/output error\)",
        ),
        (Input("camera", "camera", "0", "no_such"), "the installed PyAV has no input format no_such"),
        (understand("rtsp://127.0.0.1:9/a"), r"rtsp://127.0.0.1:9/a: cannot be opened \(Connection refused\)"),
        (understand("nonsense=3", "lavfi"), r"nonsense=3: cannot be opened \(.*\); FFmpeg must find it, and --input-"),
        (understand("anullsrc", "lavfi"), "anullsrc: there are no pictures in it"),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_line(given, message):
    with pytest.raises(UserError, match=message) as refused:
        Feed(given)
    assert "\n" not in str(refused.value)


def test_a_stream_that_breaks_off_says_so(monkeypatch):
    """And a camera that has no picture ready is asked again."""
    said = iter([av.error.BlockingIOError(11, "not yet"), None, av.error.OSError(5, "Input/output error")])
    with Feed(understand(GENERATED, "lavfi"), clock := Clock()) as feed:
        container = feed._container

        class Torn:
            def __getattr__(self, name):
                return getattr(container, name)

            def demux(self, stream):
                error = next(said)
                if error:
                    raise error
                packets = container.demux(stream)
                yield from (next(packets) for _ in range(3))
                raise next(said)

        feed._container, feed._images = Torn(), feed._decoded()
        mailbox = Kept()
        feed.start(mailbox, clock.wait).join(60)
    assert feed.fault == "Input/output error"
    assert [arrival.image.pts for arrival in mailbox.put_in] == [0, 1, 2, 3]
    assert mailbox._closed


@pytest.mark.skipif(not hasattr(av.video.stream.VideoStream, "set_display_rotation"), reason="needs PyAV 18")
def test_a_film_of_a_telephone_held_upright(tmp_path, make_film):
    """Turned by a quarter: what is written 64 wide is shown 64 high, and its first row is a column."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24] = 250
    path = make_film(tmp_path / "a.mp4", [picture], rotation=90)
    feed, mailbox = read(understand(str(path)))
    shown = feed.picture(mailbox.take(0).image, 24)
    assert (feed.height, feed.width, shown.shape) == (64, 48, (32, 24, 3))
    halves = sorted((float(shown[:, :11].mean()), float(shown[:, 13:].mean())))
    assert halves[0] < 8 and halves[1] > 240
