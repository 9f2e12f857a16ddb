"""The answer in tables: what flows where, what it costs, and what each thing is worth."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import scipy.sparse as sp

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program import objective, rules
from computegrid.program.algebra import PLANNER, Floats, LinearProgram
from computegrid.program.selection import selection_of
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.home import same_on_lanes
from computegrid.scenario.regime import Charge, Limit, Regime
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import noise_mw
from computegrid.tables.labels import as_labels
from computegrid.units import KG_PER_T


def flow_table(scenario: Scenario, flow: Floats) -> pd.DataFrame:
    """Tidy flows above a solver's noise: region, workload, site, hour, mw."""
    lane, hour = np.nonzero(flow > noise_mw(scenario.arrays)[:, None])
    a, tables = scenario.arrays, scenario.tables
    return pd.DataFrame({
        "region": tables["regions"].index.take(a.lane_region[lane]),
        "workload": tables["workloads"].index.take(a.lane_workload[lane]),
        "site": tables["sites"].index.take(a.lane_site[lane]),
        "hour": tables["hours"].index.take(hour),
        "mw": flow[lane, hour],
    })


def ask_table(scenario: Scenario, values: Floats, name: str) -> pd.DataFrame:
    """Tidy table of a figure of every ask and hour: region, workload, hour, ``name``."""
    a, tables = scenario.arrays, scenario.tables
    ask, hour = (axis.ravel() for axis in np.indices(values.shape))
    return pd.DataFrame({
        "region": tables["regions"].index.take(a.ask_region[ask]),
        "workload": tables["workloads"].index.take(a.ask_workload[ask]),
        "hour": tables["hours"].index.take(hour),
        name: values.ravel(),
    })


def site_table(scenario: Scenario, **values: Floats) -> pd.DataFrame:
    """Tidy table of figures of every site and hour: site, hour, and one column each."""
    tables = scenario.tables
    site, hour = (axis.ravel() for axis in np.indices(next(iter(values.values())).shape))
    return pd.DataFrame({
        "site": tables["sites"].index.take(site), "hour": tables["hours"].index.take(hour),
        **{name: figure.ravel() for name, figure in values.items()},
    })


def by_site(a: Arrays, flow: Floats) -> Floats:
    """Work done at each site, shape (S, T) [MW]."""
    member = sp.csr_array(
        (np.ones(a.n_lanes), (a.lane_site, np.arange(a.n_lanes))), shape=(a.n_sites, a.n_lanes)
    )
    return np.asarray(member @ flow, dtype=np.float64)


def utilisation_table(scenario: Scenario, flow: Floats) -> pd.DataFrame:
    """Tidy: site, hour, mw of work, power_mw drawn, available_mw, utilisation (0 to 1)."""
    a = scenario.arrays
    work = by_site(a, flow)
    power = work * a.power_ratio[:, None]
    used = np.divide(power, a.available_mw, out=np.zeros_like(power), where=a.available_mw > 0)
    return site_table(scenario, mw=work, power_mw=power, available_mw=a.available_mw,
                      utilisation=used)


def cost_parts(
    scenario: Scenario, regime: Regime, lp: LinearProgram, x: Floats
) -> dict[str, float]:
    """Cost by part, recomputed from the flows [USD]; their sum is the total cost."""
    a = scenario.arrays
    flow = x[lp.columns_of("flow")].reshape(-1, a.n_hours)
    work = flow * a.weight_hours
    lane = work.sum(axis=1)
    unserved = x[lp.columns_of("unserved")].reshape(a.demand_mw.shape) * a.weight_hours
    value = np.where(np.isinf(a.unserved_usd_per_mwh), 0.0, a.unserved_usd_per_mwh)
    charges = sum(
        float((rules.charge(rule, a, selection_of(rule, a, scenario.tables)) * work).sum())
        for rule in regime.rules if isinstance(rule, Charge)
    )
    return {
        "energy_cost_usd": float((objective.energy_usd(a) * work).sum()),
        "rent_cost_usd": float(a.rent_usd_per_mwh[a.lane_site] @ lane),
        "network_cost_usd": float(a.network_usd_per_mwh @ lane),
        "charges_usd": charges,
        "unserved_cost_usd": float(unserved.sum(axis=1) @ value[a.ask_workload]),
        "penalties_usd": _penalties(scenario, regime, lp, x),
        **_planner_cost(lp, x),
    }


