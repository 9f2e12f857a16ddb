"""What the four kinds of rule do to the program: uppers, costs and rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from computegrid.errors import RuleWarning, ScenarioError
from computegrid.program import objective
from computegrid.program.algebra import Block, Codes, Couples, Family, Floats, Term
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import RATES, Charge, Forbid, Limit, Rule, Share
from computegrid.scenario.rulemask import ask_mask, group_values, hour_mask, lane_mask, site_mask
from computegrid.scenario.select import column_of
from computegrid.units import KG_PER_T

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Reach:
    """What a rule reaches: its lanes and hours, as positions."""

    lanes: Codes
    hours: Codes


def reach(tables: Tables, rule: Rule) -> Reach:
    """Positions of the lanes and hours a rule selects."""
    return Reach(np.flatnonzero(lane_mask(tables, rule)),
                 np.flatnonzero(hour_mask(tables["hours"], rule)))


def warn_if_idle(tables: Tables, rule: Rule) -> None:
    """Warn, naming the rule, if it selects no lane or no hour.

    A minimum without lanes is no idle rule: it cannot be met.
    """
    found = reach(tables, rule)
    if not len(found.lanes) and not getattr(rule, "min", None):
        warnings.warn(
            f"rule {rule.label!r} selects no lane, so it does nothing; check its demand "
            f"{dict(rule.demand)!r} and supply {dict(rule.supply)!r}", RuleWarning, stacklevel=2)
    elif not len(found.hours):
        warnings.warn(f"rule {rule.label!r} selects no hour, so it does nothing; check its hours "
                      f"{rule.hours!r}", RuleWarning, stacklevel=2)


def forbid(rule: Forbid, tables: Tables, upper: Floats) -> None:
    r"""Close the selected lanes in place: :math:`\overline f_{\ell,t} = 0`, shape (L, T)."""
    found = reach(tables, rule)
    upper[np.ix_(found.lanes, found.hours)] = 0.0


def charge(rule: Charge, a: Arrays, tables: Tables) -> Floats:
    r"""Cost the rule adds to one MWh of work, shape (L, T) [USD].

    .. math:: c_{\ell,t} \mathrel{+}= p \, q_{\ell,t}
    """
    found = reach(tables, rule)
    added = np.zeros((a.n_lanes, a.n_hours))
    added[np.ix_(found.lanes, found.hours)] = rule.usd * quantity(
        rule, a, found.lanes
    )[:, found.hours]
    return added


def limit(rule: Limit, a: Arrays, tables: Tables) -> tuple[Block, Family | None]:
    r"""Rows that bound a quantity of the selected lanes, one per group and hour or per group.

    .. math:: \underline q \le \sum_{\ell \in g} q_{\ell,t} f_{\ell,t} - x_{g,t}
              \le \overline q \quad \forall g, t \qquad\text{or}\qquad
              \underline q \le \sum_{\ell \in g,\,t} \omega_t q_{\ell,t} f_{\ell,t} \mp x_g
              \le \overline q \quad \forall g

    with :math:`\omega_t = h_t` for amounts and :math:`h_t / \sum h` for rates. The excess
    :math:`x` exists where ``penalty_usd`` makes the rule soft. Utilisation bounds are scaled by
    what the selected sites have available.
    """
    found = reach(tables, rule)
    row, labels = _groups(tables, rule, found.lanes)
    coefficient = quantity(rule, a, found.lanes)[:, found.hours]
    if rule.per == "horizon":
        weight = a.weight_hours[found.hours]
        coefficient = coefficient * (weight / weight.sum() if rule.quantity in RATES else weight)
    full = np.zeros((len(found.lanes), a.n_hours))
    full[:, found.hours] = coefficient
    lower, upper = _bounds(rule, a, tables, labels, found.hours)
    terms = [Term("flow", found.lanes, row, full)]
    excess = None
    if rule.penalty_usd is not None:
        excess, extra = _excess(rule, a, labels, found.hours)
        terms.append(extra)
    couples: Couples = "horizon" if rule.per == "horizon" else (
        "corridor" if rule.quantity == "gbps" else "hour"
    )
    hours = None if rule.per == "horizon" else found.hours
    return Block(rule.label, couples, labels, tuple(terms), lower, upper, hours), excess


def limit_bounds(rule: Limit, a: Arrays, tables: Tables) -> tuple[Floats, Floats]:
    r"""Bounds of the rows of :func:`limit`, without their coefficients, shape (G, K) each.

    .. math:: \underline q \, \Bigl(1 \text{ or } \sum_{s \in g} K_{s,t}\Bigr), \quad
              \overline q \, \Bigl(1 \text{ or } \sum_{s \in g} K_{s,t}\Bigr)

    The second factor is that of utilisation; over the horizon it is a weighted mean.
    """
    found = reach(tables, rule)
    return _bounds(rule, a, tables, _groups(tables, rule, found.lanes)[1], found.hours)


def _bounds(
    rule: Limit, a: Arrays, tables: Tables, labels: pd.DataFrame, hours: Codes
) -> tuple[Floats, Floats]:
    scale = np.ones((len(labels), len(hours)))
    if rule.quantity == "utilisation":
        scale = _available(tables, rule, a, labels)[:, hours]
    if rule.per == "horizon":
        weight = a.weight_hours[hours]
        scale = (scale * (weight / max(weight.sum(), 1e-300))).sum(axis=1, keepdims=True)
    return (np.full(scale.shape, -np.inf) if rule.min is None else rule.min * scale,
            np.full(scale.shape, np.inf) if rule.max is None else rule.max * scale)


def share(rule: Share, a: Arrays, tables: Tables) -> Block:
    r"""The selected flow as a fraction of the demand selected, one row per group [MWh].

    .. math:: \underline\varphi \sum_{a \in g,\,t} h_t d_{a,t} \le
              \sum_{\ell \in g,\,t} h_t f_{\ell,t} \le
              \overline\varphi \sum_{a \in g,\,t} h_t d_{a,t} \quad \forall g
    """
    found = reach(tables, rule)
    by_hour = "hour" in _each(rule)
    asks = np.flatnonzero(ask_mask(tables, rule, a.ask_region, a.ask_workload))
    row, labels = _groups_of_asks(tables, rule, a, found.lanes, asks)
    wanted_by = _asks_of(tables, a, labels, asks)
    coefficient = np.zeros((1, a.n_hours))
    coefficient[0, found.hours] = 1.0 if by_hour else a.weight_hours[found.hours]
    wanted = np.zeros((len(labels), a.n_hours))
    np.add.at(wanted, wanted_by[1], a.demand_mw[wanted_by[0]] * coefficient)
    wanted = wanted[:, found.hours] if by_hour else wanted.sum(axis=1, keepdims=True)
    lower = np.full(wanted.shape, -np.inf) if rule.min is None else rule.min * wanted
    upper = np.full(wanted.shape, np.inf) if rule.max is None else rule.max * wanted
    return Block(
        rule.label, "hour" if by_hour else "horizon", labels,
        (Term("flow", found.lanes, row, coefficient),), lower, upper,
        found.hours if by_hour else None,
        demand=Term("demand", *wanted_by, coefficient),
        min_share=rule.min or 0.0, max_share=rule.max or 0.0,
    )


def quantity(rule: Limit | Charge, a: Arrays, lanes: Codes) -> Floats:
    """How much of the rule's quantity one MW of work is, on ``lanes``, shape (len(lanes), T)."""
    site = a.lane_site[lanes]
    shape = (len(lanes), a.n_hours)
    if rule.quantity == "it_mw":
        return np.ones(shape)
    if rule.quantity in ("power_mw", "utilisation"):
        return np.broadcast_to(a.power_ratio[site][:, None], shape)
    drawn = a.pue * a.power_ratio[:, None]
    if rule.quantity == "energy_mwh":
        return drawn[site]
    if rule.quantity == "carbon_t":
        return (drawn * a.carbon_kg_per_mwh)[site] / KG_PER_T
    if rule.quantity == "spend_usd":
        return objective.operating_usd(a)[lanes]
    gbps = a.gbps_per_mw[a.lane_workload[lanes]]
    if np.isnan(gbps).any():
        raise ScenarioError(
            f"rule {rule.label!r} speaks of gbps, but not every workload says how much it moves; "
            "give workloads a column gbps_per_mw"
        )
    return np.broadcast_to(gbps[:, None], shape)


