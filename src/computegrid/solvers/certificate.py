"""Proof that an answer is right, made from the arrays alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from computegrid.errors import SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.solution import Floats, Solution

FEASIBILITY = 1e-6
"""Largest residual of a bound or row, relative to 1 + the largest bound in use."""
GAP = 1e-6
"""Largest duality gap, relative to the operating cost."""


@dataclass(frozen=True)
class Certificate:
    """How far an answer is from optimal; all figures would be 0 in exact arithmetic.

    Attributes
    ----------
    primal_residual : float
        Largest violation of a row or bound, relative to 1 + its bound.
    dual_residual : float
        Largest wrong-signed reduced cost or row price, relative to 1 + the largest cost.
    gap : float
        (primal - dual objective) / max(1, operating cost): the penalties of unserved work are
        left out of the measure, so that they cannot hide a wrong operating cost.
    objective, bound : float
        Primal objective, and the lower bound the duals prove [USD, or kg].
    """

    primal_residual: float
    dual_residual: float
    gap: float
    objective: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether all figures are within tolerance."""
        return (
            self.primal_residual <= FEASIBILITY
            and self.dual_residual <= FEASIBILITY
            and abs(self.gap) <= GAP
        )


def certify(lp: LinearProgram, solution: Solution) -> tuple[Certificate, Floats]:
    r"""Check an optimal solution; return the certificate and the reduced costs, shape (n,).

    .. math:: \text{bound} = \sum_i \left(y_i^+ l_i + y_i^- u_i\right)
              + \sum_j \left(z_j^+ \underline x_j + z_j^- \overline x_j\right),
              \quad z = c - A^\top y

    Raises
    ------
    SolverError
        If the certificate does not hold.
    """
    x, y = solution.x, solution.row_dual
    matrix = sp.csr_array((lp.value, lp.index, lp.start), shape=(lp.n_rows, lp.n_columns))
    activity = matrix @ x
    reduced = lp.cost - matrix.T @ y
    primal = max(_violation(activity, lp.row_lower, lp.row_upper),
                 _violation(x, lp.col_lower, lp.col_upper))
    rows, row_wrong = _dual_value(y, lp.row_lower, lp.row_upper)
    columns, column_wrong = _dual_value(reduced, lp.col_lower, lp.col_upper)
    objective = float(lp.cost @ x)
    flow = lp.columns_of("flow")
    operating = abs(float(lp.cost[flow] @ x[flow]))
    scale = 1.0 + float(np.abs(lp.cost).max(initial=0.0))
    certificate = Certificate(
        primal_residual=primal,
        dual_residual=max(row_wrong, column_wrong) / scale,
        gap=(objective - rows - columns) / max(1.0, operating),
        objective=objective,
        bound=rows + columns,
    )
    if not certificate.holds:
        raise SolverError(
            f"the answer of {solution.solver} could not be certified: primal residual "
            f"{certificate.primal_residual:.1e}, dual residual {certificate.dual_residual:.1e}, "
            f"gap {certificate.gap:.1e} of the operating cost; check the ranges of the figures"
        )
    return certificate, reduced


def _violation(values: Floats, lower: Floats, upper: Floats) -> float:
    low, high = np.isfinite(lower), np.isfinite(upper)
    under = (lower[low] - values[low]) / (1 + np.abs(lower[low]))
    over = (values[high] - upper[high]) / (1 + np.abs(upper[high]))
    return float(max(under.max(initial=0.0), over.max(initial=0.0)))


def _dual_value(dual: Floats, lower: Floats, upper: Floats) -> tuple[float, float]:
    """Contribution to the bound, and the largest dual that leans on an infinite bound."""
    bound = np.where(dual > 0, lower, upper)
    leans = np.isfinite(bound)
    wrong = float(np.abs(dual[~leans]).max(initial=0.0))
    return float(dual[leans] @ bound[leans]), wrong