def _planner_cost(lp: LinearProgram, x: Floats) -> dict[str, float]:
    """What variables that a planner added to a Pyomo model cost; nothing where there are none."""
    if not lp.has_family(PLANNER):
        return {}
    columns = lp.columns_of(PLANNER)
    return {"planner_cost_usd": float(lp.cost[columns] @ x[columns])}


def _penalties(scenario: Scenario, regime: Regime, lp: LinearProgram, x: Floats) -> float:
    total = 0.0
    for rule in regime.rules:
        name = f"excess:{rule.label}"
        if isinstance(rule, Limit) and lp.has_family(name):
            _, excess = rules.limit(rule, scenario.arrays, selection_of(
                rule, scenario.arrays, scenario.tables))
            if excess is not None:  # in USD whatever was minimised
                total += float(excess.cost.ravel() @ x[lp.columns_of(name)])
    return total


@lru_cache(maxsize=8)
def own_control(scenario: Scenario) -> Floats | None:
    """1 where a lane's site is controlled from the region's own country or bloc, shape (L,).

    None when regions carry neither ``country`` nor ``bloc``. Unknown control is never own.
    """
    regions, sites, a = scenario.tables["regions"], scenario.tables["sites"], scenario.arrays
    own = np.zeros(a.n_lanes, dtype=bool)
    pairs = [(there, here) for here in ("country", "bloc") if here in regions.columns
             for there in ("control", "control_bloc") if there in sites.columns]
    if not pairs:
        return None
    for there, here in pairs:
        own |= same_on_lanes(scenario.tables, a, here, there)
    return own.astype(np.float64)


def control_shares(scenario: Scenario, flow: Floats) -> pd.Series:
    """Share of the work served by who controls the site, largest first; sums to 1."""
    a, sites = scenario.arrays, scenario.tables["sites"]
    work = by_site(a, flow) @ a.weight_hours
    shares = pd.Series(work, index=pd.Index(sites["control"], name="control"), name="share")
    total = shares.groupby(level=0).sum().sort_values(ascending=False, kind="stable")
    served = float(total.sum())
    return total[total > 0] / served if served > 0 else total[:0]


def workload_table(scenario: Scenario, flow: Floats, unserved: Floats) -> pd.DataFrame:
    """Totals per workload, indexed by ``workload``; the unit is the last suffix of each name."""
    a, tables = scenario.arrays, scenario.tables
    work = flow * a.weight_hours
    lane = work.sum(axis=1)
    home = at_home(scenario)
    names = tables["workloads"].index
    lanes = pd.DataFrame({
        "served_mwh": lane,
        "energy_mwh": (objective.energy_mwh(a) * work).sum(axis=1),
        "carbon_t": (objective.carbon_kg(a) * work).sum(axis=1) / KG_PER_T,
        "home_share": np.nan if home is None else lane * home,
        "mean_distance_km": lane * tables["lanes"]["distance_km"].to_numpy(dtype=np.float64),
        "mean_rtt_ms": lane * a.rtt_ms,
    }).groupby(a.lane_workload).sum(min_count=1)
    asks = pd.DataFrame({
        "demand_mwh": a.demand_mw @ a.weight_hours, "unserved_mwh": unserved @ a.weight_hours,
    }).groupby(a.ask_workload).sum()
    table = asks.join(lanes, how="left")
    totals = ["served_mwh", "energy_mwh", "carbon_t"]
    table[totals] = table[totals].fillna(0.0)
    for column in ("home_share", "mean_distance_km", "mean_rtt_ms"):
        table[column] = table[column] / table["served_mwh"].where(table["served_mwh"] > 0)
    table.index = pd.Index(names.take(np.asarray(table.index, dtype=np.int64)), name="workload")
    columns = ["demand_mwh", "served_mwh", "unserved_mwh", "energy_mwh", "carbon_t", "home_share",
               "mean_distance_km", "mean_rtt_ms"]
    return table[columns]