def _each(rule: Limit | Share) -> list[str]:
    if rule.each is None:
        return []
    return [rule.each] if isinstance(rule.each, str) else list(rule.each)


def _groups(tables: Tables, rule: Limit | Share, lanes: Codes) -> tuple[Codes, pd.DataFrame]:
    """Row of each lane, and the label table of the rows: the ``each`` columns in sorted order."""
    columns = [c for c in _each(rule) if c != "hour"]
    if not columns:
        return np.zeros(len(lanes), dtype=np.int64), pd.DataFrame({"group": [""]})
    values = pd.DataFrame({c: group_values(tables, rule, c)[1][lanes] for c in columns})
    grouped = values.groupby(columns, sort=True)
    labels = grouped.size().reset_index()[columns]
    labels.insert(0, "group", [", ".join(row) for row in labels.itertuples(index=False)])
    return np.asarray(grouped.ngroup(), dtype=np.int64), labels


def _groups_of_asks(
    tables: Tables, rule: Share, a: Arrays, lanes: Codes, asks: Codes
) -> tuple[Codes, pd.DataFrame]:
    """As :func:`_groups`; where only the demand groups, also demand without a lane has a row."""
    columns = [c for c in _each(rule) if c != "hour"]
    values = {}
    for column in columns:
        for name, at in (("regions", a.ask_region), ("workloads", a.ask_workload)):
            found = column_of(tables[name], column)
            if found is not None and column not in values:
                values[column] = np.asarray(found.astype(str))[at]
    if not columns or len(values) < len(columns):
        return _groups(tables, rule, lanes)
    by_ask = pd.DataFrame(values)
    labels = by_ask.iloc[asks].drop_duplicates().sort_values(columns, ignore_index=True)
    row = pd.MultiIndex.from_frame(labels).get_indexer(
        pd.MultiIndex.from_frame(by_ask.iloc[a.lane_ask[lanes]]))
    labels.insert(0, "group", [", ".join(one) for one in labels.itertuples(index=False)])
    return np.asarray(row, dtype=np.int64), labels


