"""What a program's rows tie together: the units it falls apart into, and the rows that join them.

A *unit* is a run of hours that no row of its own joins to the hours around it: one hour, or one
day where work can wait. Rows over the horizon (shares, carbon caps) join the units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from computegrid.program.algebra import Block, Equations

Codes = npt.NDArray[np.int64]
JOINS = -1
"""Unit of the rows and columns that belong to no single unit."""


@dataclass(frozen=True)
class Units:
    """How a program falls apart.

    Attributes
    ----------
    hours : tuple of int array
        Positions of the hours of each unit, in order.
    row : int array, shape (m,)
        Unit of each row; ``JOINS`` where it sums over more than one.
    column : int array, shape (n,)
        Unit of each column; ``JOINS`` for the excess of a row that joins units.
    """

    hours: tuple[Codes, ...]
    row: Codes
    column: Codes

    @property
    def separate(self) -> bool:
        """Whether no row joins two units, and there is more than one."""
        return len(self.hours) > 1 and not (self.row == JOINS).any()


def find_units(lp: Equations) -> Units:
    """Find the units of a program from what its blocks say they couple."""
    n_hours = lp.families[0].shape[1]
    unit_of = np.concatenate([[0], np.cumsum(~linked_hours(lp))]).astype(np.int64)
    hours = tuple(np.split(np.arange(n_hours), np.flatnonzero(np.diff(unit_of)) + 1))
    alone = len(hours) == 1
    joining = {
        term.family for block in lp.blocks if block.hours is None for term in block.terms
        if term.family.startswith("excess:")
    }
    rows = [
        np.full(block.size, 0 if alone else JOINS) if block.hours is None
        else np.tile(unit_of[block.hours], block.shape[0])
        for block in lp.blocks
    ]
    columns = [
        np.full(family.size, JOINS) if family.name in joining and not alone
        else np.tile(unit_of, family.shape[0])
        for family in lp.families
    ]
    return Units(hours, _joined(rows), _joined(columns))


def linked_hours(lp: Equations) -> npt.NDArray[np.bool_]:
    """Whether hour t + 1 hangs on hour t through a lagged term, shape (T - 1,)."""
    n_hours = lp.families[0].shape[1]
    linked = np.zeros(max(n_hours - 1, 0), dtype=bool)
    for block in lp.blocks:
        for term in block.terms:
            if term.lag and block.hours is not None and len(term.entity):
                linked |= _lagged(block, term.coefficient, n_hours)
    return linked


def _lagged(block: Block, coefficient: npt.NDArray[np.float64], n_hours: int) -> npt.NDArray[
    np.bool_
]:
    used = np.atleast_2d(coefficient.T if coefficient.ndim == 1 else coefficient)
    if coefficient.ndim == 1:
        return np.ones(n_hours - 1, dtype=bool)
    active = (used != 0).any(axis=0)
    return np.broadcast_to(active, (n_hours,))[:-1] if block.size else np.zeros(n_hours - 1, bool)


def _joined(parts: list[Codes]) -> Codes:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
