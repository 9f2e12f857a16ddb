"""The Pyomo door: a linear program as a ``ConcreteModel``, and a model as a program again.

This is the only place that imports Pyomo. Both ways read the same ``LinearProgram``: going out,
every family becomes an indexed ``Var`` and every block an indexed ``Constraint``; coming back, the
model's standard form is laid over the program's rows and columns, and whatever a planner added
stands behind them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.common.errors import InfeasibleConstraintException
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from computegrid.errors import InfeasibleError, ScenarioError
from computegrid.program.algebra import (
    PLANNER,
    PLANNER_ROWS,
    Block,
    Family,
    Floats,
    LinearProgram,
)

Keys = Sequence[tuple[Hashable, ...]]


@dataclass(frozen=True)
class Link:
    """Which component of a model stands for which part of a program.

    Attributes
    ----------
    lp : LinearProgram
    variables, constraints : dict of str to str
        Family or block → name of its component.
    columns, rows : list
        The program's variables and constraints in its own order (None for a row without entries).
    """

    lp: LinearProgram
    variables: dict[str, str]
    constraints: dict[str, str]
    columns: list[VarData]
    rows: list[ConstraintData | None]


def model_of(
    lp: LinearProgram, keys: dict[str, Keys], name: str
) -> tuple[pyo.ConcreteModel, Link]:
    """Write a program as a Pyomo model.

    Parameters
    ----------
    lp : LinearProgram
        What to write.
    keys : dict
        For every family and block, the index of each of its columns or rows, in order.
    name : str
        Name of the model.
    """
    model = pyo.ConcreteModel(name=name)
    columns: list[VarData] = []
    variables, constraints = {}, {}
    for family in lp.families:
        where = variables[family.name] = _free_name(model, family.name)
        var = pyo.Var(list(keys[family.name]), dense=True)
        model.add_component(where, var)
        columns += [var[key] for key in keys[family.name]]
    for column, lower, upper in zip(
        columns, lp.col_lower.tolist(), lp.col_upper.tolist(), strict=True
    ):
        column.setlb(lower if math.isfinite(lower) else None)
        column.setub(upper if math.isfinite(upper) else None)
    model.cost = pyo.Objective(expr=LinearExpression(
        constant=0.0, linear_coefs=lp.cost.tolist(), linear_vars=columns))
    start, index, value = lp.start.tolist(), lp.index.tolist(), lp.value.tolist()
    lower, upper = lp.row_lower.tolist(), lp.row_upper.tolist()
    rows: list[ConstraintData | None] = []
    at = 0
    for block in lp.blocks:
        where = constraints[block.name] = _free_name(model, block.name)
        equation = pyo.Constraint(pyo.Any)
        model.add_component(where, equation)
        for key in keys[block.name]:
            entries = slice(start[at], start[at + 1])
            holds = lower[at] <= 0.0 <= upper[at]
            if entries.start == entries.stop and holds:
                rows.append(None)
            else:
                body = LinearExpression(
                    constant=0.0, linear_coefs=value[entries] or [0.0],
                    linear_vars=[columns[j] for j in index[entries]] or columns[:1])
                rows.append(equation.add(key, _bounded(body, lower[at], upper[at])))
            at += 1
    return model, Link(lp, variables, constraints, columns, rows)


def program_of(
    model: pyo.ConcreteModel, link: Link
) -> tuple[LinearProgram, npt.NDArray[np.bool_], list[VarData]]:
    """Read a model back: the program, which columns are whole numbers, and all variables.

    Raises
    ------
    ScenarioError
        If the model is not linear or does not minimise exactly one objective.
    InfeasibleError
        If a constraint without variables cannot hold.
    """
    goals = list(model.component_data_objects(pyo.Objective, active=True))
    if len(goals) != 1 or goals[0].sense != pyo.minimize:
        raise ScenarioError("the model needs exactly one active objective, minimised; it has "
                            f"{len(goals)}")
    found = list(model.component_data_objects(pyo.Var))
    with _open(found):
        try:
            form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
        except InfeasibleConstraintException as error:
            raise InfeasibleError(f"a constraint of the model cannot hold: {error}") from None
        except ValueError as error:
            raise ScenarioError(f"the model is not linear: {error}") from None
        ours = {id(column): j for j, column in enumerate(link.columns)}
        added = [v for v in form.columns if id(v) not in ours]
        columns = [*link.columns, *added]
        place = {id(column): j for j, column in enumerate(columns)}
        lower = np.array([_number(v.lb, -math.inf) for v in columns])
        upper = np.array([_number(v.ub, math.inf) for v in columns])
        whole = np.array([v.is_integer() for v in columns], dtype=bool)
    at = np.array([place[id(v)] for v in form.columns], dtype=np.int64)
    cost = np.zeros(len(columns))
    cost[at] = form.c.toarray().ravel()
    offset = float(np.asarray(form.c_offset).ravel()[0])
    lp, rows = _laid_over(link, form, at, len(columns))
    planner = _planner_family(added, cost, lower, upper, len(link.columns), offset)
    families = (*link.lp.families, planner)
    if offset:
        cost, lower, upper = (np.append(a, b) for a, b in (
            (cost, offset), (lower, 1.0), (upper, 1.0)))
        whole = np.append(whole, False)
    program = replace(lp, cost=cost, col_lower=lower, col_upper=upper, families=families,
                      blocks=(*link.lp.blocks, *rows))
    return program, whole, columns


def load_values(columns: list[VarData], x: Floats) -> None:
    """Put the answer into the model's variables."""
    for column, value in zip(columns, x.tolist(), strict=False):
        column.set_value(round(value) if column.is_integer() else value, skip_validation=True)


