"""Proof that an answer is right, made from the arrays alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from computegrid.errors import SolverError
from computegrid.program.algebra import PLANNER, Equations, LinearProgram
from computegrid.scenario.arrays import Arrays
from computegrid.solvers.solution import Floats, Solution

FEASIBILITY = 1e-6
"""Largest residual of a bound or row, relative to 1 + its bound."""
OPTIMALITY = 1e-6
"""Largest wrong-signed price, relative to the mean cost of a MW at work."""
GAP = 1e-6
"""Largest duality gap and slackness, relative to the operating cost."""
ROUNDING = 1e-9
"""Least part of the objective that they are measured against: where nearly nothing is served, the
operating cost is lost in the rounding of what is not."""

PIECE = 8_192
"""Figures looked at in one go: they fit the processor's cache, and BLAS takes one thread."""


@dataclass(frozen=True)
class Certificate:
    """How far an answer is from optimal; all figures would be 0 in exact arithmetic.

    Attributes
    ----------
    primal_residual : float
        Largest violation of a row or bound, relative to 1 + its bound.
    dual_residual : float
        Largest wrong-signed reduced cost or row price, relative to the mean cost of what is used.
    slackness : float
        Sum over rows and variables of |price × distance from the bound it leans on| / max(1,
        operating cost): complementary slackness.
    gap : float
        (primal - dual objective) / max(1, operating cost): the penalties of unserved work are
        left out of the measure, so that they cannot hide a wrong operating cost.
    conservation : float
        Largest imbalance of energy of a region's workload over a day, and largest excess over a
        site's capacity, added up from the flows and the scenario without the program's matrix,
        relative to 1 + what is wanted or available.
    objective, bound : float
        Primal objective, and the lower bound the duals prove [USD, or kg].
    """

    primal_residual: float
    dual_residual: float
    slackness: float
    gap: float
    conservation: float
    objective: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether all figures are within tolerance."""
        return bool(
            self.primal_residual <= FEASIBILITY
            and self.dual_residual <= OPTIMALITY
            and self.slackness <= GAP
            and abs(self.gap) <= GAP
            and self.conservation <= FEASIBILITY
        )

    def __str__(self) -> str:
        return (
            f"primal residual {self.primal_residual:.1e}, dual residual {self.dual_residual:.1e}, "
            f"slackness {self.slackness:.1e}, gap {self.gap:.1e}, "
            f"conservation {self.conservation:.1e}"
        )


def certify(
    lp: LinearProgram, solution: Solution, arrays: Arrays | None = None
) -> tuple[Certificate, Floats]:
    r"""Check an optimal solution; return the certificate and the reduced costs, shape (n,).

    .. math:: \text{bound} = \sum_i \left(y_i^+ l_i + y_i^- u_i\right)
              + \sum_j \left(z_j^+ \underline x_j + z_j^- \overline x_j\right),
              \quad z = c - A^\top y

    Parameters
    ----------
    lp : LinearProgram
        The program, as it was asked.
    solution : Solution
        Its answer.
    arrays : Arrays, optional
        The scenario, for the sums of conservation; without it they count as kept.

    Raises
    ------
    SolverError
        If the certificate does not hold.
    """
    x, y = solution.x, solution.row_dual
    if len(x) != lp.n_columns or len(y) != lp.n_rows or not (
        np.isfinite(x).all() and np.isfinite(y).all()
    ):
        raise SolverError(f"the answer of {solution.solver} is not complete: NaN or missing values")
    matrix = lp.matrix()
    activity = np.asarray(matrix @ x, dtype=np.float64)
    reduced = lp.cost - np.asarray(matrix.T @ y, dtype=np.float64)
    primal = max(_violation(activity, lp.row_lower, lp.row_upper),
                 _violation(x, lp.col_lower, lp.col_upper))
    rows, row_slack, row_wrong = _dual_value(y, activity, lp.row_lower, lp.row_upper)
    columns, column_slack, column_wrong = _dual_value(reduced, x, lp.col_lower, lp.col_upper)
    objective = _product(lp.cost, x)
    flow = lp.columns_of("flow")
    operating = max(1.0, abs(_product(lp.cost[flow], x[flow])), ROUNDING * abs(objective))
    certificate = Certificate(
        primal_residual=primal,
        dual_residual=max(row_wrong, column_wrong) / _mean_cost(lp, x),
        slackness=(row_slack + column_slack) / operating,
        gap=(objective - rows - columns) / operating,
        conservation=0.0 if arrays is None else imbalance(lp, x, arrays),
        objective=objective,
        bound=rows + columns,
    )
    if not certificate.holds:
        raise SolverError(f"the answer of {solution.solver} could not be certified: {certificate}; "
                          "check the ranges of the figures, or try solver='highs'")
    return certificate, reduced


def _violation(values: Floats, lower: Floats, upper: Floats) -> float:
    worst = 0.0
    for at in _pieces(len(values)):
        value, low, high = values[at], lower[at], upper[at]
        for excess, bound in ((low - value, low), (value - high, high)):
            over = np.flatnonzero(excess > 0)
            if len(over):
                worst = max(worst, float((excess[over] / (1 + np.abs(bound[over]))).max()))
    return worst


def _dual_value(
    dual: Floats, value: Floats, lower: Floats, upper: Floats
) -> tuple[float, float, float]:
    """Contribution to the bound, slackness, and the largest dual leaning on an infinite bound."""
    total = slack = wrong = 0.0
    for at in _pieces(len(dual)):
        price = dual[at]
        bound = np.where(price > 0, lower[at], upper[at])
        leans = np.isfinite(bound)
        size = np.abs(price)
        wrong = max(wrong, float(size.max(initial=0.0, where=~leans)))
        bound = np.where(leans, bound, 0.0)
        total += float(price @ bound)
        slack += float(np.where(leans, size, 0.0) @ np.abs(value[at] - bound))
    return total, slack, wrong


def _product(a: Floats, b: Floats) -> float:
    return float(sum(a[at] @ b[at] for at in _pieces(len(a))))


def _pieces(n: int) -> Iterator[slice]:
    """Positions 0 to n in pieces that fit the processor's cache."""
    return (slice(first, first + PIECE) for first in range(0, n, PIECE))