def exchange_table(scenario: Scenario, flow: Floats, by: str) -> pd.DataFrame:
    """Work by workload, group of the region (rows) and group of the site (columns) [MWh]."""
    a, tables = scenario.arrays, scenario.tables
    if by not in tables["regions"].columns or by not in tables["sites"].columns:
        shared = tables["regions"].columns.intersection(tables["sites"].columns)
        raise ScenarioError(f"regions and sites do not both have a column {by!r}; "
                            f"{did_you_mean(by, shared.drop('geometry'))}")
    table = pd.DataFrame({
        "workload": tables["workloads"].index.take(a.lane_workload),
        "wanted_in": as_labels(tables["regions"][by])[a.lane_region],
        "done_in": as_labels(tables["sites"][by])[a.lane_site],
        "mwh": flow @ a.weight_hours,
    })
    return table.pivot_table(index=["workload", "wanted_in"], columns="done_in", values="mwh",
                             aggfunc="sum", fill_value=0.0)


def at_home(scenario: Scenario) -> Floats | None:
    """1 where a lane's site lies in the region's own group (``group_by``), shape (L,).

    None when regions and sites share no such column. Blank and unknown are never home.
    """
    by = scenario.group_by
    if not by:
        return None
    return same_on_lanes(scenario.tables, scenario.arrays, by, by).astype(np.float64)


def summary(
    scenario: Scenario, regime: Regime, lp: LinearProgram, x: Floats
) -> pd.Series:
    """Totals over the horizon; the unit is the last suffix of each name."""
    a = scenario.arrays
    flow = x[lp.columns_of("flow")].reshape(-1, a.n_hours)
    work = flow * a.weight_hours
    lane = work.sum(axis=1)
    served = float(lane.sum())
    unserved = float(
        x[lp.columns_of("unserved")].reshape(a.demand_mw.shape).sum(axis=0) @ a.weight_hours
    )
    parts = cost_parts(scenario, regime, lp, x)
    operating = sum(v for k, v in parts.items() if k not in ("unserved_cost_usd", "penalties_usd"))
    own = own_control(scenario)
    shares = control_shares(scenario, flow)
    available = float((a.available_mw * a.weight_hours).sum())
    power = float((by_site(a, flow) * a.power_ratio[:, None] * a.weight_hours).sum())
    return pd.Series({
        "cost_usd": sum(parts.values()),
        "operating_cost_usd": operating,
        **parts,
        "demand_mwh": float((a.demand_mw * a.weight_hours).sum()),
        "served_mwh": served,
        "unserved_mwh": unserved,
        "energy_mwh": float((objective.energy_mwh(a) * work).sum()),
        "carbon_t": float((objective.carbon_kg(a) * work).sum()) / KG_PER_T,
        "mean_rtt_ms": _mean(a.rtt_ms, lane),
        "mean_distance_km": _mean(
            scenario.tables["lanes"]["distance_km"].to_numpy(dtype=np.float64), lane
        ),
        "utilisation": power / available if available > 0 else 0.0,
        "dependence": np.nan if own is None or served <= 0
        else max(0.0, 1.0 - float(own @ lane) / served),
        "controllers_hhi": float((shares**2).sum()),
    }, name=regime.name)


def _mean(values: Floats, weight: Floats) -> float:
    used = weight > 0
    return float(values[used] @ weight[used] / weight[used].sum()) if used.any() else float("nan")
