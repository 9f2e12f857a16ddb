"""A conflict in words: which rules, regions, sites and hours cannot hold together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.program.algebra import Block, LinearProgram
from computegrid.scenario.regime import Forbid, Regime
from computegrid.scenario.rulemask import hour_mask, lane_mask
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.infeasibility import EQUATIONS
from computegrid.solvers.solution import Conflict
from computegrid.tables.labels import as_labels

MUST = "must be served"
MOST_SAID = 4
_COLUMNS = ["what", "name", "region", "workload", "site", "group", "hour", "side", "bound", "unit"]


def conflict_table(
    scenario: Scenario, regime: Regime, lp: LinearProgram, conflict: Conflict
) -> pd.DataFrame:
    """Everything that takes part in the contradiction.

    Columns ``what`` ("rule", "demand", "capacity", "forbidden"), ``name`` (of the rule), region,
    workload, site, group, hour, ``side`` ("min" or "max"),
    ``bound`` and ``unit``: one row for each.
    """
    hours = as_labels(scenario.tables["hours"].index)
    parts = []
    first = 0
    for block in lp.blocks:
        at = np.flatnonzero(conflict.row[first:first + block.size])
        if len(at):
            dual = conflict.row[first + at]
            bound = np.where(dual > 0, lp.row_lower[first + at], lp.row_upper[first + at])
            side = np.where(dual > 0, "min", "max")
            parts.append(_rows(scenario, regime, block, at, hours).assign(bound=bound, side=side))
        first += block.size
    parts += _forbidden(scenario, regime, lp, conflict, hours)
    return _joined(parts, _COLUMNS)


def relaxation_table(
    scenario: Scenario, regime: Regime, lp: LinearProgram, conflict: Conflict
) -> pd.DataFrame:
    """The least that would have to give, largest first: as above, with ``gives`` and its unit."""
    hours = as_labels(scenario.tables["hours"].index)
    parts = []
    first = 0
    for block in lp.blocks:
        at = np.flatnonzero(conflict.row_gives[first:first + block.size])
        if len(at):
            gives = conflict.row_gives[first + at]
            bound = np.where(gives < 0, lp.row_lower[first + at], lp.row_upper[first + at])
            parts.append(_rows(scenario, regime, block, at, hours).assign(
                gives=np.abs(gives), bound=bound, side=np.where(gives < 0, "min", "max")))
        first += block.size
    parts += _opened(scenario, regime, lp, conflict, hours)
    table = _joined(parts, [*_COLUMNS, "gives"])
    return table.sort_values("gives", ascending=False, kind="stable", ignore_index=True)


def in_words(scenario: Scenario, regime: Regime, who: pd.DataFrame, gives: pd.DataFrame) -> str:
    """The message of an InfeasibleError."""
    rules = list(dict.fromkeys(who.loc[who["what"].isin(["rule", "forbidden"]), "name"]))
    rules += [name for name in dict.fromkeys(gives.loc[gives["name"] != "", "name"])
              if name not in rules and name != MUST]
    demand, capacity = who[who["what"] == "demand"], who[who["what"] == "capacity"]
    names = [f"{name!r}" for name in rules]
    if len(demand):
        names.append(f"the work of {_list(demand['region'])} ({_list(demand['workload'])})")
    if len(capacity):
        names.append(f"the capacity of {_list(capacity['site'])}")
    lines = [f"{scenario.name!r} has no dispatch under {regime.name!r}: "
             f"{' and '.join(names) or 'its equations'} cannot "
             f"{'hold together' if len(names) > 1 else 'be met'}."]
    lines += [_sentence(scenario, row, who) for _, row in gives.head(MOST_SAID).iterrows()]
    if len(gives) > MOST_SAID:
        lines.append(f"... and {len(gives) - MOST_SAID} more (see .relaxation)")
    return "\n".join(lines)


def _sentence(scenario: Scenario, row: pd.Series, who: pd.DataFrame) -> str:
    when = f" at {_clock(row['hour'])}" if row["hour"] else " over the horizon"
    amount = f"{row['gives']:,.4g} {row['unit']}"
    if row["what"] in ("demand", "forbidden"):
        work = f"{row['workload']} of {row['region']}"
        wanted, open_mw, sites = _room(scenario, row, who)
        start = f"{work} needs {wanted:,.4g} MW{when}; "
        room = f"the sites open to it ({sites}) hold {open_mw:,.4g} MW" if sites else (
            "no site is open to it")
        if row["what"] == "demand":
            return f"- {start}{room}: let {amount} go unserved, or add as much capacity"
        return (f"- {start}{room}: let {row['name']!r} give way for {amount} at {row['site']}")
    of = f" ({row['group']})" if row["group"] else ""
    lower = row["side"] == "min"
    asks = "asks for at least" if lower else "allows at most"
    change = "lower it by" if lower else "raise it by"
    return (f"- {row['name']!r}{of} {asks} {row['bound']:,.4g} {row['unit']}{when}: "
            f"{change} {amount}")


def _room(scenario: Scenario, row: pd.Series, who: pd.DataFrame) -> tuple[float, float, str]:
    """What an ask wants in an hour, and what the sites open to it hold [MW]."""
    a, tables = scenario.arrays, scenario.tables
    hour = list(as_labels(tables["hours"].index)).index(row["hour"])
    region = tables["regions"].index.get_loc(row["region"])
    workload = tables["workloads"].index.get_loc(row["workload"])
    ask = int(np.flatnonzero((a.ask_region == region) & (a.ask_workload == workload))[0])
    lanes = np.flatnonzero(a.lane_ask == ask)
    names = tables["sites"].index.take(a.lane_site[lanes])
    closed = who[(who["what"] == "forbidden") & (who["hour"] == row["hour"])
                 & (who["region"] == row["region"]) & (who["workload"] == row["workload"])]
    open_ = ~names.isin(closed["site"])
    sites = np.unique(a.lane_site[lanes[open_]])
    held = float((a.available_mw[sites, hour] / a.power_ratio[sites]).sum())
    return float(a.demand_mw[ask, hour]), held, _list(tables["sites"].index.take(sites))


def _rows(
    scenario: Scenario, regime: Regime, block: Block, at: np.ndarray, hours: np.ndarray
) -> pd.DataFrame:
    """What rows of a block are about; ``at`` counts within the block."""
    n_hours = block.shape[1]
    label = block.labels.iloc[at // n_hours].reset_index(drop=True)
    when = "" if block.hours is None else hours[np.asarray(block.hours)[at % n_hours]]
    table = pd.DataFrame({"hour": when}, index=range(len(at)))
    if block.name in EQUATIONS:
        table["what"] = "demand" if block.name == "demand_balance" else "capacity"
        for column in ("region", "workload", "site"):
            if column in label.columns:
                table[column] = scenario.tables[f"{column}s"].index.take(label[column].to_numpy())
        return table.assign(unit="MW")
    rule = next((rule for rule in regime.rules if rule.label == block.name), None)
    share = "MW" if block.hours is not None else "MWh"
    unit = "" if rule is None else getattr(rule, "unit", share)
    return table.assign(what="rule", name=block.name.removeprefix("planner:"),
                        group=label["group"].to_numpy(), unit="MW" if unit == "1" else unit)


def _forbidden(
    scenario: Scenario, regime: Regime, lp: LinearProgram, conflict: Conflict, hours: np.ndarray
) -> list[pd.DataFrame]:
    """Lanes that a Forbid closes and that the contradiction needs closed."""
    where = lp.columns_of("flow")
    shape = (scenario.arrays.n_lanes, scenario.arrays.n_hours)
    needed = ((conflict.column[where] < 0) & (lp.col_upper[where] <= 0)).reshape(shape)
    return _by_rule(scenario, regime, needed, None, hours)


def _opened(
    scenario: Scenario, regime: Regime, lp: LinearProgram, conflict: Conflict, hours: np.ndarray
) -> list[pd.DataFrame]:
    """Lanes and must-serve work that the relaxation opens."""
    a, tables = scenario.arrays, scenario.tables
    flow = conflict.column_gives[lp.columns_of("flow")].reshape(a.n_lanes, a.n_hours)
    parts = _by_rule(scenario, regime, flow > 0, flow, hours)
    unserved = conflict.column_gives[lp.columns_of("unserved")].reshape(a.demand_mw.shape)
    ask, hour = np.nonzero(unserved)
    if len(ask):
        parts.append(pd.DataFrame({
            "what": "demand", "name": MUST,
            "region": tables["regions"].index.take(a.ask_region[ask]),
            "workload": tables["workloads"].index.take(a.ask_workload[ask]),
            "hour": hours[hour], "bound": a.demand_mw[ask, hour], "unit": "MW",
            "gives": unserved[ask, hour],
        }))
    return parts


def _by_rule(
    scenario: Scenario, regime: Regime, chosen: np.ndarray, amount: np.ndarray | None,
    hours: np.ndarray,
) -> list[pd.DataFrame]:
    """Lanes and hours of ``chosen`` under the first Forbid that closes each."""
    lanes, parts = scenario.tables["lanes"], []
    left = chosen.copy()
    for rule in regime.rules:
        if not isinstance(rule, Forbid) or not left.any():
            continue
        mine = left & lane_mask(scenario.tables, rule)[:, None] & hour_mask(
            scenario.tables["hours"], rule)[None, :]
        left &= ~mine
        lane, hour = np.nonzero(mine)
        if len(lane):
            of = lanes.iloc[lane]
            table = pd.DataFrame({
                "what": "forbidden", "name": rule.label, "region": of["region"].to_numpy(),
                "workload": of["workload"].to_numpy(), "site": of["site"].to_numpy(),
                "hour": hours[hour], "bound": 0.0, "unit": "MW",
            })
            parts.append(table if amount is None else table.assign(gives=amount[lane, hour]))
    return parts


def _joined(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Parts below each other; what a part does not speak of is blank text."""
    whole = [
        part.assign(**{c: "" for c in columns if c not in part.columns})[columns]
        for part in parts
    ]
    return pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=columns)


def _clock(hour: str) -> str:
    """An hour as people write it: ``2025-01-15 18:00 UTC``."""
    return hour.removesuffix("+00:00").removesuffix(":00") + " UTC" if "+" in hour else hour


def _list(values: object, most: int = 5) -> str:
    names = list(dict.fromkeys(map(str, values)))  # type: ignore[call-overload]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
