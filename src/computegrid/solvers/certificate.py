"""Proof that an answer is right, made from the arrays alone.

Residuals are relative to the largest term of their own row or column, whatever the others are: an
answer of 1e-6 MW is held to the same digits as one of 1e9 MW.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from computegrid.errors import SolverError
from computegrid.program.algebra import PLANNER, Codes, Equations, LinearProgram
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.span import FLOOR
from computegrid.solvers.solution import Floats, Solution
from computegrid.solvers.terms import Terms, max_ratio

FEASIBILITY = 1e-6
"""Largest residual of a bound or row, relative to its largest term."""
OPTIMALITY = 1e-6
"""Largest wrong-signed reduced cost, relative to the largest term of its column."""
GAP = 1e-6
"""Largest duality gap and slackness, relative to the operating cost."""
ROUNDING = 1e-7
"""Least part of all costs, penalties included, that the gap is measured against: where nearly
nothing is served, the operating cost is lost in the rounding (1e-15 a term) of what is not."""

PIECE = 8_192
"""Figures looked at in one go: they fit the processor's cache, and BLAS takes one thread."""


@dataclass(frozen=True)
class Certificate:
    """How far an answer is from optimal; all figures would be 0 in exact arithmetic.

    Attributes
    ----------
    primal_residual : float
        Largest violation of a row, relative to the largest of its terms and its bound, or of a
        variable's bound, relative to the bound and the largest term of the rows it enters.
    dual_residual : float
        Largest reduced cost of the wrong sign, relative to the largest of its column's terms.
    slackness : float
        Sum over rows and variables of |price × distance from the bound it leans on|, relative to
        the operating cost: complementary slackness.
    gap : float
        Primal less dual objective, relative to the operating cost, which is the sum of
        |cost × flow|. The penalties of unserved work are left out of the measure, so that they
        cannot hide a wrong operating cost; but it is 1e-7 of all costs at least.
    conservation : float
        Largest imbalance of energy of a region's workload over a chain of hours, and largest
        excess over a site's capacity, added up from the flows and the scenario without the
        program's matrix, relative to what is wanted or available.
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
    terms = Terms(lp, x, y)
    rows, row_slack, row_wrong = _dual_value(y, activity, lp.row_lower, lp.row_upper)
    columns, column_slack, column_wrong = _dual_value(reduced, x, lp.col_lower, lp.col_upper)
    objective = _product(lp.cost, x)
    flow = lp.columns_of("flow")
    operating = measure(_product(lp.cost[flow], x[flow], sizes=True),
                        _product(lp.cost, x, sizes=True))
    certificate = Certificate(
        primal_residual=max(
            terms.worst_of_rows(*_beyond(activity, lp.row_lower, lp.row_upper)),
            terms.worst_of_columns(*_beyond(x, lp.col_lower, lp.col_upper))),
        dual_residual=max(terms.worst_of_prices(row_wrong),
                          terms.worst_of_costs(column_wrong, reduced)),
        slackness=relative(row_slack + column_slack, operating),
        gap=relative(objective - rows - columns, operating),
        conservation=0.0 if arrays is None else imbalance(lp, x, arrays),
        objective=objective,
        bound=rows + columns,
    )
    if not certificate.holds:
        raise SolverError(f"the answer of {solution.solver} could not be certified: {certificate}; "
                          "check the ranges of the figures, or try solver='highs'")
    return certificate, reduced


def measure(operating: float, everything: float) -> float:
    """What gaps are measured against: the operating cost, and a little of all costs at least.

    Both are sums of the sizes of all terms, so that costs and earnings do not cancel.
    """
    return max(operating, ROUNDING * everything)


def relative(amount: float, size: float) -> float:
    """An amount relative to a size; nothing of nothing is 0, something of nothing infinite."""
    if size > 0:
        return amount / size
    return float(np.copysign(np.inf, amount)) if amount else 0.0


def _beyond(values: Floats, lower: Floats, upper: Floats) -> tuple[Codes, Floats, Floats]:
    """Which values are beyond their bounds, how far, and the bounds."""
    found: list[tuple[Codes, Floats, Floats]] = []
    for at in _pieces(len(values)):
        value, low, high = values[at], lower[at], upper[at]
        over = np.flatnonzero((value < low) | (value > high))
        if len(over):
            bound = np.where(value[over] < low[over], low[over], high[over])
            found.append((at.start + over, np.abs(value[over] - bound), bound))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    where, excess, bounds = (np.concatenate(part) for part in zip(*found, strict=True))
    return where, excess, bounds


def _dual_value(
    dual: Floats, value: Floats, lower: Floats, upper: Floats
) -> tuple[float, float, Codes]:
    """Contribution to the bound, slackness, and which duals lean on a bound that is not there."""
    total = slack = 0.0
    wrong: list[Codes] = []
    for at in _pieces(len(dual)):
        price = dual[at]
        bound = np.where(price > 0, lower[at], upper[at])
        leans = np.isfinite(bound)
        size = np.abs(price)
        if not leans.all():
            wrong.append(at.start + np.flatnonzero(~leans & (size > 0)))
        bound = np.where(leans, bound, 0.0)
        total += float(price @ bound)
        slack += float(np.where(leans, size, 0.0) @ np.abs(value[at] - bound))
    return total, slack, np.concatenate([np.zeros(0, dtype=np.int64), *wrong])


def _product(a: Floats, b: Floats, *, sizes: bool = False) -> float:
    """Sum of products, or of their sizes."""
    if sizes:
        return float(sum(np.abs(a[at]) @ np.abs(b[at]) for at in _pieces(len(a))))
    return float(sum(a[at] @ b[at] for at in _pieces(len(a))))


def _pieces(n: int) -> Iterator[slice]:
    """Positions 0 to n in pieces that fit the processor's cache."""
    return (slice(first, first + PIECE) for first in range(0, n, PIECE))


def imbalance(lp: Equations, x: Floats, a: Arrays) -> float:
    """Worst of the sums over flows and given-up work against the scenario, without the matrix.

    Relative to what is wanted or available there, in an hour or a chain of hours.
    """
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
            worst = worst_of(np.abs(sums[0]), sums[1])
            off, wanted = off[now], wanted[now]
        worst = max(worst, worst_of(np.abs(off), wanted))
    if entering.get("site_capacity", set()) <= {"flow"}:
        drawn = _summed(a.lane_site, flow, a.n_sites) * a.power_ratio[:, None]
        worst = max(worst, worst_of(drawn - a.available_mw, a.available_mw))
    return worst


def worst_of(excess: Floats, size: Floats) -> float:
    """Largest excess relative to its size, which is ``FLOOR`` of the largest size at least."""
    least = FLOOR * float(size.max(initial=0.0))
    over = np.flatnonzero(excess.ravel() > 0)
    return max_ratio(excess.ravel()[over], np.maximum(size.ravel()[over], least))


def _summed(group: np.ndarray, values: Floats, n: int) -> Floats:
    """Rows of ``values`` added up by group, shape (n, columns)."""
    width = values.shape[1]
    at = group[:, None] * width + np.arange(width)
    total = np.bincount(at.ravel(), values.ravel(), n * width)
    return np.asarray(total, dtype=np.float64).reshape(n, width)
