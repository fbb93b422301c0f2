"""What FFmpeg is told to open, for words, on each system."""

import pytest

from japananime.base.errors import UserError
from japananime.video.live import inputs as live_inputs
from japananime.video.live.inputs import Camera, Machine, understand

SEEN = (Camera("@device_pnp_1", "Integrated Camera"), Camera("@device_pnp_2", "USB2.0 HD UVC"))


@pytest.fixture(autouse=True)
def obedient(monkeypatch):
    """Whatever FFmpeg there is."""
    monkeypatch.setitem(live_inputs.av.library_versions, "libavformat", live_inputs.OBEDIENT)


LINUX = Machine("linux", {"DISPLAY": ":1"}, lambda device: [Camera("/dev/video2", "Integrated Camera: Front")])
LINUX_WITHOUT = Machine("linux", {}, lambda device: [])
WINDOWS = Machine("win32", {}, lambda device: SEEN)
MAC = Machine("darwin", {}, lambda device: [])


@pytest.mark.parametrize(
    ("text", "machine", "address", "device", "options"),
    [
        ("camera", LINUX, "/dev/video2", "v4l2", {}),
        ("camera", LINUX_WITHOUT, "/dev/video0", "v4l2", {}),
        ("camera:1", LINUX, "/dev/video1", "v4l2", {}),
        ("camera:integrated", LINUX, "/dev/video2", "v4l2", {}),
        ("/dev/video3", LINUX, "/dev/video3", "v4l2", {}),
        ("camera", WINDOWS, "video=@device_pnp_1", "dshow", {"rtbufsize": "64M"}),
        ("camera:1", WINDOWS, "video=@device_pnp_2", "dshow", {"rtbufsize": "64M"}),
        ("camera:usb2.0", WINDOWS, "video=@device_pnp_2", "dshow", {"rtbufsize": "64M"}),
        ("camera", MAC, "default:none", "avfoundation", {"framerate": "30"}),
        ("camera:1", MAC, "1:none", "avfoundation", {"framerate": "30"}),
        ("camera:FaceTime HD Camera", MAC, "FaceTime HD Camera:none", "avfoundation", {"framerate": "30"}),
        ("screen", LINUX, ":1", "x11grab", {"framerate": "30"}),
        (
            *("screen:640x360+10+0", LINUX, ":1", "x11grab"),
            {"framerate": "30", "video_size": "640x360", "grab_x": "10", "grab_y": "0"},
        ),
        ("screen", WINDOWS, "desktop", "gdigrab", {"framerate": "30"}),
        (
            *("screen:640x360+10+0", WINDOWS, "desktop", "gdigrab"),
            {"framerate": "30", "video_size": "640x360", "offset_x": "10", "offset_y": "0"},
        ),
        ("screen", MAC, "Capture screen 0:none", "avfoundation", {"framerate": "30"}),
        ("test", MAC, "testsrc2=size=640x360:rate=30", "lavfi", {}),
        ("test:64x48", LINUX, "testsrc2=size=64x48:rate=30", "lavfi", {}),
        ("rtsp://a/b", LINUX, "rtsp://a/b", None, {"protocol_whitelist": "rtsp,rtp,udp,tcp"}),
        ("UDP://@:1234", LINUX, "UDP://@:1234", None, {"protocol_whitelist": "udp"}),
        ("http://a/b", LINUX, "http://a/b", None, {"protocol_whitelist": "http,tcp", "max_redirects": "0"}),
    ],
)  # fmt: skip
def test_words(text, machine, address, device, options):
    found = understand(text, machine=machine)
    assert (found.name, found.address, found.format, found.options) == (text, address, device, options)


def test_a_film_is_a_file_and_a_format_of_ffmpegs_is_taken_as_it_is(tmp_path):
    film = tmp_path / "camera.mkv"
    film.touch()
    assert understand(str(film), machine=LINUX).kind == "file"
    found = understand("mandelbrot", "lavfi", {"rate": "5"}, LINUX_WITHOUT)
    assert (found.kind, found.address, found.format, found.options) == ("format", "mandelbrot", "lavfi", {"rate": "5"})


def test_options_of_ones_own_go_before():
    given = live_inputs.parse_options(["framerate=60", "input_format=mjpeg", "framerate=50", "x=a=b"])
    assert given == {"framerate": "50", "input_format": "mjpeg", "x": "a=b"}
    assert understand("screen", options=given, machine=LINUX).options == given
    with pytest.raises(UserError, match="--input-option is 'framerate'; accepted: NAME=VALUE, such as framerate=30"):
        live_inputs.parse_options(["framerate"])


@pytest.mark.parametrize(
    ("text", "machine", "message"),
    [
        ("camera:2", WINDOWS, r"'camera:2': there is no such camera; seen here: Integrated Camera, USB2.0 HD UVC"),
        ("camera:nobody", LINUX, "there is no such camera; seen here: Integrated Camera: Front"),
        ("camera", Machine("win32", {}, lambda device: []), "there is no such camera; seen here: none"),
        ("camera", Machine("freebsd14", {}), "not known on freebsd14; name FFmpeg's device for it by --input-format"),
        ("screen", LINUX_WITHOUT, r"there is no screen here \(DISPLAY is not set\); `python -m japananime.live test`"),
        (
            *("screen", Machine("linux", {"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"})),
            "this is a Wayland session, in which programs may not read the screen",
        ),
        ("screen:640x360+0+0", MAC, "on macOS the whole screen can be had alone; accepted: screen"),
        ("screen:640x360", LINUX, r"'screen:640x360' cannot be read; accepted: screen or screen:WIDTHxHEIGHT\+LEFT"),
        ("test:0x48", LINUX, "'test:0x48' cannot be read; accepted: test or test:WIDTHxHEIGHT"),
        ("gopher://a", LINUX, "an address of the kind gopher://; accepted: http, https, rtsp"),
        ("file:///etc/passwd", LINUX, "an address of the kind file://"),
        ("flim.mp4", LINUX, "'flim.mp4' is neither a file nor camera, screen, test or an address such as rtsp://"),
    ],
)  # fmt: skip
def test_words_that_mean_nothing_here(text, machine, message):
    with pytest.raises(UserError, match=message):
        understand(text, machine=machine)


def test_an_ffmpeg_that_follows_redirections_is_not_let_loose(monkeypatch):
    monkeypatch.setitem(live_inputs.av.library_versions, "libavformat", (62, 3, 100))
    for address in ("http://a/b", "https://a/b"):
        with pytest.raises(UserError, match="an FFmpeg before 8.1, which would follow a redirection"):
            understand(address, machine=LINUX)
    assert understand("rtsp://a/b", machine=LINUX).kind == "address"


def test_cameras_are_listed_where_ffmpeg_knows_how(monkeypatch):
    import av.device

    one = type("Info", (), {"name": "/dev/video0", "description": "Front", "media_types": ["video"]})
    other = type("Info", (), {"name": "hw:0", "description": "Microphone", "media_types": ["audio"]})
    unknown = type("Info", (), {"name": "/dev/video1", "description": "Back", "media_types": []})
    monkeypatch.setattr(av.device, "enumerate_input_devices", lambda device: [one, other, unknown])
    assert live_inputs.listed("v4l2") == [Camera("/dev/video0", "Front"), Camera("/dev/video1", "Back")]
    monkeypatch.undo()
    assert live_inputs.listed("no such device") == []
