"""What things are worth: prices of compute, rents of capacity, prices of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from computegrid.program import deadlines, rules
from computegrid.program.algebra import PLANNER_ROWS, Block, Equations, Floats, LinearProgram
from computegrid.program.constraints import carried
from computegrid.program.selection import Selection, selection_of
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import RATES, Charge, Defer, Forbid, Regime, Rule
from computegrid.scenario.scenario import Scenario

RULE_COLUMNS = ("rule", "kind", "group", "hour", "activity", "lower", "upper", "shadow_price",
                "unit")
"""Columns of what rules do and cost at the margin."""


def marginal_prices(a: Arrays, lp: LinearProgram, row_dual: Floats, reduced: Floats) -> Floats:
    r"""What one more MWh of demand adds to the objective, shape (A, T) [USD/MWh, or kg/MWh].

    .. math:: p_{a,k} = \frac{1}{h_k} \Bigl(y_{a,k} + \sum_t z^-_{a,t} \frac{h_k}{h_t}
              + \sum_g (y_g^+ \underline\varphi_g + y_g^- \overline\varphi_g) h_k \Bigr)

    The demand balance's row price y, and what the same MWh does to the bounds that follow demand:
    work that may wait widens its deadline window (z, the reduced cost of the backlog), and a
    share is taken of a larger demand.
    """
    idle = {name: reduced[lp.columns_of(name)] for name in ("flow", "unserved")}
    return through_bounds(a, lp, lifted(a, lp, row_dual, idle), row_dual)


def through_bounds(a: Arrays, lp: Equations, price: Floats, row_dual: Floats) -> Floats:
    """Prices of demand from row prices of its balance, shape (A, T): see `marginal_prices`."""
    asks, limit = deadlines.waits_of(lp)
    if len(asks):
        waiting = np.minimum(_waiting(a, price[asks]), 0.0)
        for hours in deadlines.chains(a):
            elapsed, weight = a.elapsed_hours[hours], a.weight_hours[hours]
            for defer_hours in np.unique(limit):
                rows = np.flatnonzero(limit == defer_hours)
                until = deadlines.last_wait(elapsed, float(defer_hours))
                worth = deadlines.span_sums(
                    waiting[np.ix_(rows, hours)] / weight, np.arange(len(hours)), until)
                price[np.ix_(asks[rows], hours)] += worth * weight
    for block in lp.blocks:
        if block.demand is not None:
            price += _through_share(block, row_dual[lp.rows_of(block.name)], price.shape)
    return price / a.weight_hours


def _through_share(block: Block, dual: Floats, shape: tuple[int, ...]) -> Floats:
    """What demand adds by moving the bounds of a share, shape (A, T)."""
    term = block.demand
    assert term is not None  # noqa: S101 - the caller looked
    dual = dual.reshape(block.shape)
    worth = block.min_share * np.maximum(dual, 0) + block.max_share * np.minimum(dual, 0)
    if block.hours is not None:
        by_hour = np.zeros((len(worth), shape[1]))
        by_hour[:, block.hours] = worth
        worth = by_hour
    added = np.zeros(shape)
    np.add.at(added, term.entity, worth[term.row] * term.coefficient)
    return added


def _waiting(a: Arrays, price: Floats) -> Floats:
    """Reduced cost of the backlog of asks with these row prices, shape (k, T)."""
    following = np.append(price[:, 1:], np.zeros((len(price), 1)), axis=1)
    return carried(a) * following - price


def lifted(
    a: Arrays, lp: Equations, row_dual: Floats, reduced: Mapping[str, Floats]
) -> Floats:
    """Row prices of the demand balance, raised where nothing is wanted, shape (A, T).

    ``reduced`` are the reduced costs of the families ``flow`` and ``unserved``.

    Where demand is zero the solver may return any price up to what the first MWh would cost; that
    highest one is the answer to "one more MWh". Raising it by the least reduced cost of the ask's
    open variables keeps the duals optimal.
    """
    price = row_dual[lp.rows_of("demand_balance")].reshape(a.demand_mw.shape).copy()
    idle = a.demand_mw == 0
    if not idle.any():
        return price
    room = np.full(price.shape, np.inf)
    for name, at in (("flow", a.lane_ask), ("unserved", np.arange(a.n_asks))):
        shape = (len(at), a.n_hours)
        open_ = lp.family(name).upper.reshape(shape) > 0
        np.minimum.at(room, at, np.where(open_, reduced[name].reshape(shape), np.inf))
    room = np.where(idle & np.isfinite(room), np.maximum(room, 0.0), 0.0)
    asks, _ = deadlines.waits_of(lp)
    can_wait = np.zeros_like(idle)
    if len(asks):
        can_wait[asks] = lp.family("backlog").upper.reshape(len(asks), a.n_hours) > 0
    ratio = carried(a)[0]
    for t in range(a.n_hours - 1, -1, -1):
        lift = room[:, t]
        if can_wait[:, t].any():
            gain = np.maximum(ratio[t] * price[:, t + 1] - price[:, t], 0.0)
            lift = np.where(can_wait[:, t], np.minimum(lift, gain), lift)
        price[:, t] += lift
    return price


def rents(a: Arrays, lp: Equations, row_dual: Floats) -> Floats:
    """What one more MW of capacity saves in an hour, shape (S, T) [USD per MW and hour]."""
    dual = row_dual[lp.rows_of("site_capacity")].reshape(a.available_mw.shape)
    return np.maximum(-dual / a.weight_hours, 0.0)


def rule_table(
    scenario: Scenario, regime: Regime, lp: LinearProgram, x: Floats, row_dual: Floats,
    reduced: Floats,
) -> pd.DataFrame:
    """What each rule does and costs at the margin.

    Columns: ``rule, kind, group, hour`` (missing over the horizon), ``activity, lower, upper,
    shadow_price, unit``. The shadow price is what one more unit of the bound adds to the
    objective: negative for a cap that binds, positive for a floor. For a ``Forbid`` it is what
    one MWh on its best lane would add (negative: would save); for a ``Charge``, its rate. A
    ``Defer`` has none: compare with and without it.
    """
    activity = lp.activity(np.where(_is_excess(lp), 0.0, x))
    flow = x[lp.columns_of("flow")].reshape(-1, scenario.arrays.n_hours)
    z = reduced[lp.columns_of("flow")].reshape(flow.shape) / scenario.arrays.weight_hours
    blocks = {block.name: block for block in lp.blocks}
    parts = []
    for rule in regime.rules:
        if isinstance(rule, Defer):
            continue  # it has no row and no bound that a price could be of
        if rule.label in blocks and not isinstance(rule, (Forbid, Charge)):
            rows = lp.rows_of(rule.label)
            block = blocks[rule.label]
            parts.append(rule_rows(scenario, rule, block, activity[rows], row_dual[rows]))
        else:
            own = selection_of(rule, scenario.arrays, scenario.tables)
            use = lane_use(rule, scenario.arrays, own, flow, z)
            parts.append(lane_row(scenario, rule, *use))
    for name, block in blocks.items():
        if name.startswith(PLANNER_ROWS):
            rows = lp.rows_of(name)
            parts.append(_planner_rows(block, activity[rows], row_dual[rows]))
    return joined(parts)


def joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Rows of rules one below the other."""
    parts = [part for part in parts if len(part)]
    return (pd.concat(parts, ignore_index=True) if parts
            else pd.DataFrame(columns=list(RULE_COLUMNS)))


