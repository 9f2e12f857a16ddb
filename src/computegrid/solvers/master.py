"""The cuts of the dual function as a program in HiGHS: which prices promise most, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from computegrid.program.algebra import Floats
from computegrid.solvers.network_oracle import NetworkError
from computegrid.solvers.sides import Sides

TOLERANCES = (1e-10, 1e-9, 1e-7)
"""Of feasibility; the next is tried where HiGHS finds no optimum with one."""


@dataclass(frozen=True)
class Promise:
    """Where the cuts are highest.

    Attributes
    ----------
    price : float array, shape (K,)
    value : float
        What the bound would be there if the cuts were the whole truth.
    weights : float array, shape (answers, G)
        How much of each answer mixes into a plan that keeps the rows; valid unless any leans.
    leaning : bool array, shape (K,)
        Which prices lean on the edge of where was searched, not on their own range.
    """

    price: Floats
    value: float
    weights: Floats
    leaning: npt.NDArray[np.bool_]


class Master:
    """Maximise the bound the cuts leave, near a centre.

    Columns: one value per group, then each row's price as a positive and a negative part; money
    is counted in ``unit``, prices in the rows' own ``scale``, so that all figures are near 1.
    """

    def __init__(self, sides: Sides, n_groups: int, unit: float) -> None:
        self.sides, self.g, self.k, self.unit = sides, n_groups, len(sides.keys), unit
        self.highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("solver", "simplex")):
            self.highs.setOptionValue(option, value)
        cost = np.concatenate([np.ones(self.g), self._worth_of_bounds()])
        free = np.full(self.g, highspy.kHighsInf)
        nothing = np.zeros(0, dtype=np.int32)
        self.highs.addCols(
            len(cost), -cost, np.concatenate([-free, np.zeros(2 * self.k)]),
            np.concatenate([free, np.zeros(2 * self.k)]), 0,
            np.zeros(len(cost), dtype=np.int32), nothing, np.zeros(0))

    def _worth_of_bounds(self) -> Floats:
        scale = self.sides.scale / self.unit
        lower, upper = (np.where(np.isfinite(b), b, 0.0) * scale
                        for b in (self.sides.lower, self.sides.upper))
        return np.concatenate([lower, -upper])

    def rebound(self, sides: Sides) -> None:
        """Give the rows other bounds; the cuts stay true."""
        self.sides = sides
        at = np.arange(self.g, self.g + 2 * self.k, dtype=np.int32)
        self.highs.changeColsCost(len(at), at, -self._worth_of_bounds())

    def add(self, cost: Floats, activity: Floats) -> None:
        """One cut per group from an answer: value + activity · price <= cost."""
        scaled = activity * (self.sides.scale / self.unit)
        matrix = sp.csr_array(np.hstack([np.eye(self.g), scaled, -scaled]))
        self.highs.addRows(
            self.g, np.full(self.g, -highspy.kHighsInf), cost / self.unit, matrix.nnz,
            matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )

    def _run(self) -> None:
        """Solve, from the last basis or, where the simplex loses its way, from none."""
        size = self.highs.getNumRow() + self.highs.getNumCol()
        self.highs.setOptionValue("simplex_iteration_limit", 1_000 + 20 * size)
        for tolerance in TOLERANCES:
            for which in ("primal", "dual"):
                self.highs.setOptionValue(f"{which}_feasibility_tolerance", tolerance)
            self.highs.run()
            if self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                return
            self.highs.clearSolver()
        raise NetworkError("the master program of the side rows has no optimum")

    def best(self, centre: Floats, reach: Floats) -> Promise:
        """Search the prices within ``reach`` (in the rows' scale) of a centre.

        Raises
        ------
        NetworkError
            If HiGHS does not find the optimum.
        """
        scale = self.sides.scale
        low = np.maximum(self.sides.least / scale, centre / scale - reach)
        high = np.minimum(self.sides.most / scale, centre / scale + reach)
        lower = np.concatenate([np.maximum(low, 0.0), np.maximum(-high, 0.0)])
        upper = np.concatenate([np.maximum(high, 0.0), np.maximum(-low, 0.0)])
        own = np.concatenate([self.sides.most / scale, -self.sides.least / scale])
        columns = np.arange(self.g, self.g + 2 * self.k, dtype=np.int32)
        self.highs.changeColsBounds(len(columns), columns, lower, upper)
        self._run()
        answer = self.highs.getSolution()
        parts = np.array(answer.col_value)[self.g:]
        worth = np.array(answer.col_dual)[self.g:]
        leaning = ((parts >= upper) & (upper < own) & (worth < -1e-12)
                   | (parts <= lower) & (lower > 0) & (worth > 1e-12))
        return Promise(
            np.clip((parts[:self.k] - parts[self.k:]) * scale, self.sides.least, self.sides.most),
            -float(self.highs.getInfo().objective_function_value) * self.unit,
            -np.array(answer.row_dual).reshape(-1, self.g),
            leaning[:self.k] | leaning[self.k:],
        )