def _asks_of(
    tables: Tables, a: Arrays, labels: pd.DataFrame, asks: Codes
) -> tuple[Codes, Codes]:
    """Asks whose demand each row's fraction is taken of: positions of asks, and their rows."""
    of_ask = {}
    for column in labels.columns.drop("group"):
        for name, at in (("regions", a.ask_region[asks]), ("workloads", a.ask_workload[asks])):
            values = column_of(tables[name], column)
            if values is not None:
                of_ask[column] = np.asarray(values.astype(str))[at], labels[column].to_numpy()
                break
    chosen, rows = [], []
    for g in range(len(labels)):
        mine = np.ones(len(asks), dtype=bool)
        for of_each, wanted in of_ask.values():
            mine &= of_each == wanted[g]
        chosen.append(asks[mine])
        rows.append(np.full(int(mine.sum()), g, dtype=np.int64))
    return np.concatenate([*chosen, asks[:0]]), np.concatenate([*rows, asks[:0]])


def _available(tables: Tables, rule: Limit, a: Arrays, labels: pd.DataFrame) -> Floats:
    """What the selected sites of each row have available, shape (rows, T) [MW]."""
    chosen = site_mask(tables, rule)
    of_site = {}
    for column in labels.columns.drop("group"):
        values = column_of(tables["sites"], column)
        if values is None:
            raise ScenarioError(
                f"rule {rule.label!r}: utilisation is of sites, so each must name a column of "
                f"sites; {column!r} is none")
        of_site[column] = np.asarray(values.astype(str)), labels[column].to_numpy()
    available = np.zeros((len(labels), a.n_hours))
    for g in range(len(labels)):
        mine = chosen.copy()
        for of_each, wanted in of_site.values():
            mine &= of_each == wanted[g]
        available[g] = a.available_mw[mine].sum(axis=0)
    return available


def _excess(
    rule: Limit, a: Arrays, labels: pd.DataFrame, hours: Codes
) -> tuple[Family, Term]:
    """How far a soft limit is broken, at ``penalty_usd`` per unit [the rule's unit]."""
    n, T = len(labels), a.n_hours
    active = np.zeros((1, T))
    price = np.zeros((1, T))
    if rule.per == "horizon":
        first = hours[:1]
        active[0, first] = 1.0
        price[0, first] = a.weight_hours[hours].sum() if rule.quantity in RATES else 1.0
    else:
        active[0, hours] = 1.0
        price[0, hours] = a.weight_hours[hours]
    if rule.max is not None and rule.min is not None:
        raise ScenarioError(
            f"rule {rule.label!r}: a soft limit has max or min, not both; write two rules"
        )
    upper = np.broadcast_to(np.where(active > 0, np.inf, 0.0), (n, T))
    cost = np.broadcast_to(float(rule.penalty_usd or 0.0) * price, (n, T))
    family = Family(f"excess:{rule.label}", labels, np.zeros((n, T)), upper, cost)
    sign = -1.0 if rule.max is not None else 1.0
    order = np.arange(n)
    return family, Term(family.name, order, order, np.broadcast_to(sign * active, (n, T)))
