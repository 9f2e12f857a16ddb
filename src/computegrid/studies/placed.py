"""Work by who wants it and where it is done, and what is measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from computegrid.dispatch import Dispatch
from computegrid.program import objective
from computegrid.program.algebra import Floats
from computegrid.scenario.controls import masks_of
from computegrid.scenario.home import same
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.select import Mask
from computegrid.tables.labels import as_labels

MWH_PER_TWH = 1e6
_HOME = ("grid", "country", "bloc")
"""What at home means, the narrowest first in which a site stands."""


@dataclass(frozen=True)
class Placed:
    """Work of the horizon by ask and site.

    Attributes
    ----------
    work_mwh, energy_mwh : float array, shape (A, S)
        Work done, and the electricity of the site for it.
    """

    work_mwh: Floats
    energy_mwh: Floats


def placed(dispatch: Dispatch) -> Placed:
    """Return where a dispatch does the work."""
    a = dispatch.scenario.arrays
    work = dispatch.flow_mw * a.weight_hours
    energy = objective.energy_mwh(a) * work

    def by_site(lanes: Floats) -> Floats:
        out = np.zeros((a.n_asks, a.n_sites))
        np.add.at(out, (a.lane_ask, a.lane_site), lanes)
        return out

    return Placed(by_site(work.sum(axis=1)), by_site(energy.sum(axis=1)))


def spread(scenario: Scenario, *, at_home: bool) -> Placed:
    """Return all work wanted spread over sites in proportion to capacity: over all, or at home.

    Neither asks whether the sites can hold it. At home is the region's own grid, else its country,
    else its bloc, whichever first has a site with capacity; else everywhere.
    """
    a, tables = scenario.arrays, scenario.tables
    hours = a.weight_hours
    room = (a.available_mw @ hours) / hours.sum() / a.power_ratio
    weight = np.tile(room, (a.n_asks, 1))
    if at_home:
        unsettled = np.ones(a.n_asks, dtype=bool)
        for column in _HOME:
            if column not in tables["regions"].columns or column not in tables["sites"].columns:
                continue
            here = as_labels(tables["regions"][column])[a.ask_region]
            there = as_labels(tables["sites"][column])
            own = room * np.stack([same([one] * a.n_sites, there) for one in here])
            found = unsettled & (own.sum(axis=1) > 0)
            weight[found] = own[found]
            unsettled &= ~found
    total = weight.sum(axis=1, keepdims=True)
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    work = share * (a.demand_mw @ hours)[:, None]
    per_mwh = (a.pue @ hours) / hours.sum() * a.power_ratio
    return Placed(work, work * per_mwh)


def measured(scenario: Scenario, where: Placed, control: Mapping[Any, Any], name: str) -> float:
    """Return what a control measures, in its unit; NaN for a share of nothing.

    Electricity is that of the sites ``at`` for the work ``of``; a share is of the sites
    ``within``; a load factor is power drawn over capacity. All is divided by
    ``model_share``. Capacity is what is installed where any of it can be used.
    """
    a, quantity = scenario.arrays, str(control["quantity"])
    at, within = (masks_of(scenario.tables, str(control[column]), column, name)["sites"]
                  for column in ("at", "within"))
    asks = _asks(scenario, str(control["of"]), name)
    hours = float(a.weight_hours.sum())
    capacity = np.where(
        (a.available_mw > 0).any(axis=1),
        scenario.tables["sites"]["capacity_mw"].to_numpy(dtype=np.float64), 0.0)
    if quantity.startswith("capacity"):
        figure, per_site = 1.0, capacity
    else:
        table = where.energy_mwh if quantity.startswith("electricity") else where.work_mwh
        per_site = table[asks].sum(axis=0)
        if quantity in ("it_twh", "load_factor"):
            per_site = per_site * a.power_ratio
        figure = 1.0 / MWH_PER_TWH if quantity.endswith("_twh") else 1.0
    done = float(per_site[at].sum())
    whole = 1.0
    if quantity.endswith("_share"):
        figure, whole = 100.0, float(per_site[within].sum())
    elif quantity == "load_factor":
        figure, whole = 100.0, float(capacity[at].sum()) * hours
    if whole <= 0:
        return float("nan")
    return figure * done / whole / float(control["model_share"])


def _asks(scenario: Scenario, text: str, name: str) -> Mask:
    masks = masks_of(scenario.tables, text, "of", name)
    a = scenario.arrays
    found: Mask = masks["regions"][a.ask_region] & masks["workloads"][a.ask_workload]
    return found
