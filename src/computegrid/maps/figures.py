"""Figures of a dispatch that layers, headers and plots share, weighted by what hours stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from computegrid.accounts import own_control
from computegrid.program.objective import energy_usd_at_sites

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

PARTS = ("energy", "lease", "network", "scarcity", "rules")
"""What the price of work is made of where it is served: electricity, rent of the hardware, network,
scarcity of the site, and the rest: rules and the worth of doing it at another hour."""

LANE = ["region", "workload", "site"]


def horizon_hours(dispatch: Dispatch) -> float:
    """Real hours the dispatch stands for: the sum of ``weight_hours``."""
    return float(dispatch.scenario.hours["weight_hours"].sum())


def price_column(dispatch: Dispatch) -> str:
    """Name and unit of the prices: ``usd_per_mwh``; ``kg_per_mwh`` where carbon was minimised."""
    return "usd_per_mwh" if dispatch.minimise == "cost" else "kg_per_mwh"


def weighted_flows(dispatch: Dispatch) -> pd.DataFrame:
    """Flows with ``mwh`` (MW x weight_hours), the price paid, and each of ``PARTS`` [USD].

    ``price`` and the parts are amounts: per-MWh figures times ``mwh``.
    """
    scenario, a, price = dispatch.scenario, dispatch.scenario.arrays, price_column(dispatch)
    flows = dispatch.flows
    lanes = pd.MultiIndex.from_frame(scenario.tables["lanes"][LANE])
    lane = lanes.get_indexer(pd.MultiIndex.from_frame(flows[LANE]))
    hour = scenario.tables["hours"].index.get_indexer(pd.Index(flows["hour"]))
    flows["mwh"] = flows["mw"].to_numpy(dtype=float) * a.weight_hours[hour]
    keys = ["region", "workload", "hour"]
    paid = dispatch.prices.set_index(keys)[price].reindex(pd.MultiIndex.from_frame(flows[keys]))
    rent = dispatch.rents.set_index(["site", "hour"])[price]
    rent = rent.reindex(pd.MultiIndex.from_frame(flows[["site", "hour"]]))
    site = a.lane_site[lane]
    figures = {
        "price": paid.to_numpy(dtype=float),
        "rtt": a.rtt_ms[lane],
        "energy": energy_usd_at_sites(a)[site, hour],
        "lease": a.rent_usd_per_mwh[site],
        "network": a.network_usd_per_mwh[lane],
        "scarcity": rent.to_numpy(dtype=float) * a.power_ratio[site],
    }
    for name, figure in figures.items():
        flows[name] = flows["mwh"].to_numpy() * figure
    flows["rules"] = flows["price"] - flows[["energy", "lease", "network", "scarcity"]].sum(axis=1)
    own = own_control(scenario)
    flows["foreign"] = flows["mwh"] * (np.nan if own is None else 1.0 - own[lane])
    return flows


def priced_demand(dispatch: Dispatch) -> pd.DataFrame:
    """Demand of every hour with its price: region, workload, hour, ``mw``, ``price``."""
    scenario, a = dispatch.scenario, dispatch.scenario.arrays
    ask, hour = (axis.ravel() for axis in np.indices(a.demand_mw.shape))
    demand = pd.DataFrame(
        {
            "region": scenario.tables["regions"].index.take(a.ask_region[ask]),
            "workload": scenario.tables["workloads"].index.take(a.ask_workload[ask]),
            "hour": scenario.tables["hours"].index.take(hour),
            "mw": a.demand_mw.ravel(),
            "mwh": (a.demand_mw * a.weight_hours).ravel(),
        }
    )
    prices = dispatch.prices.rename(columns={price_column(dispatch): "price"})
    return demand.merge(prices, on=["region", "workload", "hour"], how="left")