def _is_excess(lp: LinearProgram) -> np.ndarray:
    """Columns that say how far soft limits are broken, shape (n,)."""
    mask = np.zeros(lp.n_columns, dtype=bool)
    for family in lp.families:
        if family.name.startswith("excess:"):
            mask[lp.columns_of(family.name)] = True
    return mask


def rule_rows(
    scenario: Scenario, rule: Rule, block: Block, activity: Floats, dual: Floats
) -> pd.DataFrame:
    """Rows of a rule with their activity, bounds and shadow prices; see :func:`rule_table`."""
    n, k = block.shape
    hours = scenario.tables["hours"].index
    shadow = dual.reshape(n, k)
    if block.hours is not None:
        shadow = shadow / scenario.arrays.weight_hours[block.hours]
    per_hour = block.hours is not None
    unit = "MWh" if rule.kind == "Share" else getattr(rule, "unit", "")
    if unit == "1" or (rule.kind == "Share" and per_hour):
        unit = "MW"
    if not per_hour and getattr(rule, "quantity", "") in RATES:
        unit += " (mean)"
    return pd.DataFrame({
        "rule": rule.label, "kind": rule.kind,
        "group": np.repeat(block.labels["group"].to_numpy(), k),
        "hour": _hours(hours, np.tile(block.hours, n)) if block.hours is not None
        else _hours(hours, np.full(n * k, -1)),
        "activity": activity, "lower": block.lower.ravel(), "upper": block.upper.ravel(),
        "shadow_price": shadow.ravel() + 0.0, "unit": unit,
    })


