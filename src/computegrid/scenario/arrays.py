"""The scenario as arrays: what the linear program is built from."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.scenario.select import Codes, positions
from computegrid.tables.steps import chain_of, day_of, elapsed_hours

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Arrays:
    """Positions and figures of a scenario; L lanes, A asks, S sites, W workloads, T hours.

    An *ask* is a (region, workload) pair for which some demand exists.

    Attributes
    ----------
    lane_region, lane_workload, lane_site, lane_ask : int array, shape (L,)
        Row of each lane in the tables and in the asks.
    ask_region, ask_workload : int array, shape (A,)
    rtt_ms, network_usd_per_mwh : float array, shape (L,)
    demand_mw : float array, shape (A, T)
    weight_hours, elapsed_hours : float array, shape (T,)
        Real hours a step stands for; time since the first step.
    chain, day : int array, shape (T,)
        Number of the run of steps without a gap each one is in, within which work may wait; day
        number of each.
    energy_usd_per_mwh, carbon_kg_per_mwh, pue, available_mw : float array, shape (S, T)
    power_ratio, rent_usd_per_mwh : float array, shape (S,)
    defer_hours : float array, shape (A,)
        How long the work of each ask may wait.
    unserved_usd_per_mwh, gbps_per_mw : float array, shape (W,)
    """

    lane_region: Codes
    lane_workload: Codes
    lane_site: Codes
    lane_ask: Codes
    ask_region: Codes
    ask_workload: Codes
    rtt_ms: Floats
    network_usd_per_mwh: Floats
    demand_mw: Floats
    weight_hours: Floats
    elapsed_hours: Floats
    chain: Codes
    day: Codes
    energy_usd_per_mwh: Floats
    carbon_kg_per_mwh: Floats
    pue: Floats
    available_mw: Floats
    power_ratio: Floats
    rent_usd_per_mwh: Floats
    defer_hours: Floats
    unserved_usd_per_mwh: Floats
    gbps_per_mw: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    @property
    def n_lanes(self) -> int:
        """Number of lanes L."""
        return len(self.lane_site)

    @property
    def n_asks(self) -> int:
        """Number of asks A."""
        return len(self.ask_region)

    @property
    def n_sites(self) -> int:
        """Number of sites S."""
        return len(self.power_ratio)

    @property
    def n_hours(self) -> int:
        """Number of time steps T."""
        return len(self.weight_hours)


def build_arrays(
    regions: pd.DataFrame,
    sites: pd.DataFrame,
    workloads: pd.DataFrame,
    hours: pd.DataFrame,
    demand: pd.DataFrame,
    lanes: pd.DataFrame,
    site_hours: pd.DataFrame | None,
    available_share: dict[str, float],
) -> Arrays:
    """Turn checked tables into arrays; every key in them is known to exist."""
    demand_mw, ask_region, ask_workload, ask_of = _asks(regions, workloads, hours, demand)
    lane_region = positions(regions.index, lanes["region"])
    lane_workload = positions(workloads.index, lanes["workload"])
    steps = hours.index
    share = sites["status"].map(available_share).to_numpy(dtype=np.float64)
    capacity = sites["capacity_mw"].to_numpy(dtype=np.float64) * share
    columns = {
        name: np.repeat(sites[name].to_numpy(dtype=np.float64)[:, None], len(hours), axis=1)
        for name in ("energy_usd_per_mwh", "carbon_kg_per_mwh", "pue")
    }
    columns["available_mw"] = np.repeat(capacity[:, None], len(hours), axis=1)
    if site_hours is not None:
        at = positions(sites.index, site_hours["site"]), positions(steps, site_hours["hour"])
        for name, values in columns.items():
            if name in site_hours.columns:
                given = site_hours[name].to_numpy(dtype=np.float64)
                if name == "available_mw":
                    given = np.minimum(given, np.inf) * share[at[0]]
                known = ~np.isnan(given)
                values[at[0][known], at[1][known]] = given[known]
    return Arrays(
        lane_region=lane_region,
        lane_workload=lane_workload,
        lane_site=positions(sites.index, lanes["site"]),
        lane_ask=ask_of[lane_region, lane_workload],
        ask_region=ask_region,
        ask_workload=ask_workload,
        rtt_ms=_floats(lanes["rtt_ms"]),
        network_usd_per_mwh=_floats(lanes["network_usd_per_mwh"]),
        demand_mw=demand_mw,
        weight_hours=_floats(hours["weight_hours"]),
        elapsed_hours=elapsed_hours(steps),
        chain=chain_of(hours),
        day=pd.factorize(day_of(hours))[0].astype(np.int64),
        power_ratio=_floats(sites["power_ratio"]),
        rent_usd_per_mwh=_floats(sites["rent_usd_per_mwh"]),
        defer_hours=_floats(workloads["defer_hours"])[ask_workload],
        unserved_usd_per_mwh=_floats(workloads["unserved_usd_per_mwh"]),
        gbps_per_mw=_floats(workloads["gbps_per_mw"]),
        **columns,
    )


def _asks(
    regions: pd.DataFrame, workloads: pd.DataFrame, hours: pd.DataFrame, demand: pd.DataFrame
) -> tuple[Floats, Codes, Codes, Codes]:
    r = positions(regions.index, demand["region"])
    w = positions(workloads.index, demand["workload"])
    dense = np.zeros((len(regions) * len(workloads), len(hours)))
    pair = r * len(workloads) + w
    if "hour" in demand.columns:
        dense[pair, positions(hours.index, demand["hour"])] = demand["mw"]
    else:
        dense[pair, :] = demand["mw"].to_numpy()[:, None]
    asked = np.flatnonzero(dense.any(axis=1))
    ask_of = np.full(len(dense), -1, dtype=np.int64)
    ask_of[asked] = np.arange(len(asked))
    return (
        np.ascontiguousarray(dense[asked]), asked // len(workloads), asked % len(workloads),
        ask_of.reshape(len(regions), len(workloads)),
    )


def _floats(values: pd.Series) -> Floats:
    return np.array(values, dtype=np.float64)
