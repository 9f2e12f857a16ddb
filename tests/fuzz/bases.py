"""Small worlds to spoil: tables of one's own with every kind of rule, and a package of facts."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from literal import least
from seeded import World, world_of
from sheets import Given, Sheet

NAMES = (
    {},
    {"r0": "São Paulo", "r1": "北京", "s0": "aws:eu-west-1", "s1": "Gui'an", "w0": "real time"},
    {"r0": "840", "r1": "156", "s0": "7", "w0": "1"},
    {"r0": "NA", "r1": "NO", "s0": "a,b", "s1": 'x "y"', "w0": "work"},
)
"""Other names for regions, sites and workloads: letters, figures, what other readers mistake."""
TABLES = ("regions", "sites", "workloads", "lanes", "site_hours", "demand")
BLANKS: dict[str, Any] = {
    "max_rtt_ms": math.inf,
    "defer_hours": 0.0,
    "unserved_usd_per_mwh": 10_000.0,
    "rent_usd_per_mwh": 0.0,
    "network_usd_per_mwh": 0.0,
    "pue": 1.0,
    "power_ratio": 1.0,
    "energy_usd_per_mwh": 0.0,
    "carbon_kg_per_mwh": 0.0,
    "control": "unknown",
    "gbps_per_mw": 0.0,
    "rtt_ms": 0.0,
}
"""What the documentation says stands for a column that is left out or blank."""


def renamed(world: World, names: dict[str, str]) -> World:
    """The same world under other names of regions, sites and workloads."""

    def row(one: dict[str, Any]) -> dict[str, Any]:
        return {
            k: names.get(v, v) if k in ("region", "site", "workload") else v for k, v in one.items()
        }

    def condition(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: condition(v) for k, v in value.items()}
        return (
            [names.get(v, v) for v in value] if isinstance(value, list) else names.get(value, value)
        )

    def rule(one: dict[str, Any]) -> dict[str, Any]:
        return {
            k: {
                c: condition(v) if c in ("region", "site", "workload") else v
                for c, v in value.items()
            }
            if k in ("demand", "supply")
            else value
            for k, value in one.items()
        }

    return world.with_(
        **{name: [row(one) for one in getattr(world, name)] for name in TABLES},
        rules=[rule(one) for one in world.rules],
    )


@cache
def plain(number: int) -> Given:
    """A world with tables of its own that has an answer."""
    seed = 7000 + 100 * number
    world = world_of(seed)
    while not world.rules or least(world) is None:
        seed += 1
        world = world_of(seed)
    world = renamed(world, NAMES[number % len(NAMES)])
    frames = world.frames()
    tables = {name: Sheet.of(frame.to_dict("records")) for name, frame in frames.items()}
    model = {
        "title": "A world [1] of one's own",
        "data": "facts",
        "default_regime": "own",
        "regimes": {"own": {"rules": world.rules}},
    }
    return Given(tables, model, hours=world.hours)


def read_literally(given: Given) -> World:
    """The world that the tables of ``plain`` say, blanks and absent columns as documented."""
    said: dict[str, Any] = {}
    for name in TABLES:
        blank = {} if name == "site_hours" else BLANKS  # there the site's own figure
        said[name] = [
            {k: blank.get(k) if _blank(v) else _figure(k, v) for k, v in row.items()}
            for row in given.tables[name].dicts()
        ]
    for row in said["sites"]:
        for column in ("pue", "power_ratio", "rent_usd_per_mwh", "control"):
            row.setdefault(column, BLANKS[column])
    for row in said["workloads"]:
        for column in ("max_rtt_ms", "defer_hours", "unserved_usd_per_mwh", "gbps_per_mw"):
            row.setdefault(column, BLANKS[column])
    for row in said["lanes"]:
        row.setdefault("network_usd_per_mwh", 0.0)
        row.setdefault("rtt_ms", 0.0)
    sites = {row["site"]: row for row in said["sites"]}
    for row in said["site_hours"]:
        own = sites[row["site"]]
        for column in ("pue", "energy_usd_per_mwh", "carbon_kg_per_mwh"):
            if row.get(column) is None:
                row[column] = own.get(column, BLANKS[column])
        if "available_mw" not in row or _blank(row["available_mw"]):
            row["available_mw"] = own["capacity_mw"]
        row["available_mw"] = min(row["available_mw"], own["capacity_mw"])
    weights = {row["hour"]: row.get("weight_hours") for row in given.tables["hours"].dicts()}
    hours = [
        {**one, "weight_hours": weights.get(one["hour"]) or one["weight_hours"]}
        for one in given.hours
    ]
    return World("", hours=hours, rules=given.rules, **said)


def _figure(column: str, value: Any) -> Any:
    """``1e999`` in a file is a number."""
    number = isinstance(BLANKS.get(column), float) and isinstance(value, str)
    return float(value) if number else value


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


@cache
def package(number: int) -> Given:
    """A package of facts with every optional file, two seasons, and rules that read its columns."""
    rng = np.random.default_rng(number)
    hours = range(24)

    def figure(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 2)

    def shape(spread: float) -> list[float]:
        factors = 1 + spread * np.sin(np.arange(24) / 24 * 2 * np.pi + rng.uniform(0, 6))
        return [round(float(f), 4) for f in factors / factors.mean()]

    places = {
        "FR": (2.35, 48.86, "EU", "west"),
        "US": (-74.0, 40.7, "NA", "america"),
        "IN": (77.2, 28.6, "AS", "india"),
    }
    countries = list(places)[: 2 + number % 2]

    def place(country: str, off: float) -> dict[str, Any]:
        lon, lat, bloc, area = places[country]
        return {
            "lon_deg": lon + off,
            "lat_deg": lat + off,
            "country": country,
            "bloc": bloc,
            "area": area,
            "grid": f"{country}-grid",
        }

    tables = {
        "regions": [
            {
                "region": f"{c} demand",
                **place(c, 0.0),
                "demand_mw": figure(5, 30),
                "utc_offset_hours": {"FR": 1, "US": -5, "IN": 5.5}[c],
            }
            for c in countries
        ],
        "sites": [
            {
                "site": f"{c.lower()}-{i}",
                **place(c, i + 0.5),
                "operator": f"op{i}",
                "chip": f"chip{i}",
                "status": "operational" if i else "planned",
                "capacity_mw": figure(10, 40),
                "pue": figure(1.1, 1.6) if i else None,
                "energy_usd_per_mwh": figure(20, 90) if i else None,
                "rent_usd_per_mwh": figure(0, 10),
            }
            for c in countries
            for i in range(2)
        ],
        "workloads": [
            {
                "workload": "chat",
                "max_rtt_ms": 150.0,
                "defer_hours": 0.0,
                "unserved_usd_per_mwh": 5000.0,
                "demand_share": 0.4,
                "gb_per_mwh": 12.0,
                "gbps_per_mw": 0.2,
                "data_class": "personal",
            },
            {
                "workload": "batch",
                "max_rtt_ms": None,
                "defer_hours": 6.0,
                "unserved_usd_per_mwh": 900.0,
                "demand_share": 0.6,
                "gb_per_mwh": 12.0,
                "gbps_per_mw": 0.1,
                "data_class": "open",
            },
        ],
        "operators": [
            {"operator": "op0", "hq": "FR", "control": "FR", "technology": "FR"},
            {"operator": "op1", "hq": "US", "control": "US", "technology": "US"},
        ],
        "chips": [
            {"chip": "chip0", "origin": "US", "power_ratio": 1.0},
            {"chip": "chip1", "origin": "FR", "power_ratio": 1.5},
        ],
        "grids": [
            {
                "grid": f"{c}-grid",
                "energy_usd_per_mwh": figure(40, 120),
                "carbon_kg_per_mwh": figure(50, 600),
                "pue": figure(1.1, 1.5),
                "energy_profile": "tou",
                "carbon_profile": "sun" if c == "US" else "",
            }
            for c in countries
        ],
        "profiles": [
            {"profile": name, "season": season, "hour_utc": h, "factor": f}
            for name in ("tou", "sun")
            for season in ("DJF", "MAM", "JJA", "SON")
            for h, f in zip(hours, shape(0.4), strict=True)
        ],
        "demand_profiles": [
            {"workload": name, "hour_local": h, "factor": f}
            for name in ("chat", "batch")
            for h, f in zip(hours, shape(0.5), strict=True)
        ],
        "parameters": [
            {"parameter": name, "value": value, "unit": unit}
            for name, value, unit in (
                ("rtt_intercept_ms", 10.0, "ms"),
                ("rtt_ms_per_km", 0.0147, "ms/km"),
                ("network_usd_per_gb", 0.01, "USD/GB"),
                ("network_usd_per_gb_per_1000km", 0.02, "USD/(GB 1000 km)"),
            )
        ],
        "ownership": [
            {
                "holder": "Fund",
                "holder_country": "US",
                "held": "Tech SA",
                "stake_pct": 40.0,
                "year": 2025,
                "relation": "equity",
                "source_id": "S1",
                "confidence": "high",
            }
        ],
        "operator_entities": [
            {
                "operator": "op0",
                "entity": "Tech SA",
                "entity_country": "FR",
                "source_id": "S1",
                "confidence": "high",
            },
            {
                "operator": "op1",
                "entity": "Cloud Inc",
                "entity_country": "US",
                "source_id": "S1",
                "confidence": "low",
            },
        ],
        "routes": [
            {"from_area": "west", "to_area": "america", "corridor": "Atlantic"},
            {"from_area": "west", "to_area": "india", "corridor": "Red Sea;Suez"},
            {"from_area": "america", "to_area": "india", "corridor": "Pacific"},
        ],
        "seal_scores": [
            {
                "operator": op,
                "objective": f"SOV-{i}",
                "level": int(rng.integers(5)),
                "confidence": "low",
            }
            for op in ("op0", "op1")
            for i in range(1, 9)
        ],
        "sources": [{"source_id": "S1", "title": "A register"}],
    }
    rules = [
        {
            "kind": "Share",
            "label": "us",
            "supply": {"control": "US"},
            "max": figure(0.3, 0.9),
            "each": None,
        },
        {
            "kind": "Charge",
            "label": "ets",
            "supply": {"bloc": "EU"},
            "quantity": "carbon_t",
            "usd": figure(10, 90),
            "source": "S1",
        },
        {
            "kind": "Limit",
            "label": "owners",
            "supply": {"foreign_share": {"min": 0.2}},
            "quantity": "it_mw",
            "max": figure(5, 20),
            "penalty_usd": figure(1, 40),
            "per": "hour",
            "each": None,
        },
        {
            "kind": "Forbid",
            "label": "low-seal",
            "demand": {"data_class": "personal"},
            "supply": {"seal_sov_1": {"max": 0}},
        },
        {"kind": "Forbid", "label": "no-suez", "supply": {"corridor": "Suez"}},
    ]
    rules = [rule for i, rule in enumerate(rules) if i < 3 or rng.random() < 0.5]
    model = {
        "title": "Facts of one's own",
        "data": "facts",
        "as_of": "2026-01",
        "default_regime": "own",
        "available": {"planned": 0.5},
        "hours": {"seasons": ["DJF", "JJA"], "step_hours": 12},
        "regimes": {"own": {"rules": rules, "source": "S1"}},
    }
    return Given({name: Sheet.of(rows) for name, rows in tables.items()}, model, facts=True)
