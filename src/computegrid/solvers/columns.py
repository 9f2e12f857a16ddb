"""HiGHS on few columns, the others priced in until none is missing: for few rows, many columns."""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from computegrid.errors import SolverError
from computegrid.program.algebra import Codes, LinearProgram
from computegrid.solvers.solution import Floats, Solution, Status

EACH = 4
"""Columns that enter per group and round; a group is what shares its first row."""
SHARPEST = 1e-10
"""HiGHS's tolerance of reduced costs: the least it takes, for weights that differ by little."""
TOLERANCE = 1e-9
"""A column is missing when its reduced cost is below this much less than 0."""


def solve_by_columns(
    lp: LinearProgram, first: npt.NDArray[np.bool_], *, time_limit_s: float | None = None
) -> Solution:
    """Solve a program that already has an answer in which only some columns are used.

    Parameters
    ----------
    lp : LinearProgram
        Columns that wait must have 0 as their lower bound.
    first : bool array, shape (n,)
        Columns that are in from the beginning; with them alone the rows can be kept.
    time_limit_s : float, optional
        Give up after this long [s].

    Returns
    -------
    Solution
        Not optimal where HiGHS does not end within the time; x and row_dual are then empty.

    Raises
    ------
    SolverError
        If HiGHS refuses the arrays or warns about them.
    """
    begin = time.perf_counter()
    by_column = lp.matrix().tocsc()
    group = _first_row(by_column)
    inside = first.copy()
    columns = np.flatnonzero(inside)
    highs = _with_rows(lp)
    _add(highs, lp, by_column[:, columns], columns)
    rounds = 0
    while True:
        rounds += 1
        if time_limit_s is not None:
            left = time_limit_s - (time.perf_counter() - begin)
            highs.setOptionValue("time_limit", highs.getRunTime() + max(0.0, left))
        highs.run()
        solver = f"HiGHS {highs.version()}, {rounds} rounds of columns"
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            late = highs.getModelStatus() == highspy.HighsModelStatus.kTimeLimit
            return Solution(Status.TIME_LIMIT if late else Status.ERROR, np.zeros(0), np.zeros(0),
                            solver, time.perf_counter() - begin)
        answer = highs.getSolution()
        row_dual = np.array(answer.row_dual)
        reduced = lp.cost - np.asarray(by_column.T @ row_dual)
        missing = _cheapest(np.flatnonzero((reduced < -TOLERANCE) & ~inside), reduced, group)
        if not len(missing):
            x = np.zeros(lp.n_columns)
            x[columns] = np.array(answer.col_value)
            return Solution(Status.OPTIMAL, x, row_dual, solver, time.perf_counter() - begin)
        inside[missing] = True
        columns = np.concatenate([columns, missing])
        _add(highs, lp, by_column[:, missing], missing)


def _first_row(by_column: sp.csc_array) -> Codes:
    """The first row each column enters; 0 where it enters none."""
    filled = np.flatnonzero(np.diff(by_column.indptr))
    group = np.zeros(by_column.shape[1], dtype=np.int64)
    group[filled] = by_column.indices[by_column.indptr[filled]]
    return group


def _cheapest(missing: Codes, reduced: Floats, group: Codes) -> Codes:
    """The first few of each group by reduced cost."""
    order = missing[np.lexsort((reduced[missing], group[missing]))]
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return np.asarray(order[place < EACH], dtype=np.int64)


def _with_rows(lp: LinearProgram) -> Any:
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (("output_flag", False), ("solver", "simplex"), ("presolve", "off"),
                        ("dual_feasibility_tolerance", SHARPEST),
                        ("simplex_strategy", int(
                            highspy.simplex_constants.SimplexStrategy.kSimplexStrategyPrimal))):
        highs.setOptionValue(name, value)
    none = np.zeros(0, dtype=np.int32)
    highs.addRows(lp.n_rows, lp.row_lower, lp.row_upper, 0, np.zeros(lp.n_rows, dtype=np.int32),
                  none, np.zeros(0))
    return highs


def _add(highs: Any, lp: LinearProgram, matrix: sp.csc_array, columns: Codes) -> None:
    taken = highs.addCols(
        len(columns), lp.cost[columns], lp.col_lower[columns], lp.col_upper[columns], matrix.nnz,
        matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
    )
    if taken != highspy.HighsStatus.kOk:
        raise SolverError(f"HiGHS does not take the columns as they are ({taken}): a coefficient "
                          "may be too small or too large; check the units of the tables")
