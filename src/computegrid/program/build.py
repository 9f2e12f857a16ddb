"""The linear program of a scenario under a regime: its table of contents, and the assembly."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from computegrid.errors import RuleWarning, ScenarioError
from computegrid.program import constraints, objective, rules, variables
from computegrid.program.algebra import Block, Equations, Family, Floats, LinearProgram
from computegrid.program.deadlines import deferred
from computegrid.program.objective import Minimise
from computegrid.program.selection import Selection, selection_of
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.misspelt import misspelt
from computegrid.scenario.regime import Charge, Defer, Forbid, Limit, Regime, Rule, Share
from computegrid.scenario.scenario import Scenario

Selections = Sequence[tuple[Rule, Selection]]


def build_program(
    scenario: Scenario, regime: Regime, minimise: Minimise = "cost"
) -> LinearProgram:
    """Build the program: its equations, laid out as one matrix.

    Raises
    ------
    ScenarioError
        If a rule cannot be read, or a label is also the name of an equation.

    Warns
    -----
    RuleWarning
        If a rule selects nothing, names a value that exists nowhere, asks for a minimum on lanes
        that are all forbidden, or defers work that a later one defers otherwise.
    """
    chosen = selections(scenario, regime)
    equations = equations_from(scenario.arrays, chosen, minimise)
    for rule, found in chosen:
        rules.warn_if_idle(rule, found, misspelt(scenario.tables, rule))
        _warn_if_shut(rule, found, equations.families[0].upper)
    _warn_if_replaced([(rule, found) for rule, found in chosen if isinstance(rule, Defer)])
    return assemble(equations.families, equations.blocks)


def write_equations(
    scenario: Scenario, regime: Regime, minimise: Minimise = "cost"
) -> Equations:
    """Write the equations: the same for every regime, and then the regime's own rows.

    Raises as :func:`build_program`.
    """
    return equations_from(scenario.arrays, selections(scenario, regime), minimise)


def selections(scenario: Scenario, regime: Regime) -> Selections:
    """Every rule of a regime with what it selects."""
    a, tables = scenario.arrays, scenario.tables
    return [(rule, selection_of(rule, a, tables)) for rule in regime.rules]


def equations_from(a: Arrays, chosen: Selections, minimise: Minimise = "cost") -> Equations:
    """Write the equations of figures and rules, without a look into the tables."""
    a = deferred(a, chosen)
    hours = a.weight_hours
    families = [
        variables.flow(a, _flow_cost(a, chosen, minimise) * hours, _flow_upper(a, chosen)),
        variables.unserved(a, objective.unserved_cost(a, minimise)[:, None] * hours),
        variables.backlog(a),
    ]
    blocks = [constraints.demand_balance(a), constraints.site_capacity(a)]
    for rule, found in chosen:
        if isinstance(rule, Limit):
            block, excess = rules.limit(rule, a, found)
            if excess is not None and minimise == "carbon":
                excess = replace(excess, cost=excess.cost * objective.kg_per_usd(a))
            families += [] if excess is None else [excess]
        elif isinstance(rule, Share):
            block = rules.share(rule, a, found)
        else:
            continue
        if any(block.name == other.name for other in blocks):
            raise ScenarioError(f"rule {block.name!r}: the label is taken; give it another")
        blocks.append(block)
    always = ("flow", "unserved")
    return Equations(tuple(f for f in families if f.size or f.name in always), tuple(blocks))


def assemble(families: tuple[Family, ...], blocks: tuple[Block, ...]) -> LinearProgram:
    """Lay families side by side and blocks below each other; explicit zeros are dropped."""
    offset, first = 0, {}
    for family in families:
        first[family.name] = offset
        offset += family.size
    n_hours = families[0].shape[1]
    rows, columns, values = [], [], []
    below = 0
    for block in blocks:
        for r, c, v in _entries(block, first, n_hours):
            rows.append(r + below)
            columns.append(c)
            values.append(v)
        below += block.size
    matrix = sp.csr_array(
        (_joined(values, np.float64), (_joined(rows, np.int32), _joined(columns, np.int32))),
        shape=(below, offset),
    )
    matrix.eliminate_zeros()
    return LinearProgram(
        cost=_joined((f.cost.ravel() for f in families), np.float64),
        col_lower=_joined((f.lower.ravel() for f in families), np.float64),
        col_upper=_joined((f.upper.ravel() for f in families), np.float64),
        row_lower=_joined((b.lower.ravel() for b in blocks), np.float64),
        row_upper=_joined((b.upper.ravel() for b in blocks), np.float64),
        start=matrix.indptr.astype(np.int32, copy=False),
        index=matrix.indices.astype(np.int32, copy=False),
        value=matrix.data,
        families=families,
        blocks=blocks,
    )


def _entries(
    block: Block, first: dict[str, int], n_hours: int
) -> Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows, columns and values of a block's terms, rows counted from the block's first."""
    for term in block.terms:
        if term.family not in first or not len(term.entity):
            continue
        coefficient = term.coefficient
        if coefficient.ndim == 1:
            coefficient = coefficient[:, None]
        if block.hours is None:
            hours = np.arange(n_hours, dtype=np.int64)
            row = np.broadcast_to(term.row[:, None], (len(term.row), n_hours))
        else:
            hours = block.hours - term.lag
            hours = hours[(hours >= 0) & (hours < n_hours)]
            at = np.zeros(n_hours, dtype=np.int64)
            at[block.hours] = np.arange(len(block.hours))
            row = term.row[:, None] * len(block.hours) + at[hours + term.lag][None, :]
        column = first[term.family] + term.entity[:, None] * n_hours + hours[None, :]
        if coefficient.shape[1] > 1:
            coefficient = coefficient[:, hours]
        value = np.broadcast_to(coefficient, column.shape)
        keep = value != 0
        if keep.all():
            yield row.ravel(), column.ravel(), value.ravel()
        else:
            yield row[keep], column[keep], value[keep]