def _laid_over(
    link: Link, form: object, at: npt.NDArray[np.int64], n_columns: int
) -> tuple[LinearProgram, list[Block]]:
    """The program's rows as the model has them, then one block for each added component."""
    ours = {id(row): i for i, row in enumerate(link.rows) if row is not None}
    n_rows = len(link.rows)
    lower, upper = link.lp.row_lower.copy(), link.lp.row_upper.copy()
    known = np.array([row is not None for row in link.rows], dtype=bool)
    lower[known], upper[known] = -np.inf, np.inf  # a deactivated row binds nothing
    low, high = lower.tolist(), upper.tolist()
    source: dict[int, int] = {}
    own: dict[int, int] = {}
    names: list[tuple[str, str]] = []
    for k, (row, bound) in enumerate(form.rows):  # type: ignore[attr-defined]
        i = ours.get(id(row), own.get(id(row)))
        if i is None:
            i = own[id(row)] = n_rows + len(names)
            index = row.index()
            names.append((row.parent_component().local_name, "" if index is None else
                          ", ".join(map(str, index if isinstance(index, tuple) else (index,)))))
            low.append(-math.inf)
            high.append(math.inf)
        source[i] = k
        rhs = float(form.rhs[k])  # type: ignore[attr-defined]
        if bound <= 0:
            low[i] = rhs
        if bound >= 0:
            high[i] = rhs
    entries = sp.coo_array(form.A)  # type: ignore[attr-defined]
    target = np.full(len(form.rows), -1, dtype=np.int64)  # type: ignore[attr-defined]
    for i, k in source.items():
        target[k] = i
    keep = target[entries.row] >= 0
    total = n_rows + len(names)
    matrix = sp.csr_array(
        (entries.data[keep], (target[entries.row[keep]], at[entries.col[keep]])),
        shape=(total, n_columns),
    )
    matrix.sort_indices()
    lp = replace(
        link.lp, row_lower=np.array(low), row_upper=np.array(high),
        start=matrix.indptr.astype(np.int32), index=matrix.indices.astype(np.int32),
        value=matrix.data.astype(np.float64),
    )
    return lp, _planner_blocks(names, np.array(low[n_rows:]), np.array(high[n_rows:]))


def _planner_blocks(names: list[tuple[str, str]], lower: Floats, upper: Floats) -> list[Block]:
    """Added rows, a block for each run of rows of one component."""
    blocks: list[Block] = []
    start = 0
    for i in range(1, len(names) + 1):
        if i == len(names) or names[i][0] != names[start][0]:
            labels = pd.DataFrame({"group": [index for _, index in names[start:i]]})
            blocks.append(Block(
                PLANNER_ROWS + names[start][0], "horizon", labels, (),
                lower[start:i, None], upper[start:i, None]))
            start = i
    return blocks


def _planner_family(
    added: list[VarData], cost: Floats, lower: Floats, upper: Floats, first: int, offset: float
) -> Family:
    names = [v.name for v in added] + (["constant"] if offset else [])
    extra = [offset] if offset else []
    one = [1.0] if offset else []
    return Family(PLANNER, pd.DataFrame({"name": names}), *(
        np.array([*values[first:], *tail])[:, None]
        for values, tail in ((lower, one), (upper, one), (cost, extra))
    ))


@contextmanager
def _open(variables: list[VarData]) -> Iterator[None]:
    """Hold fixed variables by their bounds meanwhile, so that they stay columns."""
    fixed = [(v, v.lower, v.upper) for v in variables if v.fixed]
    for v, _, _ in fixed:
        value = float(v.value)
        v.unfix()
        v.setlb(value)
        v.setub(value)
    try:
        yield
    finally:
        for v, lower, upper in fixed:
            v.setlb(lower)
            v.setub(upper)
            v.fix()


def _bounded(body: LinearExpression, lower: float, upper: float) -> object:
    if lower == upper:
        return body == lower
    if math.isinf(lower):
        return (None, body, upper) if math.isfinite(upper) else (None, body, None)
    return (lower, body, None) if math.isinf(upper) else (lower, body, upper)


def _number(value: float | None, missing: float) -> float:
    return missing if value is None else float(value)


def _free_name(model: pyo.ConcreteModel, name: str) -> str:
    """A valid component name near ``name`` that is not taken."""
    word = re.sub(r"\W", "_", name) or "rule"
    word = f"rule_{word}" if word[0].isdigit() or word[0] == "_" else word
    where, k = word, 2
    while hasattr(model, where) or where == "cost":
        where, k = f"{word}_{k}", k + 1
    return where