def _mean_cost(lp: LinearProgram, x: Floats) -> float:
    """Mean cost of a unit of what is used; where nothing costs, the largest cost, or 1."""
    spent = _product(np.abs(lp.cost), used := np.abs(x))
    if spent > 0:
        return spent / float(used.sum())
    return float(np.abs(lp.cost).max(initial=0.0)) or 1.0


def imbalance(lp: Equations, x: Floats, a: Arrays) -> float:
    """Worst of the sums over flows and given-up work against the scenario, without the matrix."""
    if lp.has_family(PLANNER):
        return 0.0  # a planner's model may have equations of its own
    entering = {block.name: {term.family for term in block.terms} for block in lp.blocks}
    flow = x[lp.columns_of("flow")].reshape(-1, a.n_hours)
    worst = 0.0
    if entering.get("demand_balance", set()) <= {"flow", "unserved", "backlog"}:
        done = _summed(a.lane_ask, flow, a.n_asks)
        done += x[lp.columns_of("unserved")].reshape(a.demand_mw.shape)
        off, wanted = (done - a.demand_mw) * a.weight_hours, a.demand_mw * a.weight_hours
        if lp.has_family("backlog"):  # what may wait adds up over a chain of hours only
            waits = next(f for f in lp.families if f.name == "backlog").entities["ask"].to_numpy()
            now = np.setdiff1d(np.arange(a.n_asks), waits)
            n_chains = int(a.chain[-1]) + 1
            sums = [_summed(a.chain, part[waits].T, n_chains) for part in (off, wanted)]
            worst = float((np.abs(sums[0]) / (1 + sums[1])).max(initial=0.0))
            off, wanted = off[now], wanted[now]
        worst = max(worst, float((np.abs(off) / (1 + wanted)).max(initial=0.0)))
    if entering.get("site_capacity", set()) <= {"flow"}:
        drawn = _summed(a.lane_site, flow, a.n_sites) * a.power_ratio[:, None]
        worst = max(worst, float(
            ((drawn - a.available_mw) / (1 + a.available_mw)).max(initial=0.0)))
    return worst


def _summed(group: np.ndarray, values: Floats, n: int) -> Floats:
    """Rows of ``values`` added up by group, shape (n, columns)."""
    width = values.shape[1]
    at = group[:, None] * width + np.arange(width)
    total = np.bincount(at.ravel(), values.ravel(), n * width)
    return np.asarray(total, dtype=np.float64).reshape(n, width)
