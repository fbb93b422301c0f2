"""Pages to look through pictures: one HTML file, no scripts, the pictures linked where they lie or put inside."""

import base64
import html
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from japananime.base.files import write_bytes

STYLE = """\
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fafafa }
table { border-collapse: collapse; display: block; overflow-x: auto }
td, th { padding: .2em .9em; border-bottom: 1px solid #ddd; text-align: left }
section { display: flex; flex-wrap: wrap; gap: 8px } h2 { margin-top: 2em }
figure { margin: 0; width: 200px } figure img { width: 200px; height: 120px; object-fit: contain; background: #e8e8e8 }
figcaption { font-size: 11px; overflow-wrap: anywhere }
figure.inside { width: min(400px, 100%) } .inside img { width: 100%; height: auto }
"""


def write(
    path: Path | str,
    title: str,
    *,
    words: str = "",
    table: Iterable[Iterable[object]] = (),
    sections: Iterable[tuple[str, Iterable[tuple[Path | str | bytes, str]]]] = (),
) -> None:
    """Write a page. A click on a picture opens it in full.

    words: a paragraph. table: rows of cells, the first a heading. sections: [(heading, [(file, caption)])]; the bytes
    of a JPEG in a file's place are put into the page, which then needs no other file.
    """
    path = Path(path)
    parts = [f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"]
    parts.append(f"<h1>{html.escape(title)}</h1><p>{html.escape(words)}</p>")
    if table:
        parts.append("<table>")
        for number, row in enumerate(table):
            cell = "td" if number else "th"
            parts.append("<tr>" + "".join(f"<{cell}>{html.escape(str(value))}</{cell}>" for value in row) + "</tr>")
        parts.append("</table>")
    for heading, shown in sections:
        parts.append(f"<h2>{html.escape(heading)}</h2><section>")
        parts += [_figure(file, caption, path.parent) for file, caption in shown]
        parts.append("</section>")
    write_bytes(path, "\n".join(parts).encode("utf-8", "surrogateescape"))


def _figure(file: Path | str | bytes, caption: str, folder: Path) -> str:
    if isinstance(file, bytes):
        source = f"data:image/jpeg;base64,{base64.b64encode(file).decode()}"
        return (
            f'<figure class=inside><img src="{source}" alt=""><figcaption>{html.escape(caption)}</figcaption></figure>'
        )
    file, folder = Path(file).resolve(), folder.resolve()
    # Links inside the page's own folder still work when that folder is moved.
    link = quote(file.relative_to(folder).as_posix()) if file.is_relative_to(folder) else file.as_uri()
    return (
        f'<figure><a href="{html.escape(link)}"><img loading=lazy src="{html.escape(link)}" alt=""></a>'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )
