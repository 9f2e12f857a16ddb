"""Pieces of an HTML document whose every text is made safe: tables, lists, figures."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence

from computegrid.maps.safe import safe


def table(columns: Sequence[object], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """A table; numbers already written as text stand to the right."""
    head = "".join(f'<th scope="col">{safe(column)}</th>' for column in columns)
    body = "".join(row(cells) for cells in rows)
    above = f"<caption>{safe(caption)}</caption>" if caption else ""
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def row(cells: Sequence[object]) -> str:
    """One row; its first cell is its heading."""
    first = f'<th scope="row">{safe(cells[0])}</th>'
    others = "".join(cell(text) for text in cells[1:])
    return f"<tr>{first}{others}</tr>"


def cell(text: object) -> str:
    """One cell."""
    first = str(text)[:1] in "+-−±–0123456789" and len(str(text)) < 40
    number = first and not re.search("[a-z]{4}", str(text).split("(")[0])
    kind = "n" if number else "l" if len(str(text)) > 24 else "t"
    return f'<td class="{safe(kind)}">{safe(text)}</td>'


def paragraph(text: object, kind: str = "") -> str:
    """One paragraph."""
    return f'<p class="{safe(kind)}">{safe(text)}</p>'


def heading(text: object, level: int = 2, name: str = "") -> str:
    """A heading; ``name`` is what a link in the document may point to."""
    return f'<h{safe(level)} id="{safe(name)}">{safe(text)}</h{safe(level)}>'


def links(items: Iterable[tuple[str, str]]) -> str:
    """A list of links to headings of the same document."""
    listed = "".join(f'<li><a href="#{safe(name)}">{safe(text)}</a></li>' for name, text in items)
    return f"<nav><ol>{listed}</ol></nav>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with their values, in a row."""
    listed = "".join(f"<li>{safe(name)} <b>{safe(value)}</b></li>" for name, value in pairs)
    return f'<ul class="facts">{listed}</ul>'


def figure(image: bytes, kind: str, alt: str, caption: str) -> str:
    """A picture written into the document; ``kind`` is ``png`` or ``svg+xml``."""
    data = base64.b64encode(image).decode("ascii")
    shown = f'<img src="data:image/{safe(kind)};base64,{safe(data)}" alt="{safe(alt)}">'
    return f"<figure>{shown}<figcaption>{safe(caption)}</figcaption></figure>"
