"""Errors that say what was found, where, what was expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST_FAULTS_SHOWN = 40


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
        place = self.table
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        found = "" if self.value is None else f"{_short(self.value)}: "
        cure = f"; {self.cure}" if self.cure else ""
        return f"{place}: {found}{self.message}{cure}"


class ComputegridError(Exception):
    """Base of every error this package raises on purpose."""


class _FaultyError(ComputegridError):
    """An error that carries every fault of an input at once.

    Attributes
    ----------
    faults : tuple of Fault
        All that is wrong, in the order found; empty for an error of one sentence.
    """

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        shown = [f"  - {fault}" for fault in self.faults[:MOST_FAULTS_SHOWN]]
        hidden = len(self.faults) - len(shown)
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
    """A rule has no effect as written, e.g. it selects no lane."""


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
