"""Exact finish by sifting: HiGHS on few columns, the others priced until none is missing.

The networks' answer gives the first columns (those it uses and the cheapest few of each ask, in
and out of reach of the rows that do not fit), and a basis HiGHS starts from.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from computegrid.program.algebra import Floats, LinearProgram
from computegrid.solvers.network import Network
from computegrid.solvers.network_oracle import InfeasibleNetworkError, NetworkError, Oracle
from computegrid.solvers.split import Part, parts, workers
from computegrid.solvers.structure import Codes

CHEAPEST = 5
"""Lanes of each ask and hour that are in from the beginning, in each class of reach."""
ADDED = 20_000
"""Most columns that enter in one round."""
ROUNDS = 60
MOST_PENALTY = 1e6
"""How far the price of breaking a side row is raised, times twice the largest cost, before the
program is called infeasible."""
TOLERANCE = 1e-9
"""Reduced cost, relative to 1 + the largest cost of a lane, below which a column is missing."""

Mask = np.ndarray


@dataclass(frozen=True)
class Start:
    """Where HiGHS starts: the columns that are in, and the basis, over the whole program.

    ``chosen``, ``basic`` and ``full`` (at its upper bound) have shape (n,), ``row_basic`` (m,);
    ``side`` are the rows that fit no network.
    """

    chosen: Mask
    basic: Mask
    full: Mask
    row_basic: Mask
    side: Codes


def sift(
    lp: LinearProgram, network: Network, oracle: Oracle, row_dual: Floats, *, warm: bool,
    deadline: float | None = None,
) -> tuple[Floats, Floats, int]:
    """Solve the program from the answer of its networks; return x, row duals, columns used.

    ``row_dual`` chooses the first columns; ``warm`` says that the trees make a basis whose prices
    these are (no side row has one yet).

    Raises
    ------
    NetworkError
        If HiGHS does not call a restricted program optimal.
    """
    start = start_of(lp, network, oracle, lp.cost - lp.matrix().T @ row_dual)
    if not warm:
        start = replace(start, row_basic=np.zeros_like(start.row_basic))
    x, dual = np.zeros(lp.n_columns), np.zeros(lp.n_rows)
    least = -TOLERANCE * (1.0 + float(np.abs(lp.families[0].cost).max(initial=0.0)))
    whole = Part(lp, np.arange(lp.n_columns), np.arange(lp.n_rows))
    pieces = parts(lp, network.units) if network.units.separate else iter([whole])

    def solve_part(part: Part) -> int:
        own = Start(start.chosen[part.columns], start.basic[part.columns],
                    start.full[part.columns], start.row_basic[part.rows],
                    np.flatnonzero(np.isin(part.rows, start.side)))
        x[part.columns], dual[part.rows], used = _sift_part(part.lp, own, least, deadline)
        return used

    with ThreadPoolExecutor(workers()) as pool:
        used = sum(pool.map(solve_part, pieces))
    return x, dual, used


def start_of(
    lp: LinearProgram, network: Network, oracle: Oracle, reduced: Floats
) -> Start:
    """First columns and basis from the trees of the networks."""
    flows, x = lp.columns_of("flow"), oracle.x()
    basic, row_basic = _basis(network, oracle)
    chosen = np.ones(lp.n_columns, dtype=bool)
    chosen[flows] = _cheapest(network, reduced[flows])
    chosen |= basic | (x > 0)
    full = (x >= lp.col_upper) & (lp.col_upper > 0)
    side = [np.arange(r.start, r.stop)
            for r in (lp.rows_of(lp.blocks[b].name) for b in network.side_blocks)]
    return Start(chosen, basic, full, row_basic, np.concatenate(side))


def _cheapest(network: Network, reduced: Floats) -> Mask:
    """The cheapest open lanes of each ask and hour, by which side blocks reach them."""
    lp = network.lp
    n_lanes, n_hours = lp.families[0].shape
    reach = np.zeros(n_lanes, dtype=np.int64)
    for k, b in enumerate(network.side_blocks):
        for term in lp.blocks[b].terms:
            if term.family == "flow":
                reach[term.entity] |= 1 << min(k, 40)
    kind = np.unique(np.stack([network.lane_ask, reach]), axis=1, return_inverse=True)[1].ravel()
    order = np.argsort(kind, kind="stable")
    value = np.where(lp.families[0].upper > 0, reduced.reshape(n_lanes, n_hours), np.inf)[order]
    first = np.flatnonzero(np.diff(kind[order], prepend=-1))
    near = np.zeros((n_lanes, n_hours), dtype=bool)
    for a, b in zip(first, [*first[1:], n_lanes], strict=True):
        if b - a > CHEAPEST:
            least = np.partition(value[a:b], CHEAPEST - 1, axis=0)[CHEAPEST - 1]
            near[order[a:b]] = value[a:b] <= least
        else:
            near[order[a:b]] = True
    near &= lp.families[0].upper > 0
    mask: Mask = near.ravel()
    return mask


def _basis(network: Network, oracle: Oracle) -> tuple[Mask, Mask]:
    """Basic columns and rows: tree arcs, and every row outside the network."""
    lp, tree = network.lp, network.tree
    units = []
    for u, hours in enumerate(network.units.hours):
        shape = network.shapes[len(hours)]
        used = np.zeros(shape.m + shape.n)
        used[oracle.trees[u].pred[:-1]] = 1.0
        units.append(network.split(used, len(hours)))
    lanes, unserved, through, second, backlog = (
        np.concatenate([u[k] for u in units]).T > 0 for k in range(5)
    )
    basic, row_basic = np.zeros(lp.n_columns, dtype=bool), np.zeros(lp.n_rows, dtype=bool)
    for name, values in (("flow", lanes), ("unserved", unserved), ("backlog", backlog)):
        if lp.has_family(name):
            basic[lp.columns_of(name)] = values.ravel()
    soft = {int(n): k for k, n in enumerate(network.soft)}
    for n in range(network.n_nodes):
        block, label = lp.blocks[tree.block[n]], int(tree.label[n])
        hours = block.hours
        row = lp.rows_of(block.name).start + label * len(hours)
        slack, excess = through[n, hours], None
        if n in soft:
            excess = second[soft[n], hours]
            if np.isfinite(block.lower[label]).any():
                slack, excess = excess, slack
            start = lp.columns_of(f"excess:{block.name}").start + label * len(network.scale)
            basic[start + hours] = excess
        row_basic[row:row + len(hours)] = slack
    for b in network.side_blocks:
        row_basic[lp.rows_of(lp.blocks[b].name)] = True
    return basic, row_basic


def _sift_part(
    lp: LinearProgram, start: Start, least: float, deadline: float | None
) -> tuple[Floats, Floats, int]:
    matrix = lp.matrix()
    by_column = matrix.tocsc()
    inside = start.chosen.copy()
    columns = np.flatnonzero(inside)
    highs = _restricted(lp, by_column[:, columns], columns, start)
    elastic, penalty = _Elastic.add(highs, lp, matrix, start.side), 1.0
    for _ in range(ROUNDS):
        if deadline is not None:
            highs.setOptionValue("time_limit", max(0.0, deadline - time.perf_counter()))
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NetworkError(
                f"sifting: {highs.modelStatusToString(highs.getModelStatus())} on part of the "
                "columns")
        answer = highs.getSolution()
        row_dual = np.array(answer.row_dual)
        reduced = lp.cost - matrix.T @ row_dual
        missing = np.flatnonzero((reduced < least) & ~inside & (lp.col_upper > 0))
        if len(missing):
            if len(missing) > ADDED:
                missing = missing[np.argpartition(reduced[missing], ADDED)[:ADDED]]
            inside[missing] = True
            columns = np.concatenate([columns, missing])
            _add(highs, lp, by_column[:, missing], missing)
            continue
        values = np.array(answer.col_value)
        if elastic.stretched(values) <= 1e-9 * elastic.size:
            x = np.zeros(lp.n_columns)
            x[columns] = np.delete(values, elastic.at)
            return x, row_dual, len(columns)
        if penalty >= MOST_PENALTY:
            raise InfeasibleNetworkError("sifting: the rows that fit no network cannot be kept")
        penalty *= 1e3
        elastic.stiffen(highs, penalty)
    raise NetworkError(f"sifting did not end in {ROUNDS} rounds")


@dataclass(frozen=True)
class _Elastic:
    """Columns that let the side rows be broken at a price while columns are still missing."""

    at: Codes
    cost: Floats
    size: float

    @classmethod
    def add(
        cls, highs: Any, lp: LinearProgram, matrix: sp.csr_array, side: Codes
    ) -> _Elastic:
        entries = np.repeat(np.arange(lp.n_rows), np.diff(lp.start))
        size = np.zeros(lp.n_rows)
        np.maximum.at(size, entries, np.abs(matrix.data))
        price = 2.0 * np.abs(lp.cost).max(initial=1.0) / np.where(size > 0, size, 1.0)
        rows = np.concatenate([side[np.isfinite(lp.row_lower[side])],
                               side[np.isfinite(lp.row_upper[side])]])
        sign = np.repeat([1.0, -1.0], [int(np.isfinite(lp.row_lower[side]).sum()),
                                       int(np.isfinite(lp.row_upper[side]).sum())])
        first, k = highs.getNumCol(), len(rows)
        if k:
            highs.addCols(k, price[rows], np.zeros(k), np.full(k, np.inf), k,
                          np.arange(k, dtype=np.int32), rows.astype(np.int32), sign)
        bounds = np.concatenate([lp.row_lower[side], lp.row_upper[side]])
        largest = float(np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0))
        return cls(np.arange(first, first + k), price[rows], 1.0 + largest)

    def stretched(self, values: Floats) -> float:
        return float(values[self.at].sum()) if len(self.at) else 0.0

    def stiffen(self, highs: Any, times: float) -> None:
        highs.changeColsCost(len(self.at), self.at.astype(np.int32), self.cost * times)


def _restricted(
    lp: LinearProgram, matrix: sp.csc_array, columns: Codes, start: Start
) -> Any:
    """HiGHS with these columns and, where the trees make one, a basis."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("solver", "simplex")
    none = np.zeros(0, dtype=np.int32)
    highs.passModel(
        len(columns), lp.n_rows, matrix.nnz, 0, int(highspy.MatrixFormat.kColwise), 0,
        int(highspy.ObjSense.kMinimize), 0.0, lp.cost[columns], lp.col_lower[columns],
        lp.col_upper[columns], lp.row_lower, lp.row_upper, matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32), matrix.data, none, none, np.zeros(0),
        np.zeros(len(columns), dtype=np.int32),
    )
    if start.basic.sum() + start.row_basic.sum() == lp.n_rows:
        status = highspy.HighsBasisStatus
        low, basic, high = status.kLower, status.kBasic, status.kUpper
        basis = highspy.HighsBasis()
        basis.col_status = [
            basic if b else (high if f else low)
            for b, f in zip(start.basic[columns], start.full[columns], strict=True)
        ]
        basis.row_status = [
            basic if b else (high if f else low)
            for b, f in zip(start.row_basic, np.isfinite(lp.row_upper), strict=True)
        ]
        basis.valid = True
        if highs.setBasis(basis) == highspy.HighsStatus.kOk:
            highs.setOptionValue("presolve", "off")
    return highs


def _add(
    highs: Any, lp: LinearProgram, matrix: sp.csc_array, columns: Codes
) -> None:
    """Let columns in; the primal simplex goes on from the basis."""
    highs.addCols(
        len(columns), lp.cost[columns], lp.col_lower[columns], lp.col_upper[columns], matrix.nnz,
        matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
    )
    highs.setOptionValue("simplex_strategy", int(highspy.simplex_constants.SimplexStrategy
                                                 .kSimplexStrategyPrimal))
