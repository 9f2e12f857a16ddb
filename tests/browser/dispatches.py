"""Small dispatches to draw: three cities, three sites, two workloads, four hours."""

import pandas as pd

from computegrid.dispatch import Dispatch, solve
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario

HOURS = pd.date_range("2025-01-15", periods=4, freq="6h", tz="UTC")


def scenario(rename=lambda kind, name: name, **more) -> Scenario:
    regions = pd.DataFrame(
        {
            "name": [rename("region", name) for name in ("Shanghai", "Beijing", "Paris")],
            "name_zh": ["上海", "北京", "巴黎"],
            "lon_deg": [121.5, 116.4, 2.35],
            "lat_deg": [31.2, 39.9, 48.86],
            "country": ["CN", "CN", "FR"],
            "bloc": ["CN", "CN", "EU"],
            "utc_offset_hours": [8.0, 8.0, 1.0],
        },
        index=pd.Index(["SH", "BJ", "PAR"], name="region"),
    )
    sites = pd.DataFrame(
        {
            "name": [rename("site", name) for name in ("Gui'an", "Ashburn", "Tokyo", "Dubai")],
            "name_zh": ["贵安", "阿什本", "东京", "迪拜"],
            "lon_deg": [106.5, -77.5, 139.7, 55.3],
            "lat_deg": [26.4, 39.0, 35.7, 25.2],
            "capacity_mw": [60.0, 80.0, 30.0, 20.0],
            "pue": [1.2, 1.3, 1.4, 1.3],
            "energy_usd_per_mwh": [40.0, 60.0, 120.0, 50.0],
            "carbon_kg_per_mwh": [500.0, 400.0, 450.0, 500.0],
            "control": ["CN", "US", "JP", "AE"],
            "operator": [rename("operator", name) for name in ("A", "B", "C", "D")],
            "status": ["operational", "operational", "operational", "damaged"],
            "confidence": ["high", "low", "high", "high"],
        },
        index=pd.Index(["GA", "US1", "TYO", "DXB"], name="site"),
    )
    workloads = pd.DataFrame(
        {
            "name": [rename("workload", "Chat"), rename("workload", "Training")],
            "name_zh": ["对话", "训练"],
        },
        index=pd.Index(["chat", "training"], name="workload"),
    )
    wave = [1.0, 1.2, 0.8, 1.0]
    rows = [
        (region, workload, hour, size * share * factor)
        for region, size in (("SH", 50.0), ("BJ", 30.0), ("PAR", 25.0))
        for workload, share in (("chat", 0.6), ("training", 0.4))
        for hour, factor in zip(HOURS, wave, strict=True)
    ]
    demand = pd.DataFrame(rows, columns=["region", "workload", "hour", "mw"])
    hours = pd.DataFrame({"hour": HOURS, "weight_hours": [2000.0, 2000.0, 2380.0, 2380.0]})
    words = {
        "title": rename("title", "Three cities"),
        "title_zh": "三城",
        "as_of": "2026-06",
        **more,
    }
    return Scenario.from_tables(regions, sites, demand, workloads=workloads, hours=hours, **words)


def dispatch(rename=lambda kind, name: name, **more) -> Dispatch:
    regime = Regime("open", (), title=rename("regime", "Open market"))
    return solve(scenario(rename, **more), regime)
