"""Every headline figure of an answer, formed once from its totals.

The summary of a dispatch and of a streamed run, the tables of compare, frontier and ladder, and the
totals above a map read them here, under the same names.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.accounts import at_home, own_control
from computegrid.answer.totals import Totals
from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program.algebra import Floats
from computegrid.scenario.regime import Charge, Regime
from computegrid.scenario.scenario import Scenario
from computegrid.tables.labels import as_labels, as_text
from computegrid.units import KG_PER_T

NOT_OPERATING = ("unserved_cost_usd", "penalties_usd")
"""Parts of the cost that nobody pays to operate."""
_FROM_SUMMARY = ("cost_usd", "operating_cost_usd", "energy_mwh", "carbon_t", "served_mwh",
                 "unserved_mwh")


def cost_parts(scenario: Scenario, regime: Regime, totals: Totals) -> dict[str, float]:
    """Cost by part [USD]; their sum is the total cost.

    ``energy_cost_usd``, ``rent_cost_usd``, ``network_cost_usd``, ``charges_usd``,
    ``unserved_cost_usd``, ``penalties_usd``, and ``planner_cost_usd`` where a planner added
    variables to a Pyomo model.
    """
    a, work = scenario.arrays, totals.lanes["work_mwh"]
    value = np.where(np.isinf(a.unserved_usd_per_mwh), 0.0, a.unserved_usd_per_mwh)
    rates = {rule.label: rule.usd for rule in regime.rules if isinstance(rule, Charge)}
    parts = {
        "energy_cost_usd": float(totals.lanes["energy_usd"].sum()),
        "rent_cost_usd": float(a.rent_usd_per_mwh[a.lane_site] @ work),
        "network_cost_usd": float(a.network_usd_per_mwh @ work),
        "charges_usd": sum((rates[label] * done for label, done in totals.charged.items()), 0.0),
        "unserved_cost_usd": float(totals.pairs["unserved_mwh"] @ value[a.ask_workload]),
        "penalties_usd": sum(totals.penalties_usd.values(), 0.0),
    }
    if totals.planner_usd is not None:
        parts["planner_cost_usd"] = totals.planner_usd
    return parts


def summary(scenario: Scenario, regime: Regime, totals: Totals) -> pd.Series:
    """Totals over the horizon; the unit is the last suffix of each name.

    ``cost_usd`` and ``operating_cost_usd``, the parts of :func:`cost_parts`; ``demand_mwh``,
    ``served_mwh``, ``unserved_mwh``, ``energy_mwh``, ``carbon_t``; means over the work served of
    ``mean_rtt_ms`` and ``mean_distance_km``; ``utilisation`` (power drawn of the power available),
    ``dependence`` (share of work at sites not controlled from the region's own country or bloc; NaN
    where regions name neither), ``controllers_hhi``.
    """
    a, work = scenario.arrays, totals.lanes["work_mwh"]
    parts = cost_parts(scenario, regime, totals)
    available = float(totals.sites["available_mwh"].sum())
    power = float(totals.sites["power_mwh"].sum())
    distance = scenario.tables["lanes"]["distance_km"].to_numpy(dtype=np.float64)
    return pd.Series({
        "cost_usd": sum(parts.values()),
        "operating_cost_usd": sum(v for k, v in parts.items() if k not in NOT_OPERATING),
        **parts,
        "demand_mwh": float(totals.pairs["demand_mwh"].sum()),
        "served_mwh": float(work.sum()),
        "unserved_mwh": float(totals.pairs["unserved_mwh"].sum()),
        "energy_mwh": float(totals.lanes["energy_mwh"].sum()),
        "carbon_t": float(totals.lanes["carbon_kg"].sum()) / KG_PER_T,
        "mean_rtt_ms": _mean(a.rtt_ms, work),
        "mean_distance_km": _mean(distance, work),
        "utilisation": power / available if available > 0 else 0.0,
        "dependence": dependence(scenario, totals),
        "controllers_hhi": float((control_shares(scenario, totals) ** 2).sum()),
    }, name=regime.name)


def dependence(scenario: Scenario, totals: Totals) -> float:
    """Share of work at sites not controlled from the region's own country or bloc; NaN unknown."""
    own = share_of_work(own_control(scenario), totals)
    return own if own != own else max(0.0, 1.0 - own)


def share_of_work(member: Floats | None, totals: Totals) -> float:
    """Share of the work served on lanes that are members, shape (L,); NaN where none is known."""
    work = totals.lanes["work_mwh"]
    served = float(work.sum())
    return float("nan") if member is None or served <= 0 else float(member @ work) / served


def control_shares(scenario: Scenario, totals: Totals) -> pd.Series:
    """Share of the work served by who controls the site, largest first; sums to 1."""
    a, sites = scenario.arrays, scenario.tables["sites"]
    work = np.bincount(a.lane_site, totals.lanes["work_mwh"], a.n_sites)
    shares = pd.Series(work, index=pd.Index(sites["control"], name="control"), name="share")
    total = shares.groupby(level=0).sum().sort_values(ascending=False, kind="stable")
    served = float(total.sum())
    return total[total > 0] / served if served > 0 else total[:0]


