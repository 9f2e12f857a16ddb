"""Text of any origin without what a terminal or a page would obey rather than show."""

from __future__ import annotations

_DIRECTION_MARKS = (0x061C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_REMOVED: dict[int, None] = dict.fromkeys(
    (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *_DIRECTION_MARKS, 0xFEFF)
)
_SURROGATES: dict[int, str] = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def inert(text: object) -> str:
    r"""Return text without control characters, or marks that turn the direction of what follows.

    Line breaks and tabs stay; half a surrogate pair becomes the replacement character. None and
    NaN are the empty text. Errors, the command line, maps and reports write all text through it.

    Examples
    --------
    >>> inert("\x1b[31mred\x9b\u202e")
    '[31mred'
    """
    if text is None or text != text:
        return ""
    return str(text).translate(_REMOVED).translate(_SURROGATES)
