"""ONNX Runtime Web's own files for styles as web pages: fetched once, known by their hash, kept in the cache."""

import base64
import hashlib
import io
import sys
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

from japananime.base.errors import UserError, reason
from japananime.base.files import refuse_other_kinds, write_bytes
from japananime.base.user_folders import cache_folder

VERSION = "1.30.0"
ADDRESS = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
MOST_BYTES, MOST_FILE_BYTES = 50_000_000, 40_000_000
SECONDS = 60
# For WebGPU, and for WebAssembly alone, which is half the size to load.
FILES = (
    *("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"),
    *("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"),
)
INSIDE = "package/dist/"


def read(archive: Path | None = None) -> dict[str, bytes]:
    """{name: content} of FILES. archive: the npm package, where it is at hand; else it is taken from the cache."""
    if archive is not None:
        refuse_other_kinds(archive)
        try:
            content = archive.read_bytes()
        except OSError as error:
            raise UserError(f"--runtime-archive is '{archive}', which cannot be read ({reason(error)})") from error
        check(content, f"--runtime-archive is '{archive}'")
        return unpack(content)
    kept = cache_folder() / f"onnxruntime-web-{VERSION}.tgz"
    if kept.is_file() and _is_right(content := kept.read_bytes()):
        return unpack(content)
    content = _fetch()
    check(content, ADDRESS)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(kept, content)
    return unpack(content)


def check(content: bytes, where: str) -> None:
    """Raise UserError unless this is the npm package. where: it is from, as a sentence begins."""
    if not _is_right(content):
        raise UserError(
            f"{where}: not the file that is expected (its SHA-512 differs); accepted: version {VERSION} of "
            f"onnxruntime-web, as {ADDRESS} has it"
        )


def unpack(content: bytes) -> dict[str, bytes]:
    """{name: content} of FILES in an npm package; no other name in it counts, and nothing is written."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                name = member.name.removeprefix(INSIDE)
                if not member.isfile() or member.name != INSIDE + name or name not in FILES:
                    continue
                if member.size > MOST_FILE_BYTES:
                    raise UserError(f"the runtime's '{name}' is {member.size} bytes; accepted: {MOST_FILE_BYTES}")
                file = archive.extractfile(member)
                assert file is not None
                found[name] = file.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"the runtime's archive cannot be read ({reason(error)})") from error
    if missing := [name for name in FILES if name not in found]:
        raise UserError(f"the runtime's archive lacks {', '.join(missing)}")
    return found


def _is_right(content: bytes) -> bool:
    return base64.b64encode(hashlib.sha512(content).digest()).decode() == SHA512


def _fetch() -> bytes:
    print(f"fetching ONNX Runtime Web {VERSION} (33 MB, once): {ADDRESS}", file=sys.stderr)
    try:
        with urllib.request.urlopen(ADDRESS, timeout=SECONDS) as answer:
            return answer.read(MOST_BYTES)
    except (urllib.error.URLError, OSError) as error:
        raise UserError(
            f"{ADDRESS} cannot be fetched ({reason(error)}); fetch it elsewhere and name it with --runtime-archive"
        ) from error