def workload_table(scenario: Scenario, totals: Totals) -> pd.DataFrame:
    """Totals per workload, indexed by ``workload``; the unit is the last suffix of each name."""
    a, tables = scenario.arrays, scenario.tables
    work = totals.lanes["work_mwh"]
    home = at_home(scenario)
    names = tables["workloads"].index
    lanes = pd.DataFrame({
        "served_mwh": work,
        "energy_mwh": totals.lanes["energy_mwh"],
        "carbon_t": totals.lanes["carbon_kg"] / KG_PER_T,
        "home_share": np.nan if home is None else work * home,
        "mean_distance_km": work * tables["lanes"]["distance_km"].to_numpy(dtype=np.float64),
        "mean_rtt_ms": work * a.rtt_ms,
    }).groupby(a.lane_workload).sum(min_count=1)
    asks = pd.DataFrame(dict(totals.pairs)).groupby(a.ask_workload).sum()
    table = asks.join(lanes, how="left")
    amounts = ["served_mwh", "energy_mwh", "carbon_t"]
    table[amounts] = table[amounts].fillna(0.0)
    for column in ("home_share", "mean_distance_km", "mean_rtt_ms"):
        table[column] = table[column] / table["served_mwh"].where(table["served_mwh"] > 0)
    table.index = pd.Index(names.take(np.asarray(table.index, dtype=np.int64)), name="workload")
    columns = ["demand_mwh", "served_mwh", "unserved_mwh", "energy_mwh", "carbon_t", "home_share",
               "mean_distance_km", "mean_rtt_ms"]
    return table[columns]


def exchange_table(scenario: Scenario, totals: Totals, by: str) -> pd.DataFrame:
    """Work by workload, group of the region (rows) and group of the site (columns) [MWh].

    Raises
    ------
    ScenarioError
        If regions and sites do not both have that column.
    """
    a, tables = scenario.arrays, scenario.tables
    if by not in tables["regions"].columns or by not in tables["sites"].columns:
        shared = tables["regions"].columns.intersection(tables["sites"].columns)
        raise ScenarioError(f"regions and sites do not both have a column {by!r}; "
                            f"{did_you_mean(by, shared.drop('geometry'))}")
    table = pd.DataFrame({
        "workload": tables["workloads"].index.take(a.lane_workload),
        "wanted_in": as_labels(tables["regions"][by])[a.lane_region],
        "done_in": as_labels(tables["sites"][by])[a.lane_site],
        "mwh": totals.lanes["work_mwh"],
    })
    return table.pivot_table(index=["workload", "wanted_in"], columns="done_in", values="mwh",
                             aggfunc="sum", fill_value=0.0)


def measures(scenario: Scenario, regime: Regime, totals: Totals) -> dict[str, float]:
    """Figures of an answer that a comparison sets side by side.

    Returns
    -------
    dict
        ``cost_usd``, ``operating_cost_usd``, ``energy_mwh``, ``carbon_t``, ``served_mwh``,
        ``unserved_mwh`` and the same by data class (``unserved_<class>_mwh``), ``mean_rtt_ms``
        and ``p95_rtt_ms`` of the work served, ``home_share`` (at sites in the region's own
        group), ``own_control_share`` (at sites controlled from the region's own country or bloc;
        unknown control is not own), ``control_<who>_share`` for every controller (they sum to 1),
        ``controllers_hhi``, ``utilisation``, ``foreign_spend_usd`` (energy, rent and network paid
        at sites not controlled from home).
    """
    a, work = scenario.arrays, totals.lanes["work_mwh"]
    figures = summary(scenario, regime, totals)
    own = own_control(scenario)
    spend = totals.lanes["energy_usd"] + work * (
        a.rent_usd_per_mwh[a.lane_site] + a.network_usd_per_mwh)
    out = {name: float(figures[name]) for name in _FROM_SUMMARY}
    out |= {f"unserved_{name}_mwh": lost
            for name, lost in unserved_by_class(scenario, totals).items()}
    out["mean_rtt_ms"] = float(figures["mean_rtt_ms"])
    out["p95_rtt_ms"] = weighted_quantile(a.rtt_ms, work, 0.95)
    out["home_share"] = share_of_work(at_home(scenario), totals)
    out["own_control_share"] = share_of_work(own, totals)
    out["controllers_hhi"] = float(figures["controllers_hhi"])
    out["utilisation"] = float(figures["utilisation"])
    out["foreign_spend_usd"] = float("nan") if own is None else float((1.0 - own) @ spend)
    shares = control_shares(scenario, totals)
    return out | {f"control_{who}_share": float(share) for who, share in shares.items()}


def data_classes(scenario: Scenario) -> pd.Series:
    """Data class of every workload; the workload itself where the scenario names no classes."""
    workloads = scenario.tables["workloads"]
    if "data_class" in workloads.columns:
        return as_text(workloads["data_class"])
    return pd.Series(as_labels(workloads.index), index=workloads.index, name="data_class")


def unserved_by_class(scenario: Scenario, totals: Totals) -> dict[str, float]:
    """Unserved work by data class over the horizon [MWh]; every class is there."""
    classes = data_classes(scenario)
    of_pair = classes.to_numpy()[scenario.arrays.ask_workload]
    lost = totals.pairs["unserved_mwh"]
    return {name: float(lost[of_pair == name].sum()) for name in sorted(classes.unique())}


def weighted_quantile(values: Floats, weight: Floats, quantile: float) -> float:
    """Smallest value that at least ``quantile`` of the weight does not exceed.

    Examples
    --------
    >>> weighted_quantile(np.array([5.0, 20.0, 90.0]), np.array([6.0, 3.0, 1.0]), 0.9)
    20.0
    """
    used = weight > 0
    if not used.any():
        return float("nan")
    order = np.argsort(values[used], kind="stable")
    total = np.cumsum(weight[used][order])
    at = min(int(np.searchsorted(total, quantile * total[-1] * (1 - 1e-12))), len(order) - 1)
    return float(values[used][order][at])


def _mean(values: Floats, weight: Floats) -> float:
    used = weight > 0
    return float(values[used] @ weight[used] / weight[used].sum()) if used.any() else float("nan")
