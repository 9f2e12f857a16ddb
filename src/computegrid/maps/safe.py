"""The one way by which text that comes from data reaches a page.

Markup, attributes, JavaScript template literals, backslashes and Jinja braces are all written
with the same eleven characters; :func:`safe` writes each of them as a number, so the text means
itself in every place of a page. :func:`safe_json` does the same for values handed to scripts,
which then write them with ``textContent`` only.
"""

from __future__ import annotations

import json
from typing import Any

_ENCODED = "&<>\"'`\\${}"
_AS_ENTITY = {ord(character): f"&#{ord(character)};" for character in _ENCODED}
_AS_UNICODE = {ord(character): f"\\u{ord(character):04x}" for character in "&<>'`$\u2028\u2029"}
_DIRECTION_MARKS = (0x061C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_REMOVED: dict[int, None] = dict.fromkeys(
    (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *_DIRECTION_MARKS, 0xFEFF)
)
_SURROGATES: dict[int, str] = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def plain(text: object) -> str:
    """Text without control characters or marks that turn the direction of what follows."""
    if text is None or text != text:
        return ""
    return str(text).translate(_REMOVED).translate(_SURROGATES)


def safe(text: object) -> str:
    """Text for HTML content or a quoted attribute: it shows as it is written and does nothing."""
    return plain(text).translate(_AS_ENTITY)


def safe_json(value: Any) -> str:
    """JSON for a ``<script type="application/json">`` element: no text can close the element."""
    text = json.dumps(
        _plain_values(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.translate(_AS_UNICODE)


def _plain_values(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(key): _plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_values(item) for item in value]
    return value
