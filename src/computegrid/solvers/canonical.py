"""From any optimal answer to the canonical one: the best of the optimal face by given weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from computegrid.errors import SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.scaling import scaled
from computegrid.solvers.solution import Floats, Solution, Status

TIE = 1e-8
"""Two costs are equal when they differ by less than this share of the mean cost of a MW."""
AT_BOUND = 1e-9
"""A value is at its bound when it is this near to it, relative to 1 + the bound, of a
program in units of its own size."""


def canonical(lp: LinearProgram, solution: Solution, weights: Floats) -> Solution:
    r"""Return the optimal answer of least ``weights``; its row prices stay as they are.

    All answers that are complementary to one optimal dual are optimal, and all optimal answers
    are complementary to it. So variables with a reduced cost stay at their bound, rows with a
    price stay at theirs, and what is left is minimised over:

    .. math:: \min w^\top x \quad \text{s.t.}\quad x \text{ feasible},\quad
              x_j = \underline x_j \text{ or } \overline x_j \text{ where } z_j \ne 0,\quad
              a_i x = l_i \text{ or } u_i \text{ where } y_i \ne 0

    Where the solver can find it itself (networks) it is asked, else HiGHS is. If that program is
    not solved, the answer is returned as it was.
    """
    x, y = solution.x, solution.row_dual
    used = np.abs(x) > 0
    tie = TIE * float(np.abs(lp.cost[used] * x[used]).sum() / max(np.abs(x).sum(), 1e-300))
    if solution.among_equals is not None:
        least = solution.among_equals(weights, tie)
        if least is not None:
            return replace(solution, x=np.clip(least, lp.col_lower, lp.col_upper))
    own = scaled(lp)
    lp, x, y, tie = (own.lp, x / own.column, y / (own.row * own.money),
                     tie * own.mw / own.money)
    matrix = lp.matrix()
    reduced = lp.cost - np.asarray(matrix.T @ y)
    lower, upper = _at_their_bounds(x, reduced, lp.col_lower, lp.col_upper, tie)
    row_lower, row_upper = _at_their_bounds(
        np.asarray(matrix @ x), y, lp.row_lower, lp.row_upper, tie)
    free = np.flatnonzero(lower < upper)
    if not len(free):
        return solution
    fixed = np.where(lower < upper, 0.0, lower)
    done = np.asarray(matrix @ fixed)
    left = matrix[:, free]
    rows = np.flatnonzero(np.diff(left.indptr))
    left = left[rows]
    face = LinearProgram(
        cost=(weights * own.column)[free] / own.mw, col_lower=lower[free], col_upper=upper[free],
        row_lower=row_lower[rows] - done[rows], row_upper=row_upper[rows] - done[rows],
        start=left.indptr.astype(np.int32), index=left.indices.astype(np.int32), value=left.data,
        families=(), blocks=(),
    )
    try:
        found = solve_highs(face, method="simplex")
    except SolverError:
        return solution
    if found.status is not Status.OPTIMAL:
        return solution
    fixed[free] = np.clip(found.x, lower[free], upper[free])
    return replace(solution, x=fixed * own.column)


def _at_their_bounds(
    value: Floats, price: Floats, lower: Floats, upper: Floats, tie: float
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