def _flow_upper(a: Arrays, chosen: Selections) -> Floats:
    upper = np.full((a.n_lanes, a.n_hours), np.inf)
    for rule, found in chosen:
        if isinstance(rule, Forbid):
            rules.forbid(found, upper)
    return upper


def _warn_if_shut(rule: Rule, found: Selection, upper: Floats) -> None:
    """Warn, naming the rule, if it is a soft minimum none of whose lanes is open.

    A hard one makes the program infeasible, which says so by itself.
    """
    if not isinstance(rule, Limit) or not rule.min or rule.penalty_usd is None:
        return
    if not (upper[np.ix_(found.lanes, found.hours)] > 0).any():
        warnings.warn(
            f"rule {rule.label!r} asks for at least {rule.min:g} {rule.unit} on lanes of which "
            "none is open: other rules forbid them, or there are none; its penalty is always paid",
            RuleWarning, stacklevel=3)


def _warn_if_replaced(deferrals: Sequence[tuple[Defer, Selection]]) -> None:
    """Warn, naming both, of a deferral that a later one of the same work replaces.

    A later one of part of the work is an exception, which nobody need be told of.
    """
    for i, (rule, found) in enumerate(deferrals):
        for later, other in deferrals[i + 1:]:
            both = np.intersect1d(found.asks, other.asks)
            part = len(both) == len(other.asks) < len(found.asks)
            if len(both) and not part and rule.hours != later.hours:
                of = "all" if len(both) == len(found.asks) else "part"
                warnings.warn(
                    f"rule {later.label!r} ({later.hours:g} h) holds in place of {rule.label!r} "
                    f"({rule.hours:g} h) for {of} of its work: of several Defer on the same work "
                    "the last holds", RuleWarning, stacklevel=3)


def _flow_cost(a: Arrays, chosen: Selections, minimise: Minimise) -> Floats:
    cost = objective.flow_cost(a, minimise)
    if minimise == "cost":
        for rule, found in chosen:
            if isinstance(rule, Charge):
                cost = cost + rules.charge(rule, a, found)
    return cost


def _joined(parts: Iterable[np.ndarray], dtype: type) -> np.ndarray:
    flat: list[np.ndarray] = [np.asarray(part, dtype=dtype) for part in parts]
    return np.concatenate(flat) if flat else np.zeros(0, dtype=dtype)
