"""The answers of a program that are as good as one of them: its optimal face, and its extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from computegrid.errors import SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.scaling import Scaled, scaled
from computegrid.solvers.solution import Floats, Status

AT_BOUND = 1e-9
"""A value is at its bound when it is this near to it, relative to 1 + the bound, of a
program in units of its own size."""


@dataclass(frozen=True, eq=False)
class Face:
    r"""Answers in which what has a price stays at its bound.

    .. math:: x \text{ feasible},\quad
              x_j = \underline x_j \text{ or } \overline x_j \text{ where } |z_j| > \tau_j,\quad
              a_i x = l_i \text{ or } u_i \text{ where } |y_i| > \tau_i

    All answers that are complementary to one optimal dual are optimal, and all optimal answers
    are complementary to it: with :math:`\tau = 0` this is the optimal face.

    Attributes
    ----------
    own : Scaled
        The program in units of its own size; so are all bounds.
    lower, upper : float array, shape (n,)
    row_lower, row_upper : float array, shape (m,)
    """

    own: Scaled
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats

    def least(self, weights: Floats) -> Floats | None:
        """The answer of least ``weights``, shape (n,) each; None where it is not found."""
        own, lower, upper = self.own, self.lower, self.upper
        free = np.flatnonzero(lower < upper)
        fixed = np.where(lower < upper, 0.0, lower)
        if not len(free):
            return fixed * own.column
        matrix = own.lp.matrix()
        done = np.asarray(matrix @ fixed)
        left = matrix[:, free]
        rows = np.flatnonzero(np.diff(left.indptr))
        left = left[rows]
        program = LinearProgram(
            cost=(weights * own.column)[free] / own.mw, col_lower=lower[free],
            col_upper=upper[free], row_lower=self.row_lower[rows] - done[rows],
            row_upper=self.row_upper[rows] - done[rows], start=left.indptr.astype(np.int32),
            index=left.indices.astype(np.int32), value=left.data, families=(), blocks=(),
        )
        try:
            found = solve_highs(program, method="simplex")
        except SolverError:
            return None
        if found.status is not Status.OPTIMAL:
            return None
        fixed[free] = np.clip(found.x, lower[free], upper[free])
        return fixed * own.column

    @property
    def free(self) -> np.ndarray:
        """Which variables may differ from one answer to another, shape (n,)."""
        return np.asarray(self.lower < self.upper)


def face_of(
    lp: LinearProgram, x: Floats, row_dual: Floats, tie: float, equal: Floats | None = None
) -> Face:
    """Return the face of an optimal answer and its prices.

    Parameters
    ----------
    lp : LinearProgram
    x, row_dual : float array, shape (n,), (m,)
    tie : float
        Reduced cost, or price of a row, up to which it is a solver's noise [objective per MW].
    equal : float array, shape (n,), optional
        Reduced cost up to which a variable counts as equally good [objective per MW]. A row's
        price counts as none up to the mean of its variables' over its mean coefficient.
    """
    own = scaled(lp)
    unit = own.mw / own.money
    program, x, y = own.lp, x / own.column, row_dual / (own.row * own.money)
    matrix = program.matrix()
    by_column, by_row = np.full(len(x), tie * unit), np.full(len(y), tie * unit)
    if equal is not None:
        pattern = sp.csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr),
                               shape=matrix.shape)
        size = np.asarray(abs(matrix).sum(axis=1)).ravel()
        by_column += equal * unit
        by_row += np.asarray(pattern @ (equal * unit)) / np.maximum(size, 1e-300)
    reduced = program.cost - np.asarray(matrix.T @ y)
    lower, upper = _at_their_bounds(x, reduced, program.col_lower, program.col_upper, by_column)
    row_lower, row_upper = _at_their_bounds(
        np.asarray(matrix @ x), y, program.row_lower, program.row_upper, by_row)
    return Face(own, lower, upper, row_lower, row_upper)


def _at_their_bounds(
    value: Floats, price: Floats, lower: Floats, upper: Floats, tie: Floats
) -> tuple[Floats, Floats]:
    """Bounds in which what has a price is held at the bound it leans on."""
    low, high = lower.copy(), upper.copy()
    with np.errstate(invalid="ignore"):
        at_low = (value - lower <= AT_BOUND * (1 + np.abs(lower))) & np.isfinite(lower)
        at_high = (upper - value <= AT_BOUND * (1 + np.abs(upper))) & np.isfinite(upper)
    at_low &= price > tie
    at_high &= price < -tie
    high[at_low], low[at_high] = lower[at_low], upper[at_high]
    return low, high
