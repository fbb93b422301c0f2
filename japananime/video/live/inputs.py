"""What `live` may look at, in words, and what FFmpeg is told to open for it on each system."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import av

from japananime.base.errors import UserError

CAMERA, SCREEN, TEST = "camera", "screen", "test"
CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
SCREENS = {"linux": "x11grab", "darwin": "avfoundation", "win32": "gdigrab"}
SCREEN_RATE = "30"
# The first libavformat that can be told not to follow where HTTP redirects it.
OBEDIENT = (62, 12, 0)
# By the beginning of an address, the protocols of FFmpeg that it takes: no other one is spoken, whatever is answered.
PROTOCOLS = {
    "http": "http,tcp",
    "https": "https,tls,tcp,http",
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsp,rtp,udp,tcp,tls",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "rtp": "rtp,udp",
    "udp": "udp",
    "tcp": "tcp",
}


@dataclass(frozen=True)
class Camera:
    """A camera as the system lists it. address: by which it is opened; title: what it is called."""

    address: str
    title: str


@dataclass(frozen=True)
class Input:
    """What to open. name: as it was typed. kind: CAMERA, SCREEN, TEST, "address", "file" or "format".

    address, format, options: what FFmpeg is told; without a format it finds out itself.
    """

    name: str
    kind: str
    address: str
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Machine:
    """What an Input depends on besides its words. cameras: FFmpeg's name of a device -> the cameras that it sees."""

    platform: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    cameras: Callable[[str], Sequence[Camera]] = lambda device: listed(device)


def listed(device: str) -> list[Camera]:
    """The cameras that one of FFmpeg's devices sees here; none where this FFmpeg lacks it."""
    from av.device import enumerate_input_devices

    try:
        found = enumerate_input_devices(device)
    except (ValueError, av.error.FFmpegError):
        return []
    return [Camera(one.name, one.description) for one in found if not one.media_types or "video" in one.media_types]


def parse_options(words: Sequence[str]) -> dict[str, str]:
    """What stands on the command line as NAME=VALUE."""
    for word in words:
        if not re.fullmatch(r"\w+=.*", word):
            raise UserError(f"--input-option is '{word}'; accepted: NAME=VALUE, such as framerate=30")
    return dict(word.split("=", 1) for word in words)


def understand(
    text: str, device: str | None = None, options: Mapping[str, str] | None = None, machine: Machine | None = None
) -> Input:
    """The Input that words mean; raises UserError where they mean none here.

    device: an input format of FFmpeg's by its name, whose address the text is. options: for FFmpeg, put last.
    """
    machine = machine or Machine()
    word, _, which = text.partition(":")
    if device:
        found = Input(text, "format", text, device)
    elif text.startswith("/dev/"):
        found = _camera(text, text, machine)
    elif word == CAMERA:
        found = _camera(text, which, machine)
    elif word == SCREEN:
        found = _screen(text, which, machine)
    elif word == TEST:
        width, height = _numbers(text, which or "640x360", r"(\d+)x(\d+)", "test or test:WIDTHxHEIGHT")
        found = Input(text, TEST, f"testsrc2=size={width}x{height}:rate=30", "lavfi")
    elif "://" in text:
        found = _address(text)
    else:
        found = Input(text, "file", text)
        if not Path(text).exists():
            raise UserError(
                f"'{text}' is neither a file nor {CAMERA}, {SCREEN}, {TEST} or an address such as rtsp://HOST/PATH"
            )
    return replace(found, options={**found.options, **(options or {})})


def _camera(text: str, which: str, machine: Machine) -> Input:
    device = _device(CAMERAS, machine, text)
    if device == "avfoundation":
        # Half of Apple's cameras refuse the rate that FFmpeg asks for by itself. "none" is for the sound.
        return Input(text, CAMERA, f"{which or 'default'}:none", device, {"framerate": "30"})
    if which.startswith("/dev/"):
        return Input(text, CAMERA, which, device)
    if device == "v4l2" and (which.isdecimal() or not which):
        seen = machine.cameras(device) if not which else ()
        return Input(text, CAMERA, seen[0].address if seen else f"/dev/video{which or 0}", device)
    seen = machine.cameras(device)
    number = int(which or 0) if which.isdecimal() or not which else None
    if number is not None:
        chosen = seen[number] if number < len(seen) else None
    else:
        chosen = next((one for one in seen if which.lower() in one.title.lower()), None)
    if chosen is None:
        titles = ", ".join(one.title for one in seen) or "none"
        raise UserError(f"'{text}': there is no such camera; seen here: {titles} (`python -m japananime.live --list`)")
    if device == "dshow":
        return Input(text, CAMERA, f"video={chosen.address}", device, {"rtbufsize": "64M"})
    return Input(text, CAMERA, chosen.address, device)


def _screen(text: str, which: str, machine: Machine) -> Input:
    device = _device(SCREENS, machine, text)
    region = _numbers(text, which, r"(\d+)x(\d+)\+(\d+)\+(\d+)", "screen or screen:WIDTHxHEIGHT+LEFT+TOP")
    options = {"framerate": SCREEN_RATE}
    if device == "avfoundation":
        if region:
            raise UserError(f"'{text}': on macOS the whole screen can be had alone; accepted: screen")
        return Input(text, SCREEN, "Capture screen 0:none", device, options)
    if region:
        left, top = ("grab_x", "grab_y") if device == "x11grab" else ("offset_x", "offset_y")
        options |= {"video_size": f"{region[0]}x{region[1]}", left: str(region[2]), top: str(region[3])}
    if device == "gdigrab":
        return Input(text, SCREEN, "desktop", device, options)
    if machine.environment.get("XDG_SESSION_TYPE") == "wayland":
        raise UserError(
            f"'{text}': this is a Wayland session, in which programs may not read the screen by themselves; log in to "
            "an X11 session, or share the screen as a camera by OBS and take that"
        )
    if not machine.environment.get("DISPLAY"):
        raise UserError(
            f"'{text}': there is no screen here (DISPLAY is not set); `python -m japananime.live test` needs none"
        )
    return Input(text, SCREEN, machine.environment["DISPLAY"], device, options)


def _address(text: str) -> Input:
    protocol = urlsplit(text).scheme.lower()
    if protocol not in PROTOCOLS:
        raise UserError(f"'{text}' is an address of the kind {protocol}://; accepted: {', '.join(PROTOCOLS)}")
    options = {"protocol_whitelist": PROTOCOLS[protocol]}
    if protocol.startswith("http"):
        if av.library_versions["libavformat"] < OBEDIENT:
            raise UserError(
                f"'{text}': the installed PyAV has an FFmpeg before 8.1, which would follow a redirection to anywhere; "
                "install a newer one: pip install -U av"
            )
        options["max_redirects"] = "0"
    return Input(text, "address", text, None, options)


def _device(devices: Mapping[str, str], machine: Machine, text: str) -> str:
    if machine.platform not in devices:
        raise UserError(f"'{text}': not known on {machine.platform}; name FFmpeg's device for it by --input-format")
    return devices[machine.platform]


def _numbers(text: str, which: str, pattern: str, accepted: str) -> tuple[int, ...]:
    """The numbers in what follows a word; () where nothing does."""
    match = re.fullmatch(pattern, which)
    if which and (not match or 0 in map(int, match.groups()[:2])):
        raise UserError(f"'{text}' cannot be read; accepted: {accepted}")
    return tuple(map(int, match.groups())) if match else ()
