"""The terminal as the commands write to it: every text is shown as it is written, none obeyed."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from computegrid.inert import inert

_WIDTH_OF_FILES = 132


class PlainConsole(Console):
    """A rich console without markup, emoji codes or highlighting, whose every text is inert.

    Square brackets of names, paths and titles are printed as they are; styles come from
    :func:`marked` alone. What a terminal would obey is taken out where text becomes segments, the
    last step before it is written, so that no command can forget it.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        wide = stderr or sys.stdout.isatty()
        super().__init__(markup=False, emoji=False, highlight=False, stderr=stderr,
                         width=None if wide else _WIDTH_OF_FILES)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of a renderable; rich's own cursor movements are left alone."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=inert(segment.text))


def stdout() -> PlainConsole:
    """Standard output; wide enough for the tables when it is no terminal."""
    return PlainConsole()


def stderr() -> PlainConsole:
    """Standard error: notes and errors."""
    return PlainConsole(stderr=True)


def marked(mark: str, style: str, text: object) -> Text:
    """A word in a style of the program's, and text as it is.

    Examples
    --------
    >>> marked("note:", "yellow", "a [b] c").plain
    'note: a [b] c'
    """
    return Text.assemble((mark, style), f" {text}")
