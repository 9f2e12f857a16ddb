"""What rules do and cost at the margin, from the windows of a horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from computegrid import prices
from computegrid.program.algebra import Block, Equations, Floats
from computegrid.program.build import Selections
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import Charge, Forbid
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.sides import Sides


@dataclass(frozen=True)
class Uses:
    """What lanes of rules without a row do: ``used`` adds up, of ``worth`` the least counts."""

    used: Mapping[str, float] = field(default_factory=dict)
    worth: Mapping[str, float] = field(default_factory=dict)

    def joined(self, other: Uses) -> Uses:
        """Return those of two runs of hours."""
        labels = {**self.used, **other.used}
        return Uses(
            {key: self.used.get(key, 0.0) + other.used.get(key, 0.0) for key in labels},
            {key: min(self.worth.get(key, 0.0), other.worth.get(key, 0.0)) for key in labels})


def uses_of(a: Arrays, chosen: Selections, flow: Floats, reduced: Floats) -> Uses:
    """Work on the lanes of every ``Forbid`` and ``Charge``, and what one MWh there would add.

    ``reduced`` are the reduced costs of the flows over the hours' weights, shape (L, T) [USD].
    """
    by_hour = reduced / a.weight_hours
    found = {rule.label: prices.lane_use(rule, a, own, flow, by_hour)
             for rule, own in chosen if isinstance(rule, (Forbid, Charge))}
    return Uses({label: use[0] for label, use in found.items()},
                {label: use[1] for label, use in found.items()})


def hourly_rows(
    part: Scenario, chosen: Selections, lp: Equations, x: Floats, row_dual: Floats
) -> pd.DataFrame:
    """Rows by the hour of a window's rules; see :func:`computegrid.prices.rule_table`."""
    blocks = {block.name: block for block in lp.blocks}
    flow = x[lp.columns_of("flow")].reshape(lp.families[0].shape)
    found = [_typed(part)]
    for rule, _ in chosen:
        block = blocks.get(rule.label)
        if block is None or block.hours is None or isinstance(rule, (Forbid, Charge)):
            continue
        dual = row_dual[lp.rows_of(block.name)]
        found.append(prices.rule_rows(part, rule, block, _done(block, flow), dual))
    return pd.concat([one for one in found if len(one)] or found).astype(found[0].dtypes)


def horizon_rows(
    scenario: Scenario, chosen: Selections, sides: Sides, activity: Floats, price: Floats,
    uses: Uses,
) -> pd.DataFrame:
    """Rows over the horizon, and those of rules that have none in the program."""
    first: dict[str, int] = {}
    for k, (label, _) in enumerate(sides.keys):
        first.setdefault(label, k)
    found = [_typed(scenario)]
    for rule, own in chosen:
        if isinstance(rule, (Forbid, Charge)):
            found.append(prices.lane_row(scenario, rule, uses.used.get(rule.label, 0.0),
                                         uses.worth.get(rule.label, 0.0)))
        elif rule.label in first:
            at = slice(first[rule.label], first[rule.label] + len(own.labels))
            block = Block(rule.label, "horizon", own.labels, (), sides.lower[at, None],
                          sides.upper[at, None])
            found.append(prices.rule_rows(scenario, rule, block, activity[at], price[at]))
    return pd.concat([one for one in found if len(one)] or found).astype(found[0].dtypes)


def _done(block: Block, flow: Floats) -> Floats:
    """What flows add up to in each row of a block by the hour, shape (n * K,)."""
    assert block.hours is not None  # noqa: S101 - the caller looked
    total = np.zeros(block.shape)
    for term in (t for t in block.terms if t.family == "flow"):
        given = term.coefficient[:, None] if term.coefficient.ndim == 1 else term.coefficient
        coefficient = given if given.shape[1] == 1 else given[:, block.hours]
        np.add.at(total, term.row, coefficient * flow[term.entity][:, block.hours])
    return total.ravel()


def _typed(scenario: Scenario) -> pd.DataFrame:
    """No rows, and columns of the types that rows have."""
    hours = scenario.tables["hours"].index
    steps = hours.dtype if isinstance(hours, pd.DatetimeIndex) else pd.Int64Dtype()
    kinds = {"hour": steps, **dict.fromkeys(("rule", "kind", "group", "unit"), "str")}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "float64"))
                         for name in prices.RULE_COLUMNS})
