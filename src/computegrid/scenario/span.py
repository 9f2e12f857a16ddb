"""How far apart figures may lie and still be told beside each other, and what is their noise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from computegrid.errors import DataError, Fault
from computegrid.scenario.arrays import Arrays, Floats
from computegrid.tables.labels import as_labels

SPAN = 1e9
"""Most by which figures of one kind may differ in size. Doubles carry 16 digits: what the largest
demand leaves of rounding in rows it shares with the least, 1e-16 of it each time, is a millionth of
a demand 1e10 times smaller, which is what the certificate allows. Measured on random programs with
both engines, answers keep six digits of every row up to 1e12; three digits are left in reserve."""
FLOOR = 1.0 / SPAN
"""Least size of a term beside the largest of its kind: what is smaller is lost in its rounding."""
NOISE = 1e-9
"""A flow below this part of the work it is for is a solver's rounding and is not listed."""


def noise_mw(a: Arrays) -> Floats:
    """Flow of each lane below which it is noise, shape (L,) [MW]: ``NOISE`` of what is asked most.

    Relative to the lane's own region and workload, so that small places keep their flows.
    """
    most: Floats = a.demand_mw.max(axis=1, initial=0.0)
    return NOISE * most[a.lane_ask]


def require_span(tables: Mapping[str, pd.DataFrame], a: Arrays) -> None:
    """Refuse demand that is lost beside the largest.

    Raises
    ------
    DataError
        Naming every region and workload, with the least figure and what to do.
    """
    faults = small_demand(tables, a)
    if faults:
        raise DataError("some demand is too small to be told beside the largest:", faults)


def small_demand(tables: Mapping[str, pd.DataFrame], a: Arrays) -> list[Fault]:
    """Demand above 0 and below ``FLOOR`` of the largest, by region and workload."""
    most = float(a.demand_mw.max(initial=0.0))
    small = (a.demand_mw > 0) & (a.demand_mw < FLOOR * most)
    found = []
    regions, workloads = (as_labels(tables[name].index) for name in ("regions", "workloads"))
    for ask in np.flatnonzero(small.any(axis=1)):
        hours = int(small[ask].sum())
        found.append(Fault(
            "demand", f"is less than 1e-9 of the largest demand ({most:.3g} MW) in {hours} of "
            f"{a.n_hours} hours: an answer cannot hold both",
            row=f"{regions[a.ask_region[ask]]}/{workloads[a.ask_workload[ask]]}", column="mw",
            value=float(a.demand_mw[ask].min(initial=most, where=small[ask])),
            cure="write 0 if it is a rounding, check the unit, or give it a scenario of its own"))
    return found


def wide_costs(tables: Mapping[str, pd.DataFrame], a: Arrays) -> list[Fault]:
    """Prices above 0 that are below ``FLOOR`` of the largest cost of a MWh, by site or lane."""
    sites = as_labels(tables["sites"].index)
    value = a.unserved_usd_per_mwh[np.isfinite(a.unserved_usd_per_mwh)]
    figures = {
        ("sites", "energy_usd_per_mwh"): np.abs(a.energy_usd_per_mwh),
        ("sites", "rent_usd_per_mwh"): np.abs(a.rent_usd_per_mwh)[:, None],
        ("lanes", "network_usd_per_mwh"): np.abs(a.network_usd_per_mwh)[:, None],
    }
    most = max(float(f.max(initial=0.0)) for f in (*figures.values(), value))
    found = []
    for (table, column), figure in figures.items():
        small = (figure > 0) & (figure < FLOOR * most)
        for i in np.flatnonzero(small.any(axis=1)):
            row = sites[i] if table == "sites" else _lane(tables, a, int(i), sites)
            found.append(Fault(
                table, f"is less than 1e-9 of the largest cost of a MWh ({most:.3g} USD): answers "
                "count it as 0 beside that", row=row, column=column,
                value=float(figure[i].min(initial=most, where=small[i])),
                cure="check the unit of both, or write 0"))
    return found


def _lane(tables: Mapping[str, pd.DataFrame], a: Arrays, lane: int, sites: np.ndarray) -> str:
    names = (as_labels(tables["regions"].index)[a.lane_region[lane]],
             as_labels(tables["workloads"].index)[a.lane_workload[lane]], sites[a.lane_site[lane]])
    return "/".join(map(str, names))
