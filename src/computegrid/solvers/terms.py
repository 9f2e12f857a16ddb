"""How large the terms of rows and columns are: what their residuals are measured against."""

from __future__ import annotations

import numpy as np

from computegrid.program.algebra import Codes, Floats, LinearProgram
from computegrid.scenario.span import FLOOR


class Terms:
    """Sizes of the terms of a program at an answer; only rows and columns asked for are looked at.

    A variable counts as ``FLOOR`` of the largest of its kind at least, and so does a cost: flow,
    work given up and work that waits are of one kind, every other family is one of its own.

    Parameters
    ----------
    lp : LinearProgram
    x : float array, shape (n,)
        The answer.
    y : float array, shape (m,)
        Its row prices.
    """

    def __init__(self, lp: LinearProgram, x: Floats, y: Floats) -> None:
        self.lp, self.x, self.y = lp, x, y
        self.kinds = _kinds(lp)
        self.least = np.array([FLOOR * max((_largest(x[at]) for at in kind), default=0.0)
                               for kind in self.kinds])
        self.cheapest = np.array([FLOOR * max((_largest(lp.cost[at]) for at in kind), default=0.0)
                                  for kind in self.kinds])
        ends = sorted((at.stop, k) for k, kind in enumerate(self.kinds) for at in kind)
        self.stops = np.array([stop for stop, _ in ends], dtype=np.int64)
        self.kind = np.array([k for _, k in ends], dtype=np.int64)

    def worst_of_rows(self, rows: Codes, excess: Floats, bound: Floats) -> float:
        """Largest excess of the rows, each relative to its bound and its largest term."""
        return max_ratio(excess, np.maximum(np.abs(bound), self._largest_in_rows(rows)))

    def worst_of_columns(self, columns: Codes, excess: Floats, bound: Floats) -> float:
        """Largest excess of variables, relative to the bound and the largest terms of their rows.

        Of several rows the one counts in which the variable weighs most.
        """
        if not len(columns):
            return 0.0
        place, row, value = self._entries_of(columns)
        rows, at = np.unique(row, return_inverse=True)
        size = np.full(len(columns), np.inf)
        np.minimum.at(size, place, self._largest_in_rows(rows)[at] / np.abs(value))
        size = np.where(np.isfinite(size), size, np.abs(self.x[columns]))
        return max_ratio(excess, np.maximum(size, np.abs(bound)))

    def worst_of_costs(self, columns: Codes, reduced: Floats) -> float:
        """Largest reduced cost of these columns, relative to the largest term of each."""
        if not len(columns):
            return 0.0
        wrong = np.abs(reduced[columns])
        return max_ratio(wrong, self._largest_in_columns(columns, *self._entries_of(columns)))

    def worst_of_prices(self, rows: Codes) -> float:
        """Largest price of these rows in a column, relative to the largest term of the column."""
        if not len(rows):
            return 0.0
        entries = self._entries_in(rows)[1]
        worth = np.abs(self.lp.value[entries]) * np.repeat(
            np.abs(self.y[rows]), np.diff(self.lp.start)[rows])
        columns, at = np.unique(self.lp.index[entries].astype(np.int64), return_inverse=True)
        size = self._largest_in_columns(columns, *self._entries_of(columns))
        return max_ratio(worth, size[at])

    def _largest_in_rows(self, rows: Codes) -> Floats:
        place, entries = self._entries_in(rows)
        column = self.lp.index[entries].astype(np.int64)
        x = np.maximum(np.abs(self.x[column]), self.least[self._kind_of(column)])
        size = np.zeros(len(rows))
        np.maximum.at(size, place, np.abs(self.lp.value[entries]) * x)
        return size

    def _largest_in_columns(
        self, columns: Codes, place: Codes, row: Codes, value: Floats
    ) -> Floats:
        size: Floats = np.maximum(
            np.abs(self.lp.cost[columns]), self.cheapest[self._kind_of(columns)])
        np.maximum.at(size, place, np.abs(value * self.y[row]))
        return size

    def _entries_in(self, rows: Codes) -> tuple[Codes, Codes]:
        """Entries of rows, and which of the rows each one is in."""
        start, length = self.lp.start[rows].astype(np.int64), np.diff(self.lp.start)[rows]
        place = np.repeat(np.arange(len(rows)), length)
        return place, np.arange(len(place)) + (start - np.cumsum(length) + length)[place]

    def _entries_of(self, columns: Codes) -> tuple[Codes, Codes, Floats]:
        """Entries of columns: which of the columns each one is in, its row, its value."""
        inside = np.zeros(self.lp.n_columns, dtype=bool)
        inside[columns] = True
        entries = np.flatnonzero(inside[self.lp.index])
        row = np.searchsorted(self.lp.start, entries, side="right") - 1
        return np.searchsorted(columns, self.lp.index[entries]), row, self.lp.value[entries]

    def _kind_of(self, columns: Codes) -> Codes:
        found: Codes = self.kind[np.searchsorted(self.stops, columns, side="right")]
        return found


def _kinds(lp: LinearProgram) -> list[list[slice]]:
    """Columns of each kind."""
    work: list[slice] = []
    kinds, first = [work], 0
    for family in lp.families:
        at = slice(first, first + family.size)
        first += family.size
        if family.name in ("flow", "unserved", "backlog"):
            work.append(at)
        elif family.size:
            kinds.append([at])
    return kinds if lp.families else [[slice(0, lp.n_columns)]]


def _largest(values: Floats) -> float:
    return max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))


def max_ratio(excess: Floats, size: Floats) -> float:
    """Largest ratio of an excess to its size; something of nothing is infinite."""
    ratio = np.divide(excess, size, out=np.full(len(excess), np.inf), where=size > 0)
    return float(ratio.max(initial=0.0, where=excess > 0))
