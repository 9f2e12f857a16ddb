"""Why a program has no answer: a checked proof, and the least that would have to give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from computegrid.program.algebra import Codes, LinearProgram
from computegrid.solvers.columns import solve_by_columns
from computegrid.solvers.scaling import scaled
from computegrid.solvers.solution import Conflict, Floats, Status

EQUATIONS = ("demand_balance", "site_capacity")
"""Rows that are facts, not rules: they are never relaxed."""
UNSERVED_WEIGHT = 3.0
"""Leaving must-serve work unserved weighs this much more than giving way on a rule."""
LONGEST_S = 30.0
"""How long a proof is looked for [s]."""
FEWEST = 1e-5
"""How much less giving way weighs where most is wanted: of equal ways, few culprits are named."""
SMALLEST = 1e-6
"""Violations below this share of the largest are the solver's noise."""
NOISE = 1e-7
"""Multipliers below this share of the largest take no part in a contradiction."""

ROUNDING = 1e-9
"""Multipliers below this share of the largest are rounding: no proof leans on their bounds."""


def find_conflict(lp: LinearProgram, *, time_limit_s: float = LONGEST_S) -> Conflict | None:
    r"""Find what cannot hold together; None if nothing is found to contradict itself.

    Rules' rows get slack and closed variables are opened, both at a price; what the cheapest
    answer of that elastic program uses is the relaxation. Its row prices y are the proof, which
    is checked on the arrays of the program as it was:

    .. math:: \sum_i \left(y_i^+ l_i + y_i^- u_i\right)
              + \sum_j \left(z_j^+ \underline x_j + z_j^- \overline x_j\right) > 0,
              \quad z = -A^\top y
    """
    own = scaled(lp)
    found = _conflict(own.lp, time_limit_s)
    return None if found is None else own.unscaled(found)


def _conflict(lp: LinearProgram, time_limit_s: float) -> Conflict | None:
    """The conflict of a program in units of its own size."""
    matrix = lp.matrix()
    soft = _soft_rows(lp)
    entries = np.maximum(np.diff(matrix.indptr), 1)
    mean = np.asarray(abs(matrix).sum(axis=1)).ravel() / entries
    price = 1.0 / np.where(mean > 0, mean, 1.0)
    under = soft[np.isfinite(lp.row_lower[soft])]
    over = soft[np.isfinite(lp.row_upper[soft])]
    slack = sp.csr_array(
        (np.r_[np.ones(len(under)), -np.ones(len(over))],
         (np.r_[under, over], np.arange(len(under) + len(over)))),
        shape=(lp.n_rows, len(under) + len(over)),
    )
    closed, weight = _closed(lp)
    cost = np.zeros(lp.n_columns)
    cost[closed] = weight
    upper = lp.col_upper.copy()
    upper[closed] = np.inf
    wide = sp.csr_array(sp.hstack([matrix, slack], format="csr"))
    elastic = replace(
        lp, cost=np.r_[cost, price[under], price[over]],
        col_lower=np.r_[lp.col_lower, np.zeros(slack.shape[1])],
        col_upper=np.r_[upper, np.full(slack.shape[1], np.inf)],
        start=wide.indptr.astype(np.int32), index=wide.indices.astype(np.int32), value=wide.data,
        families=(), blocks=(),
    )
    first = np.ones(elastic.n_columns, dtype=bool)
    flow = lp.columns_of("flow")
    first[flow] = lp.col_lower[flow] != 0  # where nothing flows, the rest keeps every row
    found = solve_by_columns(elastic, first, time_limit_s=time_limit_s)
    if found.status is not Status.OPTIMAL:
        return None
    y = found.row_dual
    column = -np.asarray(matrix.T @ y)
    proof, scale = _contradiction(lp, y, column)
    if not proof > SMALLEST * scale:
        return None
    gives = np.zeros(lp.n_rows)
    used = found.x[lp.n_columns:]
    gives[under] -= used[: len(under)]
    gives[over] += used[len(under):]
    opened = np.zeros(lp.n_columns)
    opened[closed] = found.x[closed]
    return Conflict(_taking_part(y), _taking_part(column), proof, _cleaned(gives),
                    _cleaned(opened))


def _soft_rows(lp: LinearProgram) -> Codes:
    """Rows that may give: all but the equations."""
    rows, first = [np.zeros(0, dtype=np.int64)], 0
    for block in lp.blocks:
        if block.name not in EQUATIONS:
            rows.append(np.arange(first, first + block.size))
        first += block.size
    return np.concatenate(rows)


def _closed(lp: LinearProgram) -> tuple[Codes, Floats]:
    """Columns a rule has closed or that must-serve work keeps at 0, and what opening weighs."""
    columns, weights = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    wanted = _wanted(lp)
    most = float(wanted.max(initial=0.0)) or 1.0
    for name, weight in (("flow", 1.0), ("unserved", UNSERVED_WEIGHT)):
        where = lp.columns_of(name)
        shut = where.start + np.flatnonzero(lp.col_upper[where] <= 0)
        columns.append(shut)
        weights.append(weight * (1.0 + FEWEST * (1.0 - wanted[shut] / most)))
    return np.concatenate(columns), np.concatenate(weights)


def _wanted(lp: LinearProgram) -> Floats:
    """Demand of the balance each column enters [MW], shape (n,); 0 where it enters none."""
    rows = lp.rows_of("demand_balance")
    entries = slice(int(lp.start[rows.start]), int(lp.start[rows.stop]))
    wanted = np.zeros(lp.n_columns)
    wanted[lp.index[entries]] = np.repeat(
        np.maximum(lp.row_lower[rows], 0.0), np.diff(lp.start[rows.start:rows.stop + 1]))
    return wanted


def _contradiction(lp: LinearProgram, y: Floats, z: Floats) -> tuple[float, float]:
    """What the rows and bounds add up to with these multipliers, and the size of the terms."""
    total, size = 0.0, 0.0
    for dual, lower, upper in ((y, lp.row_lower, lp.row_upper), (z, lp.col_lower, lp.col_upper)):
        dual = np.where(np.abs(dual) > ROUNDING * np.abs(dual).max(initial=0.0), dual, 0.0)
        bound = np.where(dual > 0, lower, upper)
        used = dual != 0
        if not np.isfinite(bound[used]).all():
            return -np.inf, 0.0
        total += float(dual[used] @ bound[used])
        size += float(np.abs(dual[used]) @ np.abs(bound[used]))
    return total, size


def _taking_part(multipliers: Floats) -> Floats:
    least = NOISE * float(np.abs(multipliers).max(initial=0.0))
    return np.where(np.abs(multipliers) > least, multipliers, 0.0)


def _cleaned(values: Floats) -> Floats:
    least = SMALLEST * float(np.abs(values).max(initial=0.0))
    return np.where(np.abs(values) > least, values, 0.0)
