"""Cards: a style's page for people, `card.md`, headed by the YAML that model hubs read."""

import json
from pathlib import Path

from japananime.base.markdown import table
from japananime.styles.description import Description, describe

CARD_FILE = "card.md"
FENCE = "---\n"
TASKS = {"photo": "image-to-image", "latent": "unconditional-image-generation"}
# Licences that hubs know by their names in small letters; of others they want the name beside the word "other".
KNOWN = ("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "gpl-3.0")


def front_matter(description: Description, licence: str = "") -> str:
    """The YAML between two fences. licence: in place of what the style says."""
    name = licence or description.license
    known = name.lower() in KNOWN
    lines = [f"license: {name.lower() if known else 'other'}"]
    if name and not known:
        lines.append(f"license_name: {_text(name)}")
    lines += ["library_name: japananime", f"pipeline_tag: {TASKS.get(description.takes, TASKS['photo'])}"]
    lines += ["tags:", *(f"- {tag}" for tag in ("japananime", "anime", "style-transfer"))]
    return FENCE + "\n".join(lines) + "\n" + FENCE


def card(folder: Path, licence: str = "") -> str:
    """A style's card: its own, headed where it is not yet; where there is none, what the style says of itself."""
    description = describe(folder)
    path = folder / CARD_FILE
    body = path.read_text(encoding="utf-8") if path.is_file() else _body(description)
    if body.startswith(FENCE) and not licence:
        return body
    if body.startswith(FENCE):
        body = body[len(FENCE) :].partition(f"\n{FENCE}")[2].lstrip("\n")
    return f"{front_matter(description, licence)}\n{body}"


def _body(description: Description) -> str:
    rows = {"network": description.network, **description.training}
    lines = table(("", ""), ((_cell(name), _cell(value)) for name, value in rows.items()))
    return f"# {description.name}\n\n{description.description}\n\n" + "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _text(text: str) -> str:
    return json.dumps(text)  # a text of JSON is one of YAML
