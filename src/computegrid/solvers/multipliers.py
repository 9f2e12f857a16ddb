r"""Prices for the rows that join units: cutting planes on the dual function, smoothed.

For prices :math:`\lambda` of the side rows each unit is a network of its own, and

.. math:: \theta(\lambda) = \sum_u \min_{x \in X_u} (c - A_s^\top \lambda)^\top x
          + \sum_k (\lambda_k^+ l_k - \lambda_k^- u_k)

bounds the optimum from below. Each answer of the networks is a cut; the master program over the
cuts (HiGHS) proposes the next prices and bounds the optimum from above, since its own dual mixes
the answers into a feasible plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from computegrid.program.algebra import Floats, LinearProgram
from computegrid.solvers.network import Network, flow_costs
from computegrid.solvers.network_oracle import NetworkError, Oracle
from computegrid.solvers.structure import Codes, matrix_of

GROUPS = 64
"""Most groups of units that have cuts of their own."""
EDGES = (1.0, 100.0, 1e4)
"""Prices searched: a row's price times its size, over the cost of the first answer."""
SMOOTHING = 0.3
"""How far the next prices are drawn back to the best so far, near the end."""


@dataclass(frozen=True)
class SideRows:
    """Rows outside the network.

    Attributes
    ----------
    rows : int array, shape (K,)
        Rows of the program.
    matrix : csr array, shape (K, n)
        Their coefficients.
    by_group : csr array, shape (G * K, n)
        The same, parted by the group of units a column belongs to.
    lower, upper : float array, shape (K,)
    least, most : float array, shape (K,)
        Range of each row's price: sign, and the penalty where the row is soft.
    group : int array, shape (n,)
        Group of units of each column, of ``n_groups``.
    keys : tuple of (str, int), length K
        Block of each row, and its place in the block.
    """

    rows: Codes
    matrix: sp.csr_array
    by_group: sp.csr_array
    lower: Floats
    upper: Floats
    least: Floats
    most: Floats
    group: Codes
    n_groups: int
    keys: tuple[tuple[str, int], ...]


def side_rows(network: Network) -> SideRows:
    """Collect the rows outside the network, and which group of units each column is in."""
    lp = network.lp
    rows = np.concatenate([
        np.arange(s.start, s.stop)
        for s in (lp.rows_of(lp.blocks[b].name) for b in network.side_blocks)
    ])
    matrix = matrix_of(lp)[rows]
    n_units = len(network.units.hours)
    n_groups = min(n_units, GROUPS)
    of_unit = np.arange(n_units) * n_groups // n_units
    group = np.where(network.units.column < 0, 0, of_unit[network.units.column])
    entries = matrix.tocoo()
    k, column = entries.coords
    by_group = sp.csr_array(
        (entries.data, (group[column] * len(rows) + k, column)),
        shape=(n_groups * len(rows), lp.n_columns),
    )
    lower, upper = lp.row_lower[rows], lp.row_upper[rows]
    least = np.where(np.isfinite(upper), -np.inf, 0.0)
    most = np.where(np.isfinite(lower), np.inf, 0.0)
    _soften(lp, matrix, least, most)
    keys = tuple((name, k) for name in (lp.blocks[b].name for b in network.side_blocks)
                 for k in range(lp.rows_of(name).stop - lp.rows_of(name).start))
    return SideRows(rows, matrix, by_group, lower, upper, least, most, group, n_groups, keys)


def _soften(lp: LinearProgram, matrix: sp.csr_array, least: Floats, most: Floats) -> None:
    """Bound the prices of soft rows by their penalties, in place."""
    for family in lp.families:
        if not family.name.startswith("excess:"):
            continue
        at = lp.columns_of(family.name)
        part = matrix[:, at].tocoo()
        k, column = part.coords
        usable = lp.col_upper[at][column] > 0
        bound = lp.cost[at][column] / part.data
        up, down = usable & (part.data > 0), usable & (part.data < 0)
        np.minimum.at(most, k[up], bound[up])
        np.maximum.at(least, k[down], bound[down])


@dataclass(frozen=True)
class Prices:
    """What the search for prices ended with.

    Attributes
    ----------
    price : float array, shape (K,)
        Prices of the best bound.
    bound, value : float
        The bound, and the cost of the best mixture of answers.
    mixture : float array, shape (n,)
        That mixture; meaningful if ``value`` is finite and near the bound.
    gap : float
        Their difference, relative to the operating cost.
    rounds : int
    at_edge : bool
        Whether a hard row's price grew without end: it may not be possible to keep it.
    """

    price: Floats
    bound: float
    value: float
    mixture: Floats
    gap: float
    rounds: int
    at_edge: bool


