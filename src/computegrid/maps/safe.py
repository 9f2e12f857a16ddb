"""The one way by which text that comes from data reaches a page.

Markup, attributes, JavaScript template literals, backslashes and Jinja braces are all written
with the same eleven characters; :func:`safe` writes each of them as a number, so the text means
itself in every place of a page. :func:`safe_json` does the same for values handed to scripts,
which then write them with ``textContent`` only.
"""

from __future__ import annotations

import json
from typing import Any

from computegrid.inert import inert

_ENCODED = "&<>\"'`\\${}"
_AS_ENTITY = {ord(character): f"&#{ord(character)};" for character in _ENCODED}
_AS_UNICODE = {ord(character): f"\\u{ord(character):04x}" for character in "&<>'`$\u2028\u2029"}


def safe(text: object) -> str:
    """Text for HTML content or a quoted attribute: it shows as it is written and does nothing."""
    return inert(text).translate(_AS_ENTITY)


def safe_json(value: Any) -> str:
    """JSON for a ``<script type="application/json">`` element: no text can close the element."""
    text = json.dumps(
        _plain_values(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.translate(_AS_UNICODE)


def _plain_values(value: Any) -> Any:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, dict):
        return {inert(key): _plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_values(item) for item in value]
    return value
