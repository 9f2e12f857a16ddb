"""Bundled models at a size that many solves can afford: few regions, few hours, all rules."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

import computegrid as cg


@cache
def reduced(
    name: str, n_regions: int = 6, n_hours: int = 3, per_control: int = 6
) -> cg.Scenario:
    """The model with the largest demand, spread hours and each controller's largest sites."""
    full = cg.load(name)
    demand = full.demand
    order = demand.groupby("region")["mw"].sum().sort_values(ascending=False, kind="stable").index
    keep = list(order[:n_regions])
    hours = full.hours
    hours = hours.iloc[np.linspace(0, len(hours) - 1, n_hours).round().astype(int)]
    lanes = full.lanes
    lanes = lanes[lanes["region"].isin(keep)]
    a, sites = full.arrays, full.sites
    usable = a.available_mw.max(axis=1)
    capacity = sites["capacity_mw"].to_numpy()
    share = {
        status: float(usable[i] / capacity[i]) for i, status in enumerate(sites["status"])
        if capacity[i] > 0
    }
    reached = sites.index.isin(lanes["site"])
    size = np.where(reached, usable, -1.0)
    order_of = pd.Series(-size)
    rank = order_of.groupby(sites["control"].to_numpy()).rank("first").to_numpy()
    if name == "china":  # one controller, so the largest of every province
        rank = order_of.groupby(sites["grid"].to_numpy()).rank("first").to_numpy() + per_control - 1
    chosen = sites.index[(rank <= per_control) & (size >= 0)]
    lanes = lanes[lanes["site"].isin(chosen)]
    site_hours = full.tables.get("site_hours")
    if site_hours is not None:
        site_hours = site_hours[site_hours["site"].isin(chosen)
                                & site_hours["hour"].isin(hours.index)]
    factor = usable[sites.index.isin(chosen)].sum() / max(demand.loc[
        demand["region"].isin(keep), "mw"].sum() / demand["hour"].nunique(), 1e-9)
    demand = demand[demand["region"].isin(keep) & demand["hour"].isin(hours.index)].copy()
    demand["mw"] *= min(1.0, 0.8 * factor)
    regions = full.regions
    return cg.Scenario.from_tables(
        regions=regions[regions.index.isin(keep)], sites=sites.loc[chosen], demand=demand,
        workloads=full.workloads, lanes=lanes, hours=hours, site_hours=site_hours,
        regimes=full.regimes, available_share=share, name=name,
    )


CASES = [(name, regime) for name in cg.models() for regime in cg.load(name).regimes]
