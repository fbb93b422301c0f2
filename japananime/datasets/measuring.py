"""Every picture that may come into a dataset is measured once, and remembered from run to run."""

import json
import re
import sys
from dataclasses import asdict

from japananime.base import jobs, json_files
from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import COUNT, NUMBER, Field, Kind, record, several
from japananime.datasets import index as dataset_index
from japananime.datasets import rejection

MEASURES = "measures.json"
COLORS = Kind(
    "216 bytes in hexadecimal", lambda value: isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{432}", value))
)
MEASURED = record(
    {
        "size": Field(several(COUNT, 2)),
        "measures": Field(
            record(
                {
                    **{name: Field(NUMBER) for name in ("light", "contrast", "drawn", "sharpness", "text")},
                    "hash": Field(COUNT),
                    "colors": Field(COLORS),
                }
            )
        ),
    }
)


def examine(candidates, out):
    """Measure all candidates, remembering from run to run: the exit status. Those that cannot be read are rejected."""

    def measure(rgb):
        return {"size": rgb.shape[:2], "measures": asdict(rejection.measure(rgb))}

    found, status = remembered(candidates, out / MEASURES, MEASURED, measure)
    for candidate, one in zip(candidates, found, strict=True):
        if one:
            candidate.size = tuple(one["size"])
            candidate.measures = rejection.Measures(**one["measures"])
    return status


def remembered(candidates, path, kind, look, workers=None):
    """What `look` finds in each candidate's pixels, kept in a file from run to run: ([found or None], exit status).

    kind: a json_files.Kind that holds of what is found; what does not is found anew.
    """
    known = _known(path)

    def work(candidate):
        file = candidate.file.stat()
        key = f"{candidate.file.resolve()} {file.st_size} {file.st_mtime_ns} {sorted(candidate.bars.items())}"
        if not kind.accepts(known.get(key)):
            known[key] = look(candidate.read())
        return known[key]

    try:
        return jobs.run(candidates, work, "picture", workers=workers)
    finally:
        write_bytes(path, json.dumps(known).encode())


def _known(path):
    """What earlier runs have found; what is damaged is found again."""
    if not path.exists():
        return {}
    try:
        return json_files.read(path, "a dataset's measures", most_bytes=dataset_index.MOST_BYTES)
    except UserError as error:
        print(f"measured again: {error}", file=sys.stderr)
        return {}
