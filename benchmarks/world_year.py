"""A year of the world, hour by hour, to a proven gap: 240 regions × 250 sites × 8 760 hours.

    python benchmarks/world_year.py out/year                 # 5.3e8 lane-hours
    python benchmarks/world_year.py out/year --days 30       # a month of it
    python benchmarks/world_year.py out/year --defer 6       # work that may wait six hours

Synthetic figures from a seed: demand and prices with shapes of the day and the year, eight blocs,
each of which wants 30 % of its work under its own control and caps the carbon of its sites over
the year. Prints progress, and at the end time, peak memory, the gap, and where the time went.
Stopped (also killed) and begun again with the same folder, it goes on from the last round.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from computegrid.scenario.regime import Limit, Regime, Share
from computegrid.scenario.scenario import Scenario
from computegrid.streaming.run import solve_streamed

BLOCS = np.array(list("abcdefgh"))


def world(n_regions: int, n_sites: int, n_hours: int, defer_hours: float, seed: int = 1,
          ) -> tuple[Scenario, Regime]:
    """The scenario and its regime of eight shares and eight carbon caps over the horizon."""
    rng = np.random.default_rng(seed)
    regions = _places(rng, "r", n_regions)
    base = rng.lognormal(4.0, 1.0, n_regions)
    sites, size = _places(rng, "s", n_sites), rng.lognormal(4.0, 1.0, n_sites)
    sites = sites.assign(
        capacity_mw=size * base.sum() * 1.6 / size.sum(), pue=rng.uniform(1.1, 1.6, n_sites),
        power_ratio=rng.choice([0.9, 1.0, 1.6], n_sites),
        control=BLOCS[rng.integers(0, 8, n_sites)])
    hour = np.arange(n_hours)
    demand = base[:, None] * _wave(regions, hour, 0.35, 15) * rng.uniform(
        0.97, 1.03, (n_regions, n_hours))
    price = rng.uniform(30, 150, n_sites)[:, None] * _wave(sites, hour, 0.3, 19) * rng.uniform(
        0.95, 1.05, (n_sites, n_hours))
    carbon = rng.uniform(20, 800, n_sites)[:, None] * _wave(sites, hour, 0.3, 1)
    lanes = pd.MultiIndex.from_product(
        [regions.index, sites.index], names=["region", "site"]).to_frame(index=False)
    scenario = Scenario.from_tables(
        regions=regions, sites=sites,
        demand=_tidy(regions, "region", mw=demand).assign(workload="work"),
        workloads=pd.DataFrame(
            {"defer_hours": [defer_hours], "unserved_usd_per_mwh": 2000.0}, index=["work"]),
        lanes=lanes.assign(network_usd_per_mwh=rng.uniform(0.5, 30.0, len(lanes))),
        hours=pd.DataFrame({"hour": hour, "weight_hours": 1.0, "day": hour // 24}),
        site_hours=_tidy(sites, "site", energy_usd_per_mwh=price, carbon_kg_per_mwh=carbon),
        name="world-year")
    shares = [Share(label=f"own-{b}", demand={"bloc": b}, supply={"control": b}, min=0.3)
              for b in BLOCS]
    caps = [Limit(label=f"carbon-{b}", supply={"bloc": b}, quantity="carbon_t", per="horizon",
                  max=0.36 * demand.sum() / 8, penalty_usd=400.0) for b in BLOCS]
    return scenario, Regime("year", (*shares, *caps))


def _places(rng: np.random.Generator, prefix: str, n: int) -> pd.DataFrame:
    return pd.DataFrame({
        "lon_deg": rng.uniform(-120, 140, n), "lat_deg": rng.uniform(-35, 60, n),
        "bloc": BLOCS[rng.integers(0, 8, n)]}, index=[f"{prefix}{i:03d}" for i in range(n)])


def _wave(places: pd.DataFrame, hour: np.ndarray, swing: float, peak: float) -> np.ndarray:
    """Shape of the local day and of the year around 1, shape (n, T)."""
    local = hour[None, :] + places["lon_deg"].to_numpy()[:, None] / 15.0
    of_year = 1.0 + 0.1 * np.cos(2 * np.pi * hour / 8760.0)
    return (1.0 + swing * np.cos(2 * np.pi * (local - peak) / 24.0)) * of_year


def _tidy(places: pd.DataFrame, name: str, **columns: np.ndarray) -> pd.DataFrame:
    n_hours = next(iter(columns.values())).shape[1]
    table = pd.MultiIndex.from_product([places.index, range(n_hours)], names=[name, "hour"])
    return table.to_frame(index=False).assign(**{k: v.ravel() for k, v in columns.items()})


class Progress:
    """Says how far the run is, and adds up the time by what was done."""

    def __init__(self, windows: int) -> None:
        self.windows = windows
        self.begin = self.last = time.perf_counter()
        self.spent: defaultdict[str, float] = defaultdict(float)

    def __call__(self, done: int, total: int, what: str) -> None:
        """Called after every window."""
        now = time.perf_counter()
        kind = ("sample" if total < self.windows else "rounds") if what.startswith("round ") else (
            what)
        self.spent[kind] += now - self.last
        self.last = now
        if done in (total, total // 2):
            print(f"{now - self.begin:7.0f} s  {what}: {done} of {total} windows, "
                  f"{_peak_gb():.2f} GB", flush=True)


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Make the world, solve it, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--regions", type=int, default=240)
    parser.add_argument("--sites", type=int, default=250)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--defer", type=float, default=0.0)
    parser.add_argument("--gap", type=float, default=1e-5)
    given = parser.parse_args()
    begin = time.perf_counter()
    scenario, regime = world(given.regions, given.sites, 24 * given.days, given.defer)
    columns = scenario.arrays.n_lanes * scenario.arrays.n_hours
    print(f"{columns:,} lane-hours, {len(regime.rules)} rows over the horizon; tables made in "
          f"{time.perf_counter() - begin:.0f} s", flush=True)
    progress, cpu = Progress(given.days), time.process_time()
    run = solve_streamed(scenario, given.folder, regime, gap=given.gap, progress=progress)
    wall = time.perf_counter() - progress.begin
    print(f"gap {run.proof.gap:.1e} proven in {wall / 60:.1f} minutes "
          f"({(time.process_time() - cpu) / 60:.1f} CPU-minutes), {_peak_gb():.2f} GB, "
          f"{run.rounds} rounds over all days")
    print("where the time went: " + ", ".join(
        f"{what} {s:.0f} s" for what, s in progress.spent.items()))
    print(run.summary.map("{:,.0f}".format).to_string())


if __name__ == "__main__":
    main()
