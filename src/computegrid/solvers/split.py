"""Programs whose rows couple only hours or days: one small program per unit, solved exactly."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from computegrid.program.algebra import LinearProgram
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.solution import Solution, Status
from computegrid.solvers.structure import Codes, Units, find_units


@dataclass(frozen=True)
class Part:
    """A unit's own program, and where its columns and rows lie in the whole one."""

    lp: LinearProgram
    columns: Codes
    rows: Codes


def solve_split(
    lp: LinearProgram, units: Units | None = None, *, time_limit_s: float | None = None,
) -> Solution:
    """Solve every unit of a separable program by HiGHS and put the answers together.

    Units are independent, so the answer does not depend on the number of workers.

    Raises
    ------
    SolverError
        If HiGHS refuses a unit's arrays.
    """
    begin = time.perf_counter()
    units = units or find_units(lp)
    x, row_dual = np.zeros(lp.n_columns), np.zeros(lp.n_rows)

    def solve_part(part: Part) -> Status:
        left = None if time_limit_s is None else time_limit_s - (time.perf_counter() - begin)
        if left is not None and left <= 0:
            return Status.TIME_LIMIT
        found = solve_highs(part.lp, method="simplex", time_limit_s=left)
        if found.status is Status.OPTIMAL:
            x[part.columns], row_dual[part.rows] = found.x, found.row_dual
        return found.status

    with ThreadPoolExecutor(workers()) as pool:
        statuses = list(pool.map(solve_part, parts(lp, units)))
    worst = next((s for s in statuses if s is not Status.OPTIMAL), Status.OPTIMAL)
    optimal = worst is Status.OPTIMAL
    return Solution(
        status=worst, x=x if optimal else x[:0], row_dual=row_dual if optimal else row_dual[:0],
        solver=f"HiGHS simplex on {len(units.hours)} separate units (no row joins them)",
        seconds=time.perf_counter() - begin,
    )


def parts(lp: LinearProgram, units: Units) -> Iterator[Part]:
    """Cut a separable program into one program per unit."""
    row_order, row_first = _order(units.row, len(units.hours))
    column_order, column_first = _order(units.column, len(units.hours))
    place = np.empty(lp.n_columns, dtype=np.int64)
    place[column_order] = np.arange(lp.n_columns)
    matrix = lp.matrix()[row_order]
    index = place[matrix.indices]
    for u in range(len(units.hours)):
        rows = row_order[row_first[u]:row_first[u + 1]]
        columns = column_order[column_first[u]:column_first[u + 1]]
        start = matrix.indptr[row_first[u]:row_first[u + 1] + 1]
        entries = slice(start[0], start[-1])
        small = LinearProgram(
            cost=lp.cost[columns], col_lower=lp.col_lower[columns],
            col_upper=lp.col_upper[columns],
            row_lower=lp.row_lower[rows], row_upper=lp.row_upper[rows],
            start=(start - start[0]).astype(np.int32),
            index=(index[entries] - column_first[u]).astype(np.int32),
            value=matrix.data[entries], families=(), blocks=(),
        )
        yield Part(small, columns, rows)


def workers() -> int:
    """Threads to use: the cores this process may run on."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
               else os.cpu_count() or 1)


def _order(unit: Codes, n_units: int) -> tuple[Codes, Codes]:
    """Positions sorted by unit, and where each unit begins."""
    order = np.argsort(unit, kind="stable")
    return order, np.searchsorted(unit[order], np.arange(n_units + 1))

