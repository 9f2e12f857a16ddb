"""From any optimal answer to the canonical one: the best of the optimal face by given weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from computegrid.program.algebra import LinearProgram
from computegrid.solvers.face import face_of
from computegrid.solvers.solution import Floats, Solution

TIE = 1e-8
"""Two costs are equal when they differ by less than this share of the mean cost of a MW."""


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
    least = face_of(lp, x, y, tie).least(weights)
    return solution if least is None else replace(solution, x=least)
