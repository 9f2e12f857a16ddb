"""A year of hours as one chain, in which work may wait: seconds, and what waited.

python benchmarks/chain.py [hours] [sites] [defer_hours]
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import computegrid as cg


def year(n: int, sites: int, defer_hours: float) -> cg.Scenario:
    """Return a scenario of daily and weekly prices, with noise; every region has a site."""
    draw = np.random.default_rng(0)
    hours = pd.date_range("2025-01-01", periods=n, freq="h", tz="UTC")
    t, names = np.arange(n), [f"s{i}" for i in range(sites)]
    price = np.array([
        60 + 25 * np.sin(2 * np.pi * (t - 6 - i) / 24) + 15 * np.sin(2 * np.pi * t / 168 + i)
        + draw.normal(0, 10, n) for i in range(sites)])
    demand = np.array([50 * (1 + 0.3 * np.sin(2 * np.pi * (t - 9 - i) / 24))
                       for i in range(sites)])
    places = {"lon_deg": draw.uniform(0, 20, sites), "lat_deg": draw.uniform(40, 55, sites)}
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(places, index=names),
        sites=pd.DataFrame(places | {"capacity_mw": 90.0}, index=names),
        demand=pd.DataFrame({"region": np.repeat(names, n), "workload": "work",
                             "hour": np.tile(hours, sites), "mw": demand.ravel()}),
        workloads=pd.DataFrame({"defer_hours": [defer_hours]}, index=["work"]),
        site_hours=pd.DataFrame({"site": np.repeat(names, n), "hour": np.tile(hours, sites),
                                 "energy_usd_per_mwh": price.ravel()}))


def main(n: int = 8760, sites: int = 5, defer_hours: float = 24.0) -> None:
    """Solve once to compile, then once to measure."""
    cg.solve(year(48, sites, defer_hours))
    scenario = year(n, sites, defer_hours)
    wall, cpu = time.perf_counter(), time.process_time()
    dispatch = cg.solve(scenario)
    print(f"{time.perf_counter() - wall:.2f} s, {time.process_time() - cpu:.2f} CPU s")
    print(dispatch.solver, dispatch.certificate, dispatch.delays.to_string(), sep="\n")


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
