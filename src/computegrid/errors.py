"""Errors that say what was found, where, what was expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from computegrid.inert import inert

if TYPE_CHECKING:
    import pandas as pd

MOST_FAULTS_SHOWN = 40
MOST_ROWS_NAMED = 3
"""Rows and values of one cause that are named; the others are counted."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input.

    Parameters
    ----------
    table : str
        File or table in which it was found, e.g. ``"sites.csv"`` or ``"sites"``.
    message : str
        What is wrong, and what was expected.
    row : str
        Row, by its key or by its line number in the file; empty when it is not about one row.
    column : str
        Column; empty when it is not about one column.
    value : object
        The value found; None when there is none to show.
    cure : str
        What to do about it.

    Examples
    --------
    >>> print(Fault("sites", "must be at least 0", row="A", column="capacity_mw", value=-5.0,
    ...             cure="give the IT capacity in MW"))
    sites, row A, column capacity_mw: -5.0: must be at least 0; give the IT capacity in MW
    """

    table: str
    message: str
    row: str = ""
    column: str = ""
    value: object = None
    cure: str = ""

    def __str__(self) -> str:
        return _line([self])


def lines_of(faults: Iterable[Fault]) -> list[str]:
    """Return a line for each cause: faults that differ in row and value alone are one line.

    Examples
    --------
    >>> lines_of([Fault("sites", "must be at least 0", row=row, column="capacity_mw", value=-5.0)
    ...           for row in "ABCDE"])
    ['sites, 5 rows (A, B, C, ...), column capacity_mw: -5.0: must be at least 0']
    """
    causes: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        cause = (fault.table, fault.column, fault.message, fault.cure)
        causes.setdefault(cause, []).append(fault)
    return [_line(alike) for alike in causes.values()]


def _line(alike: Sequence[Fault]) -> str:
    """One line for faults of one cause: where, what was found, what is wrong, what to do."""
    first = alike[0]
    rows = _once(fault.row for fault in alike if fault.row)
    values = _once(_short(fault.value) for fault in alike if fault.value is not None)
    place = first.table
    if rows:
        place += f", row {rows[0]}" if len(rows) == 1 else f", {len(rows)} rows ({_first(rows)})"
    if first.column:
        place += f", column {first.column}"
    found = f"{_first(values)}: " if values else ""
    cure = f"; {first.cure}" if first.cure else ""
    return inert(f"{place}: {found}{first.message}{cure}")


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _first(words: Sequence[str]) -> str:
    return ", ".join([*words[:MOST_ROWS_NAMED], *["..."] * (len(words) > MOST_ROWS_NAMED)])


class ComputegridError(Exception):
    """Base of every error this package raises on purpose; its text is inert."""

    def __init__(self, message: object = "") -> None:
        super().__init__(inert(message))


class _FaultyError(ComputegridError):
    """An error that carries every fault of an input at once.

    Attributes
    ----------
    faults : tuple of Fault
        All that is wrong, in the order found; empty for an error of one sentence.
    """

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        lines = lines_of(self.faults)
        shown = [f"  - {line}" for line in lines[:MOST_FAULTS_SHOWN]]
        hidden = len(lines) - len(shown)
        if hidden > 0:
            shown.append(f"  - ... and {hidden} more")
        super().__init__("\n".join([message, *shown]))


class DataError(_FaultyError):
    """A table or file cannot be used as it stands."""


class ScenarioError(_FaultyError):
    """Tables are sound by themselves, but a model, regime, rule or selector is not."""


class InfeasibleError(ComputegridError):
    """No dispatch satisfies all hard rules at once.

    Attributes
    ----------
    conflict : DataFrame or None
        What cannot hold together: rules, demand, capacities and forbidden lanes, by name and
        hour, from a proof checked on the arrays. None where no proof was made.
    relaxation : DataFrame or None
        The least that would have to give, and by how much (``gives``, ``unit``).
    """

    def __init__(
        self, message: str, conflict: pd.DataFrame | None = None,
        relaxation: pd.DataFrame | None = None,
    ) -> None:
        super().__init__(message)
        self.conflict = conflict
        self.relaxation = relaxation


class SolverError(ComputegridError):
    """The solver gave no answer that could be certified."""


class RuleWarning(UserWarning):
    """A rule has no effect as written, e.g. it selects no lane; its text is inert."""

    def __init__(self, message: object = "") -> None:
        super().__init__(inert(message))


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return the known word most like ``word``, or None if none is like enough (0 to 1)."""
    names = sorted(str(name) for name in known)
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=likeness)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'x'?"`` for the nearest known word, or a list of what is known.

    Examples
    --------
    >>> did_you_mean("contol", ["control", "country"])
    "did you mean 'control'?"
    """
    names = sorted(str(name) for name in known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean {near!r}?"
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known: {listed}" if names else "none are known"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return repr(text) if isinstance(value, str) else text
