"""The answer in tables by hour: what flows where, and what each site does."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import scipy.sparse as sp

from computegrid.program.algebra import Floats
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.home import same_on_lanes
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import noise_mw


def flow_table(
    scenario: Scenario, flow: Floats, noise: Floats | None = None
) -> pd.DataFrame:
    """Tidy flows above a solver's noise: region, workload, site, hour, mw.

    ``noise`` is what is noise on each lane, shape (L,) [MW], if the scenario does not say it.
    """
    least = noise_mw(scenario.arrays) if noise is None else noise
    lane, hour = np.nonzero(flow > least[:, None])
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


def at_home(scenario: Scenario) -> Floats | None:
    """1 where a lane's site lies in the region's own group (``group_by``), shape (L,).

    None when regions and sites share no such column. Blank and unknown are never home.
    """
    by = scenario.group_by
    if not by:
        return None
    return same_on_lanes(scenario.tables, scenario.arrays, by, by).astype(np.float64)
