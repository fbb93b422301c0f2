"""The encoders that films are written with, and which containers hold them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from japananime.base.errors import UserError

MP4_FAMILY = (".mp4", ".m4v", ".mov")


@dataclass(frozen=True)
class QualitySetting:
    """An encoder's own setting for quality: its name, its range, and the value taken by default."""

    name: str
    least: int
    most: int
    default: int


@dataclass(frozen=True)
class Codec:
    """An encoder and what goes with it.

    name: on the command line. suffixes: of the containers that hold it. even: pixel format where both sides are even;
    odd: one that holds any size; alpha: one with transparency, or None, and the containers that carry it. bits: of a
    pixel in the file, about, for seeing whether there is room. profiles: for pictures without and with transparency,
    if the encoder must be told. tag: its mark in containers of MP4's family, if the usual one is not understood
    everywhere.
    """

    name: str
    encoder: str
    suffixes: Sequence[str]
    quality: QualitySetting | None
    even: str
    odd: str
    alpha: str | None = None
    alpha_suffixes: Sequence[str] = ()
    bits: float = 0.3
    options: dict[str, str] = field(default_factory=dict)
    profiles: tuple[str, str] | None = None
    tag: str | None = None

    def check_target(self, target: Path) -> None:
        """Raise UserError unless a file of the target's name can hold this codec."""
        if target.suffix.lower() not in self.suffixes:
            raise UserError(
                f"--out is '{target}', which cannot hold --codec {self.name}; "
                f"give a name ending in {', '.join(self.suffixes)}"
            )

    def check_quality(self, crf: int | None) -> None:
        """Raise UserError unless the encoder takes this value for its quality."""
        if crf is None:
            return
        if not self.quality:
            raise UserError(f"--crf is {crf}, but --codec {self.name} has no such setting")
        if not self.quality.least <= crf <= self.quality.most:
            raise UserError(
                f"--crf is {crf}; with --codec {self.name} it must be {self.quality.least} to {self.quality.most}"
            )

    def encoder_options(self, crf: int | None, alpha: bool) -> dict[str, str]:
        """FFmpeg's options for the encoder."""
        options = dict(self.options)
        if self.quality:
            options[self.quality.name] = str(self.quality.default if crf is None else crf)
        if self.profiles:
            options["profile"] = self.profiles[alpha]
        return options


CODECS = {
    codec.name: codec
    for codec in (
        Codec(
            *("h264", "libx264", (*MP4_FAMILY, ".mkv"), QualitySetting("crf", 0, 51, 18), "yuv420p", "yuv444p"),
            options={"preset": "veryfast"},
            tag="avc1",
        ),
        Codec(
            *("h265", "libx265", (*MP4_FAMILY, ".mkv"), QualitySetting("crf", 0, 51, 20), "yuv420p", "yuv444p"),
            options={"preset": "fast", "x265-params": "log-level=error"},
            tag="hvc1",
        ),
        Codec(
            *("vp9", "libvpx-vp9", (".webm", ".mkv", ".mp4"), QualitySetting("crf", 0, 63, 24), "yuv420p", "yuv420p"),
            alpha="yuva420p",
            alpha_suffixes=(".webm", ".mkv"),
            options={"b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
        ),
        Codec(
            *("av1", "libsvtav1", (".mp4", ".mkv", ".webm"), QualitySetting("crf", 1, 63, 28), "yuv420p", "yuv420p"),
            options={"preset": "8"},
        ),
        Codec(
            *("prores", "prores_ks", (".mov", ".mkv"), None, "yuv422p10le", "yuv422p10le"),
            alpha="yuva444p10le",
            alpha_suffixes=(".mov", ".mkv"),
            bits=7.0,
            profiles=("hq", "4444"),
        ),
        Codec(
            *("ffv1", "ffv1", (".mkv",), None, "bgr0", "bgr0"),
            alpha="bgra",
            alpha_suffixes=(".mkv",),
            bits=12.0,
        ),
    )
}
