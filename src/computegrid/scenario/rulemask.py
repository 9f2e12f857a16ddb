"""From a rule's selectors to the lanes, asks, sites and hours it speaks of."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.scenario.home import same
from computegrid.scenario.regime import Rule
from computegrid.scenario.select import (
    Codes,
    Mask,
    column_of,
    columns_of,
    matches,
    positions,
    select,
)
from computegrid.tables.labels import as_labels
from computegrid.tables.steps import day_of

SAME = "same_"

Tables = Mapping[str, pd.DataFrame]

_KEPT: deque[tuple[pd.DataFrame, pd.DataFrame, Codes]] = deque(maxlen=6)
"""Rows of lanes of the tables last asked about; a rule after another speaks of the same."""
_MASKS: deque[tuple[tuple[pd.DataFrame, ...], dict[str, Mask]]] = deque(maxlen=2)
"""Masks of the scenarios last asked about, by what the selectors say: a rule is asked for its
lanes several times in a solve, and stands in one regime after another."""
WORTH_KEEPING, MOST_MASKS = 1_000, 256


def lane_mask(tables: Tables, rule: Rule) -> Mask:
    """Which lanes the rule's demand and supply selectors both take, shape (L,); not to be changed.

    Raises
    ------
    ScenarioError
        If a selector names a column that does not exist, naming the rule.
    """
    kept, name = _masks(tables, rule)
    mask = kept.get(name)
    if mask is None:
        mask = _lane_mask(tables, rule)
        mask.setflags(write=False)
        if len(kept) >= MOST_MASKS:
            kept.clear()
        if name:
            kept[name] = mask
    return mask


def _masks(tables: Tables, rule: Rule) -> tuple[dict[str, Mask], str]:
    """Masks kept of these tables, and the rule's name among them; empty when not worth keeping."""
    if len(tables["lanes"]) < WORTH_KEEPING:
        return {}, ""
    try:
        name = json.dumps([dict(rule.demand), dict(rule.supply)])
    except TypeError:  # a selector may hold arrays or times
        return {}, ""
    frames = tuple(tables[part] for part in ("lanes", "regions", "workloads", "sites"))
    for known, masks in tuple(_MASKS):
        if all(a is b for a, b in zip(known, frames, strict=True)):
            return masks, name
    fresh: dict[str, Mask] = {}
    _MASKS.append((frames, fresh))
    return fresh, name


def _lane_mask(tables: Tables, rule: Rule) -> Mask:
    lanes = tables["lanes"]
    mask = np.ones(len(lanes), dtype=bool)
    for side, names in (("demand", ("regions", "workloads")), ("supply", ("sites",))):
        plain, relational = _split(getattr(rule, side), tables, names)
        where = f"rule {rule.label!r}: {side}"
        found_by = select({n: tables[n] for n in names}, plain, where=where,
                          also=lanes.columns.drop(["region", "workload", "site"]))
        for name, found in found_by.items():
            if not found.all():
                mask &= found[_at(tables, name)]
        for column, condition in relational.items():
            mask &= matches(_lane_column(tables, column, where), condition,
                            where=f"{where}: {column}")
    return mask


def ask_mask(tables: Tables, rule: Rule, ask_region: Any, ask_workload: Any) -> Mask:
    """Which asks the rule's demand selector takes, shape (A,); lane columns are not asked for."""
    plain, _ = _split(rule.demand, tables, ("regions", "workloads"))
    found = select({n: tables[n] for n in ("regions", "workloads")}, plain,
                   where=f"rule {rule.label!r}: demand")
    mask: Mask = found["regions"][ask_region] & found["workloads"][ask_workload]
    return mask


def site_mask(tables: Tables, rule: Rule) -> Mask:
    """Which sites the rule's supply selector takes, shape (S,)."""
    plain, _ = _split(rule.supply, tables, ("sites",))
    return select({"sites": tables["sites"]}, plain, where=f"rule {rule.label!r}: supply")["sites"]


def hour_mask(hours: pd.DataFrame, rule: Rule) -> Mask:
    """Which time steps the rule holds in, shape (T,).

    Raises
    ------
    ScenarioError
        If an hour it lists does not exist, or a column is unknown.
    """
    given = rule.when
    if given is None:
        return np.ones(len(hours), dtype=bool)
    where = f"rule {rule.label!r}: hours"
    if not isinstance(given, Mapping):
        return _named(hours.index, given, where)
    if set(given) <= {"min", "max", "not"}:  # of the time itself, not of a column
        return matches(hours.index, given, where=where)
    return select({"hours": calendar(hours)}, given, where=where)["hours"]