def find_prices(
    network: Network, oracle: Oracle, side: SideRows, start: Floats | None = None, *,
    gap: float = 1e-6, max_rounds: int = 80, deadline: float | None = None,
) -> Prices:
    """Search for the prices of the side rows that make the bound largest.

    The oracle's trees and potentials are those of the best prices afterwards.
    """
    lp = network.lp
    flows = lp.columns_of("flow")
    master: _Master | None = None
    best, best_price = -np.inf, np.zeros(len(side.rows))
    if start is not None:
        best_price = np.clip(start, side.least, side.most)
    here, plans, value, rounds, width = best_price, [], np.inf, 0, np.inf
    edge = False
    while rounds < max_rounds:
        rounds += 1
        _run_at(network, oracle, side, here, deadline)
        x = oracle.x()
        cost: Floats = np.bincount(
            side.group, weights=lp.cost * x, minlength=side.n_groups).astype(np.float64)
        activity: Floats = np.asarray(side.by_group @ x, dtype=np.float64)
        activity = activity.reshape(side.n_groups, -1)
        used = np.flatnonzero(x)
        plans.append((used, x[used]))
        theta = float(cost.sum() - activity.sum(axis=0) @ here + _at_bounds(side, here))
        if theta > best:
            best, best_price = theta, here
        if master is None:
            sizes = [np.where(np.isfinite(b), np.abs(b), 0.0) for b in (side.lower, side.upper)]
            size = np.maximum.reduce([*sizes, np.abs(activity.sum(axis=0))])
            master = _Master(side, max(1.0, abs(float(cost.sum()))), np.where(size > 0, size, 1.0))
        master.add(cost, activity)
        wanted, value, weights = master.solve()
        operating = max(1.0, abs(float(lp.cost[flows] @ x[flows])))
        width = (value - best) / operating
        edge = master.at_edge()
        if width <= gap and not (edge and master.widen()):
            break
        back = SMOOTHING if width <= 1e-2 else 0.0
        if start is not None:
            back = max(back, 0.95 * 0.7 ** (rounds - 1))
        here = wanted + back * (best_price - wanted)
    _run_at(network, oracle, side, best_price, deadline)
    mixture = _mix(side, plans, weights, lp.n_columns)
    _stretch(lp, side, mixture)
    return Prices(best_price, best, value, mixture, width, rounds, edge)


def _run_at(network: Network, oracle: Oracle, side: SideRows, price: Floats,
            deadline: float | None) -> None:
    flow = network.lp.families[0]
    change = (side.matrix.T @ price)[network.lp.columns_of("flow")].reshape(flow.shape)
    oracle.run(flow_costs(network, flow.cost - change), deadline)


def _mix(side: SideRows, plans: list[tuple[Codes, Floats]], weights: Floats, n: int) -> Floats:
    """Sum of the answers by their weights in the master, shape (n,)."""
    x = np.zeros(n)
    shares = np.maximum(weights.reshape(len(plans), -1), 0.0)
    shares /= shares.sum(axis=0)
    for (used, values), weight in zip(plans, shares, strict=True):
        if (weight > 1e-12).any():
            x[used] += values * weight[side.group[used]]
    return x


def _stretch(lp: LinearProgram, side: SideRows, x: Floats) -> None:
    """Set the excesses of soft side rows to what the rest of ``x`` needs, in place."""
    activity = side.matrix @ x
    short = np.maximum(side.lower - activity, 0.0)
    over = np.maximum(activity - side.upper, 0.0)
    for family in lp.families:
        if family.name.startswith("excess:"):
            at = lp.columns_of(family.name)
            part = side.matrix[:, at].tocoo()
            k, column = part.coords
            usable = lp.col_upper[at][column] > 0
            need = np.where(part.data > 0, short[k], over[k]) / np.abs(part.data)
            x[at.start + column[usable]] = need[usable]


def _at_bounds(side: SideRows, price: Floats) -> float:
    bound = np.where(price > 0, side.lower, side.upper)
    used = price != 0
    return float(price[used] @ bound[used])


class _Master:
    """The cuts so far, as a program of its own in HiGHS: maximise the bound they leave.

    Columns: one value per group, then each row's price as a positive and a negative part; money is
    counted in ``unit`` and each row in ``size``, so that all figures are near 1.
    """

    def __init__(self, side: SideRows, unit: float, size: Floats) -> None:
        self.k, self.g, self.unit, self.size = len(side.rows), side.n_groups, unit, size
        self.highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("solver", "simplex")
        for which in ("primal", "dual"):
            self.highs.setOptionValue(f"{which}_feasibility_tolerance", 1e-10)
        infinite = highspy.kHighsInf
        finite = [np.where(np.isfinite(b), b, 0.0) / size for b in (side.lower, side.upper)]
        self.range = np.concatenate([side.most * size, -side.least * size]).clip(min=0.0) / unit
        cost = np.concatenate([np.ones(self.g), finite[0], -finite[1]])
        lower = np.concatenate([np.full(self.g, -infinite), np.zeros(2 * self.k)])
        self.edge = EDGES[0]
        upper = np.concatenate([np.full(self.g, infinite), np.minimum(self.range, self.edge)])
        nothing = np.zeros(0, dtype=np.int32)
        self.highs.addCols(len(cost), -cost, lower, upper, 0,
                           np.zeros(len(cost), dtype=np.int32), nothing, np.zeros(0))

    def add(self, cost: Floats, activity: Floats) -> None:
        """One cut per group from an answer: value + activity · price <= cost."""
        scaled = activity / self.size
        matrix = sp.csr_array(np.hstack([np.eye(self.g), scaled, -scaled]))
        self.highs.addRows(
            self.g, np.full(self.g, -highspy.kHighsInf), cost / self.unit, matrix.nnz,
            matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )

    def solve(self) -> tuple[Floats, float, Floats]:
        """Prices, the value they promise, and the weight of each answer and group."""
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NetworkError("the master program of the side rows has no optimum")
        answer = self.highs.getSolution()
        self.parts = np.array(answer.col_value)[self.g:]
        price = (self.parts[:self.k] - self.parts[self.k:]) * self.unit / self.size
        value = -float(self.highs.getInfo().objective_function_value) * self.unit
        return price, value, -np.array(answer.row_dual)

    def at_edge(self) -> bool:
        """Whether a price leans on the edge of the search, not on its own range."""
        return bool(((self.parts >= 0.999 * self.edge) & (self.range > self.edge)).any())

    def widen(self) -> bool:
        """Search farther; False if that has been done often enough."""
        wider = [e for e in EDGES if e > self.edge]
        if wider:
            self.edge = wider[0]
            columns = np.arange(self.g, self.g + 2 * self.k, dtype=np.int32)
            self.highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)),
                                        np.minimum(self.range, self.edge))
        return bool(wider)
