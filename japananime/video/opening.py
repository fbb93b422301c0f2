"""The one place that tells films, animations and folders of frames apart: from a path to its Source and its Sink."""

from dataclasses import dataclass
from pathlib import Path

from japananime.base.settings import Settings, setting
from japananime.video import animations, image_sequences
from japananime.video.animations import AnimationSink
from japananime.video.frames import WHOLE, Sink, Source, Span
from japananime.video.image_sequences import FolderSink, FolderSource
from japananime.video.reading import source
from japananime.video.writing import encoders
from japananime.video.writing.codecs import CODECS
from japananime.video.writing.sink import FilmSink


@dataclass(frozen=True)
class Encoding(Settings):
    """How moving pictures are written.

    encoder, preset: who makes it and how, as `encoders.made_with` takes them. crf: None for the encoder's usual
    quality. quality: of WebP and JPEG. suffix: of frames in folders, or None for that of each frame.
    """

    codec: str = setting("h264", "of films; ffv1 is lossless", choices=CODECS)
    crf: int | None = setting(None, "quality of films, lower is better", usual="18 for h264")
    quality: int = 95
    suffix: str | None = None
    encoder: str | None = setting(
        None,
        "what encodes films: auto for hardware of this machine if it works, nvenc, qsv or amf for a certain one",
        choices=encoders.NAMES,
        usual="the codec's own software",
    )
    preset: str | None = None


def open_source(path: Path, memory: int | None = None) -> Source:
    """The moving picture at a path; raises UserError with the reason where there is none.

    memory: bytes that its pictures may take, as `bounds.check` has it.
    """
    if path.is_dir():
        return image_sequences.open_folder(path)
    if path.suffix.lower() in animations.EXTENSIONS:
        return animations.open_animation(path, memory)
    return source.open_film(path, memory)


def open_sink(
    target: Path,
    source: Source,
    encoding: Encoding,
    work: Path,
    *,
    columns: int = 1,
    span: Span = WHOLE,
    first: int = 0,
) -> Sink:
    """What makes `target` of a source's frames; raises UserError where that cannot be done.

    work: a folder of what it needs until then, used inside of `with` alone. columns, span, first: see FilmSink.
    """
    if isinstance(source, FolderSource):
        return FolderSink(target, source, encoding.quality, work, encoding.suffix)
    if target.suffix.lower() in animations.EXTENSIONS:
        return AnimationSink(target, source, encoding.quality, work, columns)
    codec = encoders.made_with(CODECS[encoding.codec], encoding.encoder, encoding.preset)
    return FilmSink(target, source, codec, encoding.crf, work, columns=columns, span=span, first=first)
