"""Synthetic dispatch problems of any size, for benchmarks; every figure is drawn from a seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.scenario.regime import Limit, Regime, Share
from computegrid.scenario.scenario import Scenario

KINDS = ("hours", "deferral", "shares", "corridors")
"""Hours apart; work that waits within its day; the same with yearly shares and carbon caps; hours
apart with bandwidth limits between blocs."""


def case(kind: str, n_columns: int, seed: int = 1) -> tuple[Scenario, Regime]:
    """A scenario of about ``n_columns`` flow columns, and the regime of its kind.

    60 regions × 5 workloads × 64 sites above 1e5 columns, smaller below; hours make up the rest.
    """
    rng = np.random.default_rng(seed)
    n_regions, n_workloads, n_sites = (60, 5, 64) if n_columns >= 100_000 else (20, 3, 16)
    step = 12 if kind in ("deferral", "shares") else 1
    n_hours = max(step, round(n_columns / (n_regions * n_workloads * n_sites) / step) * step)
    blocs = np.array(["a", "b", "c", "d"])
    regions = pd.DataFrame({
        "lon_deg": rng.uniform(-120, 140, n_regions), "lat_deg": rng.uniform(-35, 60, n_regions),
        "bloc": blocs[np.arange(n_regions) % 4],
    }, index=[f"r{i}" for i in range(n_regions)])
    total = 100.0 * n_regions
    sites = pd.DataFrame({
        "lon_deg": rng.uniform(-120, 140, n_sites), "lat_deg": rng.uniform(-35, 60, n_sites),
        "capacity_mw": (size := rng.uniform(0.5, 2.0, n_sites)) * total * 1.3 / size.sum(),
        "pue": rng.uniform(1.1, 1.6, n_sites), "power_ratio": rng.choice([0.9, 1.0, 1.6], n_sites),
        "carbon_kg_per_mwh": rng.uniform(20, 800, n_sites),
        "energy_usd_per_mwh": rng.uniform(30, 150, n_sites),
        "control": blocs[rng.permutation(n_sites) % 4], "bloc": blocs[np.arange(n_sites) % 4],
    }, index=[f"s{i}" for i in range(n_sites)])
    waits = [0.0, 0.0, 2.0, 6.0, 11.0] if kind in ("deferral", "shares") else [0.0] * 5
    workloads = pd.DataFrame({
        "defer_hours": waits[-n_workloads:], "unserved_usd_per_mwh": 2_000.0,
        "gb_per_mwh": np.linspace(50.0, 5.0, n_workloads),
        "gbps_per_mw": np.linspace(2.0, 0.2, n_workloads),
    }, index=[f"w{i}" for i in range(n_workloads)])
    hours = pd.DataFrame({"hour": np.arange(n_hours), "weight_hours": 1.0,
                          "day": np.arange(n_hours) // 12})
    scenario = Scenario.from_tables(
        regions=regions, sites=sites, workloads=workloads, hours=hours,
        demand=_demand(rng, regions.index, workloads.index, n_hours),
        lanes=_lanes(rng, regions, workloads, sites), site_hours=_prices(rng, sites, n_hours),
        name=f"{kind}-{n_columns}",
    )
    return scenario, Regime(kind, _rules(kind, scenario, n_hours * total))


def _demand(rng: np.random.Generator, regions: pd.Index, workloads: pd.Index, n: int
            ) -> pd.DataFrame:
    asks = pd.MultiIndex.from_product([regions, workloads, range(n)],
                                      names=["region", "workload", "hour"]).to_frame(index=False)
    asks["mw"] = 100.0 / len(workloads) * rng.uniform(0.4, 1.6, len(asks))
    return asks


def _lanes(rng: np.random.Generator, regions: pd.DataFrame, workloads: pd.DataFrame,
           sites: pd.DataFrame) -> pd.DataFrame:
    lanes = pd.MultiIndex.from_product(
        [regions.index, workloads.index, sites.index], names=["region", "workload", "site"],
    ).to_frame(index=False)
    return lanes.assign(network_usd_per_mwh=rng.uniform(0.5, 30.0, len(lanes)))


def _prices(rng: np.random.Generator, sites: pd.DataFrame, n: int) -> pd.DataFrame:
    table = pd.MultiIndex.from_product([sites.index, range(n)],
                                       names=["site", "hour"]).to_frame(index=False)
    base = sites["energy_usd_per_mwh"].to_numpy()[:, None]
    shape = 1 + 0.4 * np.sin(2 * np.pi * (np.arange(n) / 12 + rng.random((len(sites), 1))))
    noise = rng.uniform(0.9, 1.1, (len(sites), n))
    return table.assign(energy_usd_per_mwh=(base * shape * noise).ravel())


def _rules(kind: str, scenario: Scenario, energy_mwh: float) -> tuple[Limit | Share, ...]:
    if kind == "shares":
        shares = [Share(label=f"own-{b}", demand={"bloc": b}, supply={"control": b}, min=0.35)
                  for b in "abcd"]
        caps = [Limit(label=f"carbon-{b}", supply={"bloc": b}, quantity="carbon_t",
                      max=0.12 * energy_mwh / 4, per="horizon", penalty_usd=400.0)
                for b in "abcd"]
        return (*shares, *caps)
    if kind == "corridors":
        return tuple(
            Limit(label=f"{a}-{b}", demand={"bloc": a}, supply={"bloc": b}, quantity="gbps",
                  max=len(scenario.regions) * 100.0 / 16 * 0.6, per="hour")
            for a in "abcd" for b in "abcd" if a != b
        )
    return ()