def _hours(hours: pd.Index, at: np.ndarray) -> pd.Series:
    """Hours at these positions; missing (NaT, NA) where the position is -1."""
    found = pd.Series(hours.take(np.maximum(at, 0)))
    if not isinstance(hours, pd.DatetimeIndex):
        found = found.astype("Int64")
    return found.mask(at < 0)


def _planner_rows(block: Block, activity: Floats, dual: Floats) -> pd.DataFrame:
    """Constraints a planner added to the Pyomo model, in their own units."""
    return pd.DataFrame({
        "rule": block.name.removeprefix(PLANNER_ROWS), "kind": "Constraint",
        "group": block.labels["group"].to_numpy(), "hour": None, "activity": activity,
        "lower": block.lower.ravel(), "upper": block.upper.ravel(), "shadow_price": dual,
        "unit": "",
    })


def charged(rule: Charge, a: Arrays, found: Selection, flow: Floats) -> float:
    """How much of its quantity a charge is paid on, from flows of shape (L, T) [its unit]."""
    amount = rules.quantity(rule, a, found.lanes)[:, found.hours]
    held = amount * flow[np.ix_(found.lanes, found.hours)]
    return float(held.sum(axis=0) @ a.weight_hours[found.hours])


def lane_use(
    rule: Rule, a: Arrays, found: Selection, flow: Floats, reduced: Floats
) -> tuple[float, float]:
    """What a ``Forbid`` or ``Charge`` has on its lanes, and what one MWh on the best would add.

    ``flow`` [MW] and ``reduced`` (reduced costs by real hour [USD/MWh]) have shape (L, T). Of a
    charge the first is the amount charged, of a ``Forbid`` the work [MWh].
    """
    if isinstance(rule, Charge):
        return charged(rule, a, found, flow), 0.0
    at = np.ix_(found.lanes, found.hours)
    return (float(flow[at].sum(axis=0) @ a.weight_hours[found.hours]),
            float(reduced[at].min(initial=0.0)))


def lane_row(scenario: Scenario, rule: Rule, used: float, worth: float) -> pd.DataFrame:
    """Return the row of a rule that has none in the program; see :func:`lane_use`."""
    unit, upper = "MWh", 0.0
    if isinstance(rule, Charge):
        worth, unit, upper = rule.usd, _charged(rule), np.inf
    return pd.DataFrame({
        "rule": [rule.label], "kind": [rule.kind], "group": [""],
        "hour": _hours(scenario.tables["hours"].index, np.array([-1])),
        "activity": [used], "lower": [-np.inf], "upper": [upper], "shadow_price": [worth],
        "unit": [unit],
    })


def _charged(rule: Charge) -> str:
    return {"it_mw": "MWh", "power_mw": "MWh", "energy_mwh": "MWh", "carbon_t": "t",
            "spend_usd": "USD", "gbps": "Gbit/s h"}[rule.quantity]
