"""What is odd about a scenario without being a fault."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from computegrid.errors import Fault
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.span import small_demand, wide_costs
from computegrid.tables.geo import great_circle_km
from computegrid.tables.labels import BLANK, as_labels

FAR_KM, NEAR_KM = 2000.0, 1000.0
"""A place is odd that lies farther than the one from its country, and with its coordinates
exchanged nearer than the other."""
OUT_OF_SCALE = 300.0
"""Capacity is odd that is this many times what is wanted, or what the other sites have."""


def remarks(tables: Mapping[str, pd.DataFrame], a: Arrays) -> tuple[Fault, ...]:
    """Sites nobody can reach, workloads nobody asks for, asks that no site can serve.

    And figures that may be right but look like another unit, or like lon and lat exchanged.
    """
    found = [*_exchanged(tables), *_out_of_scale(tables, a), *small_demand(tables, a),
             *wide_costs(tables, a)]
    reached = np.isin(np.arange(a.n_sites), a.lane_site)
    for label in tables["sites"].index[~reached]:
        found.append(Fault("sites", "nobody can reach it: no workload allows its latency, or no "
                           "lane leads there", row=str(label)))
    asked = np.isin(np.arange(len(tables["workloads"])), a.ask_workload)
    for label in tables["workloads"].index[~asked]:
        found.append(Fault("workloads", "nobody asks for it", row=str(label)))
    served = np.isin(np.arange(a.n_asks), a.lane_ask)
    for i in np.flatnonzero(~served):
        region = tables["regions"].index[a.ask_region[i]]
        workload = tables["workloads"].index[a.ask_workload[i]]
        found.append(Fault("demand", "no site can serve it: all are too slow, or no lane leads "
                           "from there", row=f"{region}/{workload}"))
    return tuple(found)


def _exchanged(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Places far from the rest of their country that would not be with lon and lat exchanged."""
    found = []
    for name, other in (("sites", "regions"), ("regions", "sites")):
        ours, theirs = tables[name], tables[other]
        if "country" not in ours.columns or "country" not in theirs.columns:
            continue
        middle = (
            _middle(theirs)
            .combine_first(_middle(ours, least=3))
            .reindex(ours["country"])
            .to_numpy(dtype=np.float64)
        )
        labels = list(as_labels(ours.index))
        countries = as_labels(ours["country"])
        lon, lat = (ours[c].to_numpy(dtype=np.float64) for c in ("lon_deg", "lat_deg"))
        possible = (np.abs(lon) <= 90) & (countries != BLANK)
        far = great_circle_km(lon, lat, *middle.T)
        near = great_circle_km(lat, np.where(possible, lon, np.nan), *middle.T)
        for i in np.flatnonzero((far > FAR_KM) & (near < NEAR_KM)):
            found.append(Fault(
                name, f"lies {far[i]:,.0f} km from the others of {countries[i]}, and "
                f"{near[i]:,.0f} km with lon_deg and lat_deg exchanged", row=labels[i],
                column="lon_deg", value=float(lon[i]), cure="check its place and its country"))
    return found


def _middle(places: pd.DataFrame, least: int = 1) -> pd.DataFrame:
    """Where the places of each country lie, of which there are ``least``."""
    grouped = pd.DataFrame(places).groupby("country")[["lon_deg", "lat_deg"]]
    return grouped.median()[grouped.size() >= least]


def _out_of_scale(tables: Mapping[str, pd.DataFrame], a: Arrays) -> list[Fault]:
    """Capacities and demands that look like kilowatts."""
    held = float(a.available_mw.sum(axis=0).max(initial=0.0))
    wanted = float(a.demand_mw.sum(axis=0).max(initial=0.0))
    if wanted > 0 and held > OUT_OF_SCALE * wanted:
        return [Fault("sites", f"hold {held / wanted:,.0f} times what is wanted at most",
                      column="capacity_mw", cure="divide by 1000 if they are kW")]
    if held > 0 and wanted > OUT_OF_SCALE * held:
        return [Fault("demand", f"is {wanted / held:,.0f} times what all sites hold", column="mw",
                      cure="divide by 1000 if it is in kW")]
    size = tables["sites"]["capacity_mw"]
    usual = float(size[size > 0].median()) if (size > 0).any() else np.inf
    large = size[(size > OUT_OF_SCALE * usual) & (size > wanted)].to_dict()
    return [
        Fault("sites", f"is {value / usual:,.0f} times the usual site, and more than all that is "
              "wanted", row=str(label), column="capacity_mw", value=float(value),
              cure="divide by 1000 if it is in kW")
        for label, value in large.items()
    ]