def _named(index: pd.Index, given: Any, where: str) -> Mask:
    """Which hours a list names, shape (T,); every entry must name one."""
    listed = given if isinstance(given, list) else [given]
    flags = [one for one in listed if isinstance(one, bool)]
    if flags:
        raise ScenarioError(f"{where}: a list of hours, or a selector; {flags[0]!r} is no hour. "
                            "Give the hours themselves where they are marked: hours[mask]")
    mask = np.zeros(len(index), dtype=bool)
    exact = [one for one in listed if isinstance(one, (int, float, datetime))]
    if len(exact) == len(listed) and exact:
        try:
            found = index.get_indexer(pd.Index(exact))
        except (TypeError, ValueError):
            found = np.full(len(exact), -1)
        if (found >= 0).all():
            mask[found] = True
            return mask
    missing = []
    for one in listed:
        here = matches(index, one, where=where)
        mask |= here
        if not here.any():
            missing.append(one)
    if missing:
        said = ", ".join(str(one) for one in missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise ScenarioError(
            f"{where}: {said} {'is no hour' if len(missing) == 1 else 'are no hours'} of the "
            f"scenario, which runs from {index[0]} to {index[-1]}")
    return mask


def calendar(hours: pd.DataFrame) -> pd.DataFrame:
    """The hours with ``day``, ``hour_utc`` and ``month`` beside their own columns."""
    out = hours.assign(day=day_of(hours))
    if isinstance(hours.index, pd.DatetimeIndex):
        out["hour_utc"], out["month"] = hours.index.hour, hours.index.month
    else:
        out["hour_utc"] = hours.index % 24
    return out


def group_values(tables: Tables, rule: Rule, column: str) -> tuple[str, Any]:
    """Where an ``each`` column lies and its values by lane.

    Of a column that regions and sites share the region's is meant, but for utilisation, which is
    of sites.

    Returns
    -------
    side : {"regions", "workloads", "sites", "lanes"}
    values : array, shape (L,)
    """
    lanes = tables["lanes"]
    of_sites = getattr(rule, "quantity", "") == "utilisation"
    for name in ("sites",) if of_sites else ("regions", "workloads", "sites"):
        values = column_of(tables[name], column)
        if values is not None:
            at = positions(tables[name].index, lanes[name[:-1]])
            return name, as_labels(values)[at]
    if column in lanes.columns:
        return "lanes", as_labels(lanes[column])
    known = [c for n in ("regions", "workloads", "sites", "lanes") for c in columns_of(tables[n])]
    raise ScenarioError(
        f"rule {rule.label!r}: each: no column {column!r}; {did_you_mean(column, known)}"
    )


def _at(tables: Tables, name: str) -> Codes:
    """Row of every lane in a table, shape (L,); kept while the same tables are asked about."""
    lanes, table = tables["lanes"], tables[name]
    for kept_lanes, kept_table, rows in tuple(_KEPT):
        if kept_lanes is lanes and kept_table is table:
            return rows
    rows = positions(table.index, lanes[name[:-1]])
    _KEPT.append((lanes, table, rows))
    return rows


def _split(
    selector: Mapping[str, Any], tables: Tables, names: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a selector into conditions on the named tables and conditions on lanes."""
    own = {c for name in names for c in columns_of(tables[name])}
    lane = {c for c in tables["lanes"].columns if c not in ("region", "workload", "site")}
    plain: dict[str, Any] = {}
    relational: dict[str, Any] = {}
    for column, condition in selector.items():
        on_lane = column not in own and (column in lane or column.startswith(SAME))
        (relational if on_lane else plain)[column] = condition
    return plain, relational


def _lane_column(tables: Tables, column: str, where: str) -> pd.Series:
    lanes = tables["lanes"]
    if column in lanes.columns:
        return lanes[column]
    shared = column.removeprefix(SAME)
    here, there = column_of(tables["regions"], shared), column_of(tables["sites"], shared)
    if here is None or there is None:
        both = set(columns_of(tables["regions"])) & set(columns_of(tables["sites"]))
        known = [SAME + c for c in sorted(both)]
        raise ScenarioError(
            f"{where}: no column {column!r}: regions and sites do not both have "
            f"{shared!r}; {did_you_mean(column, known)}"
        )
    wanted = as_labels(here)[positions(tables["regions"].index, lanes["region"])]
    done = as_labels(there)[positions(tables["sites"].index, lanes["site"])]
    return pd.Series(same(wanted, done), index=lanes.index)
